"""The settings of a site: what is saved is what collectors and questions are told, and what is wrong stands at its field."""

import html
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.asked import asked_site
from accounts.database import Accounts, open_accounts
from accounts.segments import add_segment
from accounts.shared import add_link
from accounts.sites import add_site, find_site
from dashboard.app import create_app
from hits.redis import connect
from hits.snapshot import SnapshotReader
from query.site import Site
from settings import Settings, load
from store import open_store
from tests.signed_in import post, signed_in
from tests.unit.test_accounts import NOW
from tests.unit.test_pages import EVIL

SETTINGS = "/sites/a.example/settings"
GENERAL = {"name": "Ours", "hosts": "a.example", "week_start": "monday"}


@pytest.fixture
def settings(tmp_path: Path, redis_url: str, redis_prefix: str) -> Settings:
    environ = {"FIZZSTAT_DATA_DIR": str(tmp_path), "FIZZSTAT_REDIS_URL": redis_url, "FIZZSTAT_REDIS_PREFIX": redis_prefix}
    return load(environ, Path("/nowhere"))


@pytest.fixture
def accounts(settings: Settings) -> Accounts:
    accounts = open_accounts(settings, connect(settings))
    with accounts.change() as session:
        for id in ("a.example", "b.example"):
            add_site(session, id, now=NOW)
    return accounts


@pytest.fixture
def app(settings: Settings, accounts: Accounts) -> Flask:
    return create_app(settings)


@pytest.fixture
def owner(app: Flask, settings: Settings) -> FlaskClient:
    return signed_in(app, settings)


def asked(accounts: Accounts, settings: Settings) -> Site:
    """The site, as questions know it."""
    with accounts.read() as session:
        found = asked_site(session, open_store(settings, write=False), "a.example", settings)
    assert found
    return found


def problem(page: str, field: str) -> str:
    """What stands beside a field."""
    found = re.search(rf'id="{field}-said">([^<]*)</p>', page)
    assert found, f"nothing stands beside {field}"
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"[^>]*aria-describedby="{field}-said"', page)
    return html.unescape(found[1])


def test_what_is_saved_is_what_collectors_and_questions_know(owner: FlaskClient, settings: Settings, accounts: Accounts) -> None:
    given = {
        "name": "Our shop",
        "hosts": "a.example\r\nwww.Shop.example, bücher.example\r\n",
        "time_zone": "Europe/Vienna",
        "currency": "eur",
        "week_start": "sunday",
        "query": "page\r\nq",
        "foreign": "matomo:3",
        "identify": "on",
    }
    answer = post(owner, SETTINGS, SETTINGS, **given)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{SETTINGS}?done=saved")
    page = owner.get(answer.headers["Location"]).text
    assert "It is saved." in page
    assert all(text in page for text in ("Our shop", "xn--bcher-kva.example", 'value="Europe/Vienna"', 'value="EUR"', "matomo:3"))
    (site, _) = SnapshotReader(connect(settings), settings.redis_prefix).current().sites
    assert site.hosts == ("a.example", "shop.example", "xn--bcher-kva.example")
    assert (site.query, site.currency, site.foreign, site.identify) == (("page", "q"), "EUR", ("matomo:3",), True)
    known = asked(accounts, settings)
    assert (known.zone, known.week_starts, known.currency) == ("Europe/Vienna", "sunday", "EUR")


WRONG = [
    ("name", "  ", "1 to 200"),
    ("hosts", "https://a.example/", "is no host"),
    ("hosts", "", "no host left"),
    ("hosts", "a.example\nb.example", "belongs to the site b.example"),
    ("time_zone", "Mars/Olympus", "is no time zone"),
    ("currency", "XYZW", "is no currency"),
    ("query", "x" * 101, "is no parameter's name"),
    ("foreign", "nobody:3", "is no id of a site elsewhere"),
]


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(owner: FlaskClient, accounts: Accounts) -> None:
    for field, wrong, said in WRONG:
        answer = post(owner, SETTINGS, SETTINGS, **{**GENERAL, "name": "A new name", field: wrong})
        assert (answer.status_code, said in problem(answer.text, field)) == (400, True)
        assert field == "name" or 'value="A new name"' in answer.text
        with accounts.read() as session:
            site = find_site(session, "a.example")
            assert site
            assert site.name == "a.example"


