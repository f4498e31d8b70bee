"""Questions beyond Plausible's have the same, right answers from the embedded store and from Elasticsearch."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from query import visited
from query.documents import documents
from query.errors import BadQuestion
from query.flows import flows
from query.funnel import funnel
from query.journeys import journeys
from query.properties import properties
from query.realtime import realtime
from query.retention import retention
from query.site import Goal, Site
from query.vitals import vitals
from store.base import Store
from tests import ways
from tests.conftest import own_prefix
from tests.stores import STORES, Opener

Ask = Callable[..., dict[str, Any]]
NOW = datetime(2026, 11, 25, 12, 0, 30, tzinfo=UTC)
BEGAN = NOW - timedelta(minutes=29, seconds=30)  # minute 0
DAY = 24 * 60
DE, AT = {"client.geo.country_iso_code": "DE"}, {"client.geo.country_iso_code": "AT", "traffic.source": "Google"}
VISITS: list[ways.Visit] = [
    (1, -9 * DAY, "/ /pricing signup! /docs/a", DE),
    (1, -2 * DAY, "/ /blog /pricing", DE),
    (2, -2 * DAY, "/pricing / /pricing buy!plan=free buy!plan=pro", AT),
    (3, -1 * DAY, "/ / /docs/a /docs/b /docs/a", {**AT, "scroll": 90}),
    (4, -1 * DAY, "download!", DE),
    (4, 0, "/", DE),
    (5, 20, "/docs/a buy!plan=pro vitals!LCP=2000 vitals!CLS=0.1", DE),
    (6, 26, "/ vitals!LCP=5000 /pricing", AT),
    (7, 28, "/ vitals!LCP=2500", AT),
    (8, -3 * DAY, " ".join(f"/many/{n:03}" for n in range(120)) + " /pricing", DE),  # more pages than its document lists
]
SITE = Site(
    "a.example",
    identity="permanent",
    goals=(
        Goal(1, "Pro", "event", event="buy", properties={"plan": "pro"}),
        Goal(2, "Docs read", "scroll", path="/docs/*", percent=75),
    ),
)


@pytest.fixture(scope="module", params=STORES)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    url = "embedded" if request.param == "embedded" else request.getfixturevalue(request.param)
    with own_prefix([] if url == "embedded" else [url]) as prefix:
        opener = Opener(url, prefix, tmp_path_factory.mktemp("data"))
        store = opener(write=True)
        store.setup()
        began = round(BEGAN.timestamp() * 1000)
        store.create(list(ways.documents(opener, VISITS, began)))
        store.create([one for one in ways.documents(opener, [(99, 5, "/ /pricing", {})], began, "b.example") if one.id != "v0"])
        store.flush()
        store.refresh()
        yield store
        opener.close()


@pytest.fixture
def ask(store: Store) -> Ask:
    def ask(question: Any, date_range: Any = ("2026-11-01", "2026-11-25"), site: Site = SITE, **asked: Any) -> dict[str, Any]:
        told = {"site_id": "a.example", **({"date_range": date_range} if date_range else {}), **asked}
        answer: dict[str, Any] = question(store, told, site, NOW)
        return answer

    return ask


def rows(answer: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return [(*row["dimensions"], *row["metrics"]) for row in answer["results"]]


# --- funnels


def test_a_funnel_counts_visits_that_do_its_steps_in_order(ask: Ask) -> None:
    answer = ask(funnel, steps=["/", "/pricing", {"event": "buy", "name": "bought"}])
    assert rows(answer) == [
        (1, "/", 6, 7, 0, 100.0, 100.0),
        (2, "/pricing", 3, 4, 3, 50.0, 50.0),
        (3, "bought", 1, 1, 2, 33.3, 16.7),
    ]
    assert answer["query"]["metrics"][:2] == ["visitors", "visits"]
    assert answer["query"]["date_range"] == ["2026-11-01T00:00:00+00:00", "2026-11-25T23:59:59+00:00"]
    assert answer["meta"] == {}


def test_a_funnel_knows_goals_with_properties_scroll_depth_and_wildcards(ask: Ask) -> None:
    assert rows(ask(funnel, steps=["/docs/**", "Pro"])) == [
        (1, "/docs/**", 3, 3, 0, 100.0, 100.0),
        (2, "Pro", 1, 1, 2, 33.3, 33.3),
    ]
    assert [row[2:4] for row in rows(ask(funnel, steps=["Pro", "buy"]))] == [(2, 2), (0, 0)]
    assert [row[2:4] for row in rows(ask(funnel, steps=["buy", "Pro"]))] == [(2, 2), (1, 1)]
    assert [row[2:4] for row in rows(ask(funnel, steps=["/", "Docs read", "/docs/b"]))] == [(6, 7), (1, 1), (1, 1)]
    assert [row[2:4] for row in rows(ask(funnel, steps=["nothing", "/nowhere/*"]))] == [(0, 0), (0, 0)]


def test_a_funnel_is_of_the_visits_that_filters_take(ask: Ask) -> None:
    answer = ask(funnel, steps=["/", "/pricing"], filters=[["is", "visit:country", ["AT"]]])
    assert [row[2:4] for row in rows(answer)] == [(4, 4), (2, 2)]
    answer = ask(funnel, steps=["/", "/pricing"], filters=[["is", "event:goal", ["Pro"]]])
    assert [row[2:4] for row in rows(answer)] == [(1, 1), (1, 1)]
    assert [row[2:4] for row in rows(ask(funnel, "24h", steps=["/", "/pricing"]))] == [(3, 3), (1, 1)]


def test_a_funnel_counts_pages_beyond_those_that_a_visit_lists(ask: Ask) -> None:
    assert [row[2:4] for row in rows(ask(funnel, steps=["/many/000", "/many/119", "/pricing"]))] == [(1, 1)] * 3
    assert [row[2:4] for row in rows(ask(funnel, steps=["/many/119", "/pricing"]))] == [(1, 1)] * 2
    assert [row[2:4] for row in rows(ask(funnel, steps=["/many/119", "/many/118"]))] == [(1, 1), (0, 0)]


def test_too_many_visits_are_sampled_by_visitor_and_the_answer_says_so(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visited, "MOST_READ", 1)
    answer = ask(journeys, at="/", before=0, after=1)
    sampling = answer["meta"]["sampling"]
    assert sampling["visits"] == 8
    assert sampling["read"] < 8
    answer = ask(funnel, steps=["/", "/pricing"])
    assert rows(answer)[0][2:4] == (6, 7)  # of the first step the store knows all
    assert answer["meta"]["sampling"]["visits"] == 5


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ({}, "steps"),
        ({"steps": ["/"]}, "steps"),
        ({"steps": ["/"] * 21}, "steps"),
        ({"steps": ["/", {"page": 7}]}, "steps.1.page"),
        ({"steps": ["/", "/"], "date_range": "soon"}, "date_range"),
        ({"steps": ["/", "/"], "date_range": None}, "date_range"),
        ({"steps": ["/", "/"], "filters": [["is", "visit:shoe", ["42"]]]}, "filters.0.1"),
        ({"steps": ["/", "/"], "metrics": []}, "metrics"),
    ],
)
def test_a_wrong_question_is_refused_with_its_place(ask: Ask, asked: dict[str, Any], place: str) -> None:
    with pytest.raises(BadQuestion) as refused:
        ask(funnel, **asked)
    assert refused.value.place == place


# --- journeys, flows


def test_journeys_tell_what_came_before_and_after(ask: Ask) -> None:
    answer = ask(journeys, at="/pricing", after=2)
    assert answer["meta"] == {"visits": 5}
    assert rows(answer) == [
        (-1, "/", 2, 2, 40.0),
        (-1, "(entry)", 1, 1, 20.0),
        (-1, "/blog", 1, 1, 20.0),
        (-1, "/many/119", 1, 1, 20.0),
        (1, "(exit)", 3, 3, 60.0),
        (1, "/", 1, 1, 20.0),
        (1, "/docs/a", 1, 1, 20.0),
        (2, "(exit)", 1, 1, 20.0),
        (2, "/pricing", 1, 1, 20.0),
    ]
    events = ask(journeys, at="/pricing", before=0, after=1, events=True, limit=2)
    assert rows(events) == [(1, "(exit)", 3, 3, 60.0), (1, "/", 1, 1, 20.0)]


def test_journeys_tell_whole_ways(ask: Ask) -> None:
    answer = ask(journeys, at={"event": "buy", "properties": {"plan": "pro"}}, before=2, after=1, by="path", events=True)
    assert answer["query"]["dimensions"] == ["-2", "-1", "0", "1"]
    assert rows(answer) == [("(entry)", "/docs/a", "buy", "(exit)", 1, 1, 50.0), ("/pricing", "buy", "buy", "(exit)", 1, 1, 50.0)]


def test_flows_tell_what_led_where(ask: Ask) -> None:
    answer = ask(flows, filters=[["is_not", "visit:country", ["DE"]]])
    assert rows(answer)[0] == ("(entry)", "/", 3, 3)
    assert sorted(rows(answer)) == [
        ("(entry)", "/", 3, 3),
        ("(entry)", "/pricing", 1, 1),
        ("/", "(exit)", 1, 1),
        ("/", "/docs/a", 1, 1),
        ("/", "/pricing", 2, 2),
        ("/docs/a", "(exit)", 1, 1),
        ("/docs/a", "/docs/b", 1, 1),
        ("/docs/b", "/docs/a", 1, 1),
        ("/pricing", "(exit)", 2, 2),
        ("/pricing", "/", 1, 1),
    ]
    about = ask(flows, page="/docs/*", limit=2)
    assert rows(about) == [("/docs/a", "(exit)", 3, 3), ("(entry)", "/docs/a", 1, 1)]
    assert about["meta"]["total_rows"] == 6


# --- retention


def test_retention_tells_who_came_again(ask: Ask) -> None:
    answer = ask(retention, ("2026-11-16", "2026-11-29"), interval="week")
    assert rows(answer) == [("2026-11-16", 0, 2, 100.0), ("2026-11-16", 1, 1, 50.0), ("2026-11-23", 0, 6, 100.0)]
    assert answer["meta"] == {"identity": "permanent", "seen_before": 0}
    days = ask(retention, ("2026-11-22", "2026-11-25"))
    assert [row[:3] for row in rows(days) if row[0] == "2026-11-24"] == [("2026-11-24", 0, 2), ("2026-11-24", 1, 1)]
    assert days["meta"]["seen_before"] == 1  # who was there on the 16th is not new


def test_retention_says_what_daily_visitors_cannot_tell(ask: Ask) -> None:
    site = Site("a.example", identity="daily")
    answer = ask(retention, ("2026-11-24", "2026-11-25"), site=site)
    assert rows(answer) == [("2026-11-24", 0, 2, 100.0), ("2026-11-24", 1, None, None), ("2026-11-25", 0, 3, 100.0)]
    assert "FIZZSTAT_IDENTITY is daily" in answer["meta"]["identity_note"]


# --- now


def test_realtime_tells_the_last_half_hour_by_minute_and_who_is_there(ask: Ask) -> None:
    answer = ask(realtime, None)
    found = rows(answer)
    assert len(found) == 30
    assert [row[0] for row in found][::29] == ["2026-11-25T11:31+00:00", "2026-11-25T12:00+00:00"]
    busy = {row[0][11:16]: row[1:] for row in found if any(row[1:])}
    assert busy == {
        "11:31": (1, 1, 1),
        "11:51": (1, 1, 1),
        "11:52": (1, 0, 1),
        "11:53": (1, 0, 1),
        "11:54": (1, 0, 1),
        "11:57": (1, 1, 1),
        "11:58": (1, 0, 1),
        "11:59": (2, 2, 2),
        "12:00": (1, 0, 1),
    }
    assert answer["now"]["visitors"] == 2
    assert rows({"results": answer["now"]["pages"]}) == [("/", 2), ("/pricing", 1)]
    assert rows({"results": answer["now"]["sources"]}) == [("Google", 2)]


# --- vitals, properties


def test_vitals_tell_percentiles_and_shares(ask: Ask) -> None:
    answer = ask(vitals, vitals=["LCP", "CLS"], percentiles=[50, 75])
    assert answer["query"]["metrics"] == ["p50", "p75", "count", "good", "needs_improvement", "poor"]
    lcp, cls = rows(answer)
    assert lcp[0] == "LCP"
    assert 2450 <= lcp[1] <= 2550
    assert lcp[3:] == (3, 66.7, 0.0, 33.3)
    assert cls[1:3] == pytest.approx((0.1, 0.1), rel=0.02)
    assert cls[3:] == (1, 100.0, 0.0, 0.0)
    by_country = ask(vitals, dimensions=["visit:country"])
    assert [row[:2] + row[3:] for row in rows(by_country)] == [
        ("AT", "LCP", 2, 50.0, 0.0, 50.0),
        ("DE", "LCP", 1, 100.0, 0.0, 0.0),
        ("DE", "CLS", 1, 100.0, 0.0, 0.0),
    ]


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ({"vitals": ["FID"]}, "vitals"),
        ({"percentiles": [100]}, "percentiles"),
        ({"dimensions": ["visit:exit_page"]}, "dimensions.0"),
    ],
)
def test_vitals_that_are_none_are_refused(ask: Ask, asked: dict[str, Any], place: str) -> None:
    with pytest.raises(BadQuestion) as refused:
        ask(vitals, **asked)
    assert refused.value.place == place


def test_properties_tell_keys_and_values(ask: Ask) -> None:
    assert rows(ask(properties, event="buy")) == [("plan", 2, 3)]
    assert rows(ask(properties, event="buy", property="plan")) == [("pro", 2, 2), ("free", 1, 1)]
    assert rows(ask(properties, event="signup")) == []
    assert rows(ask(properties, event="pageview")) == []
    assert ask(properties, event="vitals")["meta"] == {"looked_at": 4, "complete": True}


# --- documents


def test_documents_are_paged_newest_first_without_a_gap(ask: Ask) -> None:
    whole = ask(documents, kind="view")
    assert whole["meta"] == {"total": 140, "next": whole["meta"]["next"]}
    times = [one["@timestamp"] for one in whole["results"]]
    assert times == sorted(times, reverse=True)
    seen: list[str] = []
    after: str | None = None
    for _ in range(50):
        page = ask(documents, kind="view", limit=7, fields=["url"], after=after)
        assert all(set(one) == {"_id", "_index", "url"} for one in page["results"])
        seen += [one["_id"] for one in page["results"]]
        after = page["meta"]["next"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 140


def test_documents_that_tie_are_told_once(store: Store, ask: Ask) -> None:
    """Elasticsearch sorts by no id, so a cursor inside a tie is where a page could skip or repeat."""
    seen: list[str] = []
    after: str | None = None
    filters = [["is", "visit:source", ["Google"]]]
    while True:
        page = ask(documents, kind="visit", limit=1, fields=["visit.id"], after=after, filters=filters)
        seen += [one["_id"] for one in page["results"]]
        after = page["meta"]["next"]
        if after is None:
            break
    assert sorted(seen) == ["v2", "v3", "v7", "v8"]


def test_documents_of_clients_know_filters_of_visits_alone(ask: Ask) -> None:
    assert len(ask(documents, kind="client")["results"]) == 8
    with pytest.raises(BadQuestion) as refused:
        ask(documents, kind="client", filters=[["is", "event:page", ["/"]]])
    assert refused.value.place == "filters.0"


def test_there_is_nothing_to_tell_of_a_site_without_documents(ask: Ask) -> None:
    nobody = Site("nobody.example")
    for question, asked in (
        (funnel, {"steps": ["/", "Pro"]}),
        (journeys, {"at": "/"}),
        (flows, {}),
        (retention, {}),
        (vitals, {}),
        (properties, {"event": "buy"}),
        (documents, {}),
    ):
        answer = ask(question, "all", nobody, **asked)
        assert not any(row["metrics"][0] for row in answer["results"])
    assert ask(realtime, None, nobody)["now"] == {"visitors": 0, "pages": [], "sources": []}
