"""The ledger's page from an overview made by hand: what stands on it, and what can never run on it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Protocol

import pytest
from werkzeug.test import TestResponse

from dashboard.app import create_app
from dashboard.cookies import SESSION
from dashboard.frame import ASSETS
from dashboard.overview import Overview
from dashboard.reader import REDIS_AWAY, STORE_AWAY, Reader
from dashboard.rows import HitRow, VisitRow, hit_row, visit_row
from dashboard.words import country, seconds, size
from hits.ledger import Ledger
from hits.workers import WorkerRow
from importer.facts import Drop
from settings import load
from tests.signed_in import session_of

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
EVIL = '"><script>alert(1)</script>\u202e'
EMPTY = Overview(
    at=NOW,
    store_url="embedded",
    ledger=Ledger(received=0, stored=0, dropped={}, queued=0, in_hand=0, dead=0, balanced=True, spooled=0, by_way={}),
    workers=[],
    spool_bytes=0,
    documents={"client": 0, "visit": 0, "view": 0, "event": 0},
)
FULL = Overview(
    at=NOW,
    store_url="http://es:9200",
    ledger=Ledger(
        received=12_345,
        stored=12_000,
        dropped={"bot": 300, "a_reason_of_tomorrow": 5},
        queued=30,
        in_hand=9,
        dead=1,
        balanced=True,
        spooled=77,
        by_way={"hit": 12_340, "event": 5},
    ),
    workers=[WorkerRow(id="w", host="alpha", pid=12, started=0, seen=0, partitions=[1, 2, 3], imported=12_001)],
    spool_bytes=0,
    documents={"client": 1, "visit": 2, "view": 3, "event": 4},
    hits=[
        HitRow("view", NOW, "a.example", "/pricing", "Pricing", "Google (Organic Search)", "DE", "Firefox, Linux, desktop", 61),
        HitRow("event", NOW, "a.example", "signup", "plan: pro", "", "", "", 0),
    ],
    visits=[VisitRow(NOW, "a.example", "/", "/pricing", 2, 1, 95, False, "", "FR", "Safari, iOS, mobile")],
)


class Ask(Protocol):
    def __call__(self, overview: Overview, path: str = "/ledger", **headers: str) -> TestResponse: ...


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Asks for a page of a dashboard with this overview, as its owner."""
    settings = load({"FIZZSTAT_DATA_DIR": str(tmp_path), "FIZZSTAT_REDIS_URL": "redis://127.0.0.1:1"}, Path("/nowhere"))

    def ask(overview: Overview, path: str = "/ledger", **headers: str) -> TestResponse:
        client = create_app(settings, lambda: overview).test_client(use_cookies=False)
        answer = client.get(path, headers={"Cookie": f"{SESSION}={session_of(settings)}", **headers})
        assert answer.status_code == 200
        return answer

    return ask


@pytest.fixture
def page(ask: Ask) -> Callable[[Overview], str]:
    return lambda overview: ask(overview).text


Page = Callable[[Overview], str]


def test_an_empty_dashboard_says_what_to_do(page: Page) -> None:
    text = page(EMPTY)
    assert "No hits yet." in text
    assert '<a href="http://localhost:8000/demo">' in text
    assert "&lt;script defer src=&#34;http://localhost:8000/tracker.js&#34; data-local&gt;&lt;/script&gt;" in text


def test_the_ledger_stands_on_the_page_with_its_reasons(page: Page) -> None:
    text = page(FULL)
    for said in (
        "12,345",
        "12,000",
        "305",
        "30",
        "Balanced",
        Drop.BOT.sentence,
        "a_reason_of_tomorrow",
        "tracker",
        "12,340",
        "77",
    ):
        assert said in text


def test_a_ledger_that_does_not_balance_is_marked(page: Page) -> None:
    assert EMPTY.ledger
    ledger = Ledger(received=1, stored=0, dropped={}, queued=0, in_hand=0, dead=0, balanced=False, spooled=0, by_way={})
    assert "Not balanced" in page(replace(EMPTY, ledger=ledger))


def test_the_last_hits_and_visits_stand_on_the_page(page: Page) -> None:
    text = page(FULL)
    for said in (
        "/pricing",
        "Pricing",
        "signup",
        "plan: pro",
        "Google (Organic Search)",
        "Germany",
        "France",
        "1 min 1 s",
        "1 min 35 s",
    ):
        assert said in text
    assert '<time datetime="2026-11-25T12:00:00+00:00">2026-11-25 12:00:00 UTC</time>' in text


def test_the_parts_behind_it_stand_on_the_page(page: Page) -> None:
    text = page(FULL)
    for said in ("http://es:9200", "alpha:12", "holds 3 parts", "12,001"):
        assert said in text


def test_what_is_away_is_said_plainly(page: Page) -> None:
    away = replace(EMPTY, ledger=None, documents=None, spool_bytes=2_100_000, problems=[REDIS_AWAY, STORE_AWAY])
    text = page(away)
    for said in ("Redis is away.", "The store is away.", "2.1 MB of hits wait in the spool"):
        assert said in text