def test_who_may_only_look_sees_settings_that_cannot_be_changed(app: Flask, settings: Settings) -> None:
    viewer = signed_in(app, settings, "", {"a.example": "viewer"})
    page = viewer.get(SETTINGS).text
    assert "<fieldset" in page
    assert " disabled>" in page
    assert "Only an admin" in page
    assert re.findall(rf'href="{SETTINGS}/(\w+)"', page) == ["snippet"]
    editor = signed_in(app, settings, "", {"a.example": "editor"})
    assert re.findall(rf'href="{SETTINGS}/(\w+)"', editor.get(SETTINGS).text) == ["snippet", "goals", "funnels", "segments"]


def test_a_site_is_asked_for_by_a_host_of_it_and_another_one_is_none_of_its_owners_business(
    app: Flask, settings: Settings
) -> None:
    mine = signed_in(app, settings, "", {"a.example": "owner"})
    assert mine.get("/sites/www.a.example/settings").status_code == 200
    assert mine.get("/sites/b.example/settings").status_code == 404
    assert mine.get("/sites/b.example/settings/export/view.csv").status_code == 404


def test_without_redis_nothing_is_changed_and_that_is_said(tmp_path: Path, owner: FlaskClient, settings: Settings) -> None:
    settings.__dict__["redis_url"] = "redis://127.0.0.1:1"
    alone = signed_in(create_app(settings), settings)
    for path, fields in (("", GENERAL), ("/goals", {"kind": "page", "path": "/x"}), ("/erase/data", {"data": "a.example"})):
        answer = post(alone, SETTINGS, SETTINGS + path, **fields)
        assert (answer.status_code, "Redis is away" in answer.text) == (503, True), path
    assert "Nobody can tell now" in alone.get(f"{SETTINGS}/snippet?counted={{}}").text


# --- the snippet


def shown(page: str) -> str:
    found = re.search(r'id="snippet"[^>]*>([^<]*)</pre>', page)
    assert found
    return html.unescape(found[1])


TAGS = [
    ("", '<script defer src="https://stats.example/tracker.js"></script>'),
    ("on=vitals&on=hash", '<script defer src="https://stats.example/tracker.js" data-vitals data-hash></script>'),
    ("on=exit", '<script defer src="https://stats.example/tracker.js" data-exit="false"></script>'),
    ("on=site", '<script defer src="https://stats.example/tracker.js" data-site="a.example"></script>'),
    (
        "exclude=/a/*, /pre+view&endings=pdf",
        '<script defer src="https://stats.example/tracker.js" data-exclude="/a/*, /pre view" data-download="pdf"></script>',
    ),
    ("endings=pdf&on=download", '<script defer src="https://stats.example/tracker.js" data-download="false"></script>'),
    ("on=nothing&on=<b>", '<script defer src="https://stats.example/tracker.js"></script>'),
    ("on=gpc&on=manual", '<script defer src="https://stats.example/tracker.js" data-manual data-gpc="false"></script>'),
]


def test_the_snippet_is_what_is_ticked(owner: FlaskClient) -> None:
    for query, tag in TAGS:
        page = owner.get(f"{SETTINGS}/snippet?collector=https://stats.example/&{query}").text
        assert shown(page) == tag
        for name in re.findall(r"on=(\w+)", query):
            assert f'value="{name}" checked' in page or name == "nothing"


def test_a_pinned_tag_has_a_hash_and_web_vitals_one_of_their_own(owner: FlaskClient) -> None:
    asked = f"{SETTINGS}/snippet?collector=https://stats.example&on=pin&on=hash"
    hashed = r'src="https://stats\.example/{}-[\d.]+\.js" integrity="sha384-[\w/+]{{64}}" crossorigin="anonymous"'
    tracker = rf"<script defer {hashed.format('tracker')} data-hash></script>"
    assert re.fullmatch(tracker, shown(owner.get(asked).text))
    vitals = rf"<script defer {hashed.format('vitals')}></script>"
    assert re.fullmatch(f"{tracker}\n{vitals}", shown(owner.get(f"{asked}&on=vitals").text))


def test_a_collector_on_this_machine_makes_a_tag_that_counts_this_machine_once(owner: FlaskClient) -> None:
    page = owner.get(f"{SETTINGS}/snippet?on=local").text
    assert shown(page) == '<script defer src="http://localhost:8000/tracker.js" data-local></script>'


def test_what_is_no_address_of_a_collector_is_not_taken(owner: FlaskClient) -> None:
    for wrong in (
        "javascript:alert(1)",
        'https://x"onload="alert(1)',
        "stats.example",
        "https://<script>",
        "//x",
        "https://[x",
        "http://",
    ):
        page = owner.get(f"{SETTINGS}/snippet", query_string={"collector": wrong, "exclude": EVIL, "counted": EVIL}).text
        assert shown(page).startswith('<script defer src="http://localhost:8000/tracker.js" data-local data-exclude="&quot;')
        assert "<script>alert" not in page


# --- goals, funnels, segments


def test_goals_of_each_kind_are_made_and_dropped(owner: FlaskClient, settings: Settings, accounts: Accounts) -> None:
    page = f"{SETTINGS}/goals"
    for fields in (
        {"kind": "page", "path": "/thanks"},
        {"kind": "event", "event": "buy", "properties": "plan=pro\nsize=l, xl", "currency": "eur", "name": "Bought"},
        {"kind": "scroll", "path": "/docs/*", "percent": "80 %"},
    ):
        assert post(owner, page, page, **fields).headers["Location"] == f"{page}?done=added"
    goals = {goal.name: goal for goal in asked(accounts, settings).goals}
    assert list(goals) == ["Bought", "Scroll 80% on /docs/*", "Visit /thanks"]
    assert (goals["Bought"].properties, goals["Bought"].currency) == ({"plan": "pro", "size": "l, xl"}, "EUR")
    assert "size=l, xl" in owner.get(page).text
    assert post(owner, page, f"{page}/drop", goal="Bought").status_code == 303
    assert post(owner, page, f"{page}/drop", goal="Bought").status_code == 400
    assert len(asked(accounts, settings).goals) == 2


WRONG_GOALS = [
    ({"kind": "page", "path": "thanks"}, "page-path", "is no page"),
    ({"kind": "page", "path": ""}, "page-path", "Which page"),
    ({"kind": "event", "event": " "}, "event-event", "Which event"),
    ({"kind": "event", "event": "x", "properties": "plan"}, "event-properties", "plan=pro"),
    ({"kind": "event", "event": "x", "currency": "money"}, "event-currency", "no currency"),
    ({"kind": "scroll", "path": "/", "percent": "far"}, "scroll-percent", "How far"),
    ({"kind": "scroll", "path": "/", "percent": "101"}, "scroll-percent", "1 to 100"),
    ({"kind": "scroll", "path": "/", "percent": "٣"}, "scroll-percent", "How far"),
]


def test_what_is_wrong_with_a_goal_stands_in_its_form(owner: FlaskClient) -> None:
    for given, field, said in WRONG_GOALS:
        answer = post(owner, f"{SETTINGS}/goals", f"{SETTINGS}/goals", **given)
        assert (answer.status_code, said in problem(answer.text, field)) == (400, True)
        assert answer.text.count('class="problem"') == 1


def test_funnels_are_made_changed_and_dropped(owner: FlaskClient, settings: Settings, accounts: Accounts) -> None:
    page = f"{SETTINGS}/funnels"
    assert post(owner, page, page, name="Buying", step=["/", "", " /pricing ", "buy"]).status_code == 303
    (funnel,) = asked(accounts, settings).funnels
    assert (funnel.name, funnel.steps) == ("Buying", ("/", "/pricing", "buy"))
    wrong = post(owner, page, page, name="Buying", step=["/a", "/b"])
    assert (wrong.status_code, "has a funnel" in problem(wrong.text, "name")) == (400, True)
    wrong = post(owner, page, f"{page}/{funnel.id}", name="Renamed", step=["/", ""])
    assert (wrong.status_code, "2 to 20 steps" in wrong.text, 'value="Renamed"' in wrong.text) == (400, True, True)
    assert post(owner, page, f"{page}/{funnel.id}", name="Buying", step=["/b", "/a"]).status_code == 303
    assert asked(accounts, settings).funnels[0].steps == ("/b", "/a")
    assert post(owner, page, f"{page}/{funnel.id}/drop").status_code == 303
    assert asked(accounts, settings).funnels == ()
    assert post(owner, page, f"{page}/{funnel.id}/drop").status_code == 400


def test_segments_are_told_in_words_renamed_and_dropped(owner: FlaskClient, settings: Settings, accounts: Accounts) -> None:
    with accounts.change() as session:
        site = find_site(session, "a.example")
        assert site
        id = add_segment(
            session, site, "dach", [["is", "visit:country", ["AT", "DE"]], ["contains_not", "event:page", ["/x"]]]
        ).id
        add_segment(session, site, "other", [["or", [["is", "visit:os", ["Linux"]], ["is", "visit:os", ["macOS"]]]]])
    page = f"{SETTINGS}/segments"
    text = owner.get(page).text
    assert "Country is AT or DE" in text
    assert "Page does not contain /x" in text
    assert f"/sites/a.example?f=is,segment,{id}" in text
    wrong = post(owner, page, f"{page}/{id}", name="other")
    assert (wrong.status_code, "has a segment" in problem(wrong.text, f"name-{id}")) == (400, True)
    assert post(owner, page, f"{page}/{id}", name="German").status_code == 303
    assert [one.name for one in asked(accounts, settings).segments] == ["German", "other"]
    assert post(owner, page, f"{page}/{id}/drop").status_code == 303
    assert post(owner, page, f"{page}/{id}/drop").status_code == 400
    assert [one.name for one in asked(accounts, settings).segments] == ["other"]