def test_nothing_that_hits_bring_becomes_markup(ask: Ask) -> None:
    evil = replace(
        FULL,
        hits=[HitRow(kind, NOW, EVIL, EVIL, EVIL, EVIL, EVIL, EVIL, 1) for kind in ("view", "event")],
        visits=[VisitRow(NOW, EVIL, EVIL, EVIL + "x", 1, 0, 1, False, EVIL, EVIL, EVIL)],
    )
    for path in ("/ledger", "/ledger/live"):
        text = ask(evil, path).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_a_policy_forbids_scripts_and_styles_that_are_not_files_of_ours(ask: Ask) -> None:
    for path in ("/ledger", "/ledger/live", "/assets/live.js"):
        with ask(FULL, path) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_needs_no_inline_code_and_no_other_host(page: Page) -> None:
    text = page(FULL)
    for inline in ("<style", " style=", " onclick=", "<script>", "javascript:"):
        assert inline not in text
    for asset in (file for file in ASSETS.rglob("*") if file.is_file()):
        without_namespaces = asset.read_text().replace("http://www.w3.org/", "")
        assert "http://" not in without_namespaces
        assert "https://" not in without_namespaces


def test_the_page_is_not_kept_and_its_files_are_named_by_what_they_hold(ask: Ask) -> None:
    answer = ask(FULL)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "live.js?v=" in answer.text


def test_the_snippet_names_the_host_by_which_the_dashboard_was_reached(ask: Ask) -> None:
    answer = ask(EMPTY, Host="[::1]:8001")
    assert "http://[::1]:8000/tracker.js" in answer.text


def test_healthz_answers_without_looking_at_anything() -> None:
    def never() -> Overview:
        raise AssertionError

    assert create_app(load({}, Path("/nowhere")), never).test_client().get("/healthz").json == {"ok": True}


VIEW = {
    "@timestamp": "2026-11-25T12:00:00.000Z",
    "site": "a.example",
    "url": {"domain": "a.example", "path": "/pricing"},
    "page": {"title": "Pricing"},
    "client": {"geo": {"country_iso_code": "DE"}},
    "user_agent": {"name": "Firefox", "os": {"name": "Linux"}, "device": {"type": "desktop"}},
    "traffic": {"source": "Google", "channel": "Organic Search"},
    "view": {"id": "v", "engaged_seconds": 61.4, "scroll_percent": 80},
}


def test_a_views_document_becomes_a_row() -> None:
    row = hit_row("view", VIEW)
    browser = "Firefox, Linux, desktop"
    assert row == HitRow("view", NOW, "a.example", "/pricing", "Pricing", "Google (Organic Search)", "DE", browser, 61.4)


def test_an_events_document_becomes_a_row() -> None:
    event = {
        **VIEW,
        "event": {"name": "buy", "value": "cap", "data": {"size": "L"}},
        "revenue": {"amount": 12.5, "currency": "EUR"},
        "traffic": {"channel": "Direct"},
    }
    row = hit_row("event", event)
    assert (row.what, row.detail, row.source, row.engaged) == ("buy", "cap, size: L, 12.50 EUR, /pricing", "", 0)


def test_a_visits_document_becomes_a_row() -> None:
    visit = {
        **VIEW,
        "visit": {
            "started": 1795608000000,
            "entry_path": "/",
            "exit_path": "/pricing",
            "views": 2,
            "events": 1,
            "duration_seconds": 95.0,
            "bounced": 0,
        },
    }
    row = visit_row(visit)
    assert (row.time, row.entry, row.exit, row.views, row.events, row.seconds, row.bounced) == (
        NOW,
        "/",
        "/pricing",
        2,
        1,
        95,
        False,
    )


def test_a_document_with_nothing_but_its_time_becomes_a_row() -> None:
    assert hit_row("view", {"@timestamp": "2026-11-25T12:00:00Z"}).what == ""
    assert visit_row({"@timestamp": "2026-11-25T12:00:00Z"}).time == NOW


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, ""), (0.3, "<1 s"), (1, "1 s"), (59.4, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (3600, "1 h"), (7320, "2 h 2 min")],
)
def test_seconds_are_said_as_people_say_them(number: float, words: str) -> None:
    assert seconds(number) == words


def test_countries_are_named_and_sizes_are_short() -> None:
    assert [country(code) for code in ("DE", "ZZ9", "")] == ["Germany", "ZZ9", ""]
    assert [size(n) for n in (1, 900, 34_000, 2_100_000)] == ["1 kB", "1 kB", "34 kB", "2.1 MB"]


def test_an_overview_that_is_being_asked_for_serves_the_last_one_meanwhile() -> None:
    asking, answer = Event(), Event()
    reader = Reader(load({"FIZZSTAT_REDIS_URL": "redis://127.0.0.1:1"}, Path("/nowhere")), clock=iter(range(0, 100, 10)).__next__)
    answers = [EMPTY, FULL]

    def ask() -> Overview:
        if len(answers) == 1:
            asking.set()
            assert answer.wait(10)
        return answers.pop(0)

    reader._ask = ask  # type: ignore[method-assign]
    assert reader.overview() is EMPTY
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(reader.overview)
        assert asking.wait(10)
        assert reader.overview() is EMPTY
        answer.set()
        assert slow.result() is FULL