def test_nothing_of_another_site_is_changed_by_its_number(owner: FlaskClient, settings: Settings, accounts: Accounts) -> None:
    with accounts.change() as session:
        site = find_site(session, "a.example")
        assert site
        id = add_segment(session, site, "dach", [["is", "visit:country", ["AT"]]]).id
    post(owner, SETTINGS, f"{SETTINGS}/funnels", name="f", step=["/a", "/b"])
    (funnel,) = asked(accounts, settings).funnels
    other = "/sites/b.example/settings"
    for path in (f"segments/{id}", f"segments/{id}/drop", f"funnels/{funnel.id}", f"funnels/{funnel.id}/drop"):
        answer = post(owner, other, f"{other}/{path}", name="stolen", step=["/x", "/y"])
        assert answer.status_code == 400, path
    known = asked(accounts, settings)
    assert ([one.name for one in known.segments], known.funnels) == (["dach"], (funnel,))


# --- shields


def test_shields_are_what_importers_are_told(owner: FlaskClient, settings: Settings) -> None:
    page = f"{SETTINGS}/shields"
    given = {"ips": "192.0.2.7, 10.0.0.0/8", "countries": "at", "hosts": "*.staging.example", "paths": "/admin/*\n/a,b"}
    assert post(owner, page, page, **given).headers["Location"] == f"{page}?done=saved"
    shields = SnapshotReader(connect(settings), settings.redis_prefix).current().sites[0].shields
    assert (shields.ips, shields.countries) == (("10.0.0.0/8", "192.0.2.7"), ("AT",))
    assert (shields.hosts, shields.paths) == (("*.staging.example",), ("/a,b", "/admin/*"))
    assert "10.0.0.0/8" in owner.get(page).text
    for kind, wrong in (("ips", "300.1.1.1"), ("countries", "Austria"), ("hosts", "https://x"), ("paths", "admin")):
        answer = post(owner, page, page, **{**given, kind: wrong})
        assert (answer.status_code, wrong in problem(answer.text, kind)) == (400, True)
    assert SnapshotReader(connect(settings), settings.redis_prefix).current().sites[0].shields == shields


# --- what hostile people write


def test_hostile_texts_are_text_on_every_page(owner: FlaskClient, accounts: Accounts) -> None:
    post(owner, SETTINGS, SETTINGS, **{**GENERAL, "name": EVIL, "query": EVIL, "foreign": f"matomo:{EVIL}"})
    post(owner, SETTINGS, f"{SETTINGS}/goals", kind="event", event=EVIL, properties=f"{EVIL}={EVIL}", name=EVIL)
    post(owner, SETTINGS, f"{SETTINGS}/funnels", name=EVIL, step=[EVIL, EVIL])
    with accounts.change() as session:
        site = find_site(session, "a.example")
        assert site
        add_segment(session, site, EVIL, [["is", "event:page", [EVIL]]])
    pages = [
        owner.get(SETTINGS + path)
        for path in ("", "/snippet", "/goals", "/funnels", "/segments", "/shields", "/export", "/erase")
    ]
    wrong = {"kind": "page", "path": EVIL, "name": EVIL, "ips": EVIL, "visitor": EVIL, "data": EVIL, "hosts": EVIL}
    pages += [
        post(owner, SETTINGS, SETTINGS + path, **wrong) for path in ("", "/goals", "/funnels", "/shields", "/erase/visitor")
    ]
    for page in pages:
        assert "<script>alert" not in page.text, page.request.path
        assert "&lt;script&gt;alert(1)" in page.text, page.request.path
        assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert " style=" not in page.text


# --- who sees it without an account

GUESTS_SEE = ("", "/parts/sources", "/details/pages", "/filter", "/csv/pages")
GUESTS_DO_NOT = ("/documents", "/csv/documents", "/settings", "/settings/goals", "/settings/export/view.csv")


def seen(client: FlaskClient, site: str = "a.example", paths: tuple[str, ...] = GUESTS_SEE) -> set[int]:
    return {client.get(f"/sites/{site}{path}").status_code for path in paths}


def link_of(owner: FlaskClient, **fields: str) -> str:
    """The path of a new one, which is shown this once."""
    page = f"{SETTINGS}/sharing"
    found = re.search(
        r'aria-label="The link">http://localhost(/share/[\w-]{32})<', post(owner, page, page, name="Press", **fields).text
    )
    assert found
    assert found[1] not in owner.get(page).text
    return found[1]


def test_a_public_site_is_seen_by_anybody_and_nothing_else_is(app: Flask, settings: Settings, owner: FlaskClient) -> None:
    anybody, other = app.test_client(), signed_in(app, settings, "", {"b.example": "owner"})
    assert (seen(anybody), seen(other)) == ({302}, {404})
    page = f"{SETTINGS}/sharing"
    post(owner, page, f"{page}/public", public="on")
    assert (seen(anybody), seen(other)) == ({200}, {200})
    assert (seen(anybody, paths=GUESTS_DO_NOT), seen(other, paths=GUESTS_DO_NOT)) == ({302}, {404})
    assert (seen(anybody, "b.example"), seen(anybody, "a.example/settings", ("/sharing",))) == ({302}, {302})
    assert "Documents" not in anybody.get("/sites/a.example").text
    assert anybody.get("/sites", follow_redirects=True).request.path == "/"
    post(owner, page, f"{page}/public")
    assert (seen(anybody), seen(other)) == ({302}, {404})


def test_a_link_shows_its_site_until_it_is_dropped(app: Flask, owner: FlaskClient) -> None:
    link, guest = link_of(owner), app.test_client()
    answer = guest.get(link)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sites/a.example")
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert (seen(guest), seen(guest, paths=GUESTS_DO_NOT), seen(guest, "b.example")) == ({200}, {302}, {302})
    assert seen(app.test_client()) == {302}
    id = re.search(r"/sharing/(\d+)/drop", owner.get(f"{SETTINGS}/sharing").text)
    assert id
    other = "/sites/b.example/settings"
    assert post(owner, other, f"{other}/sharing/{id[1]}/drop").status_code == 400
    assert seen(guest) == {200}
    assert post(owner, SETTINGS, f"{SETTINGS}/sharing/{id[1]}/drop").status_code == 303
    assert (seen(guest), guest.get(link).status_code) == ({302}, 404)


def test_a_link_with_a_password_asks_for_it_and_guesses_are_stopped(app: Flask, owner: FlaskClient) -> None:
    link, guest = link_of(owner, password="open sesame"), app.test_client()
    assert "open sesame" not in owner.get(f"{SETTINGS}/sharing").text
    page = guest.get(link)
    assert (page.status_code, 'type="password"' in page.text, seen(guest)) == (200, True, {302})
    guest.set_cookie("fizzstat_shared", f"{link.rpartition('/')[2]}.")
    assert seen(guest) == {302}
    answer = post(guest, link, link, password="sesame")
    assert (answer.status_code, "not its password" in answer.text, seen(guest)) == (403, True, {302})
    assert guest.post(link, data={"password": "open sesame"}).status_code == 403  # no token of a page
    assert post(guest, link, link, password="open sesame").status_code == 303
    assert seen(guest) == {200}
    assert [post(app.test_client(), link, link, password="a guess").status_code for _ in range(11)][-2:] == [403, 429]


def test_a_link_ends_after_its_last_day(settings: Settings, accounts: Accounts, owner: FlaskClient) -> None:
    now = datetime.now(UTC)
    with accounts.change() as session:
        site = find_site(session, "a.example")
        assert site
        for token, ends in (("over", now - timedelta(seconds=1)), ("soon", now + timedelta(hours=1))):
            add_link(session, site, token, token, now=now - timedelta(days=1), expires=ends)
    assert [owner.get(f"/share/{token}").status_code for token in ("over", "soon", "never")] == [404, 303, 404]
    assert "ended" in owner.get(f"{SETTINGS}/sharing").text
    for day, said in (("2020-01-01", "over already"), ("soon", "is no day"), ("9999-12-31", "is no day")):
        answer = post(owner, f"{SETTINGS}/sharing", f"{SETTINGS}/sharing", name="Press", expires=day)
        assert (answer.status_code, said in problem(answer.text, "expires")) == (400, True)
    short = post(owner, f"{SETTINGS}/sharing", f"{SETTINGS}/sharing", name="Press", password="short")
    assert (short.status_code, "8 to 1000" in problem(short.text, "password")) == (400, True)
