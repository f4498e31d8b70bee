"""Questions in Plausible's language have the same true answers on every store. (Many more: tests/questions.)"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from query.ask import ask
from query.errors import BadQuestion, TooMuch
from query.site import Goal, Segment, Site
from store.base import Document, Store
from tests.conftest import own_prefix
from tests.stores import STORES, Opener, nest

Json = dict[str, Any]
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
GOALS = (
    Goal(1, "Signup", "event", event="signup", currency="EUR"),
    Goal(2, "Pro", "event", event="signup", properties={"plan": "pro"}),
    Goal(3, "Docs", "page", path="/docs/*"),
    Goal(4, "Read", "scroll", path="/docs/**", percent=50),
)
SEGMENTS = (Segment(1, "From Google", [["is", "visit:source", ["Google"]]]),)
SITE = Site("a.com", "Europe/Vienna", goals=GOALS, segments=SEGMENTS)

#: Visits: name, client, start, source, country, steps: (seconds, page, scroll, engaged) or (seconds, page, event, data, revenue)
VISITS: list[tuple[str, int, str, str, str, list[tuple[Any, ...]]]] = [
    # over midnight of the 20th in Vienna
    ("night", 1, "2026-11-19T22:50:00Z", "Google", "AT", [(0, "/", 10, 5), (1200, "/docs/a", 90, 60)]),
    (
        "docs",
        1,
        "2026-11-20T10:00:00Z",
        "Google",
        "AT",
        [(0, "/docs/a", 40, 20), (60, "/docs/a", 80, 10), (90, "/docs/b/c", 20, 7)],
    ),
    ("free", 2, "2026-11-20T10:30:00Z", "Google", "DE", [(0, "/", 100, 3), (10, "/", "signup", {"plan": "free"}, 5.0)]),
    ("pro", 3, "2026-11-21T09:00:00Z", "Bing", "DE", [(0, "/pricing", 50, 9), (5, "/pricing", "signup", {"plan": "pro"}, 25.5)]),
    ("bounce", 4, "2026-11-21T09:00:00Z", "", "", [(0, "/pricing", 0, 0)]),
    # a server tells of an event on a page that was not viewed
    (
        "server",
        5,
        "2026-11-22T09:00:00Z",
        "",
        "DE",
        [(0, "/pricing", "signup", {"plan": "pro"}, 25.5), (9, "/x", "play", {}, 0)],
    ),
    ("other", 6, "2026-11-22T09:00:00Z", "Bing", "FR", [(0, "/", 1, 1), (30, "/pricing", 1, 1), (60, "/", 30, 1)]),
]


def documents(opener: Opener) -> Iterator[Document]:
    for name, client, began, source, country, steps in VISITS:
        start = round(datetime.fromisoformat(began).timestamp() * 1000)
        views = [(n, step) for n, step in enumerate(steps) if isinstance(step[2], int)]
        events = [(n, step) for n, step in enumerate(steps) if isinstance(step[2], str)]
        shared: Json = {"site": "a.com", "client.id": f"{client:x}", "client.num": client, "client.part": client % 64}
        shared |= {"visit.id": name, "traffic.source": source or None, "client.geo.country_iso_code": country or None}
        shared["visit.entry_path"] = views[0][1][1] if views else None
        end = start + steps[-1][0] * 1000
        visit = {"@timestamp": start, "visit.started": start, "visit.ended": end, "visit.duration_seconds": (end - start) / 1000}
        visit |= {"visit.views": len(views), "visit.events": len(events), "visit.bounced": int(len(views) == 1 and not events)}
        visit |= {"visit.pages": [step[1] for _, step in views], "visit.event_names": [step[2] for _, step in events]}
        visit |= {"visit.exit_path": views[-1][1][1] if views else None}
        yield opener.document("visit", name, tidy({**shared, **visit}))
        for n, (after, page, scroll, engaged) in views:
            view = {"@timestamp": start + after * 1000, "url.path": page, "url.domain": "a.com", "view.id": f"{name}{n}"}
            view |= {"view.scroll_percent": scroll, "view.engaged_seconds": float(engaged)}
            yield opener.document("view", f"{name}{n}", tidy({**shared, **view}))
        for n, (after, page, event, data, revenue) in events:
            told: Json = {"@timestamp": start + after * 1000, "url.path": page, "url.domain": "a.com", "event.name": event}
            told |= {"view.id": f"{name}0" if views else None, "event.data": data or None}
            told |= {"revenue.amount": revenue or None, "revenue.currency": "EUR" if revenue else None}
            yield opener.document("event", f"{name}{n}", tidy({**shared, **told}))


def tidy(flat: Json) -> Json:
    return nest({name: value for name, value in flat.items() if value is not None})


@dataclass
class Asking:
    store: Store

    def __call__(self, metrics: str, *dimensions: str, **more: Any) -> Json:
        question = {"site_id": "a.com", "metrics": metrics.split(), "date_range": ["2026-11-20", "2026-11-22"], **more}
        return ask(self.store, {**question, "dimensions": list(dimensions)}, SITE, NOW)

    def rows(self, metrics: str, *dimensions: str, **more: Any) -> list[list[Any]]:
        return [[*row["dimensions"], *row["metrics"]] for row in self(metrics, *dimensions, **more)["results"]]

    def one(self, metrics: str, *filters: Any, **more: Any) -> list[Any]:
        [row] = self.rows(metrics, filters=list(filters), **more)
        return row


@pytest.fixture(scope="module", params=STORES)
def asking(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    url = "embedded" if request.param == "embedded" else request.getfixturevalue(request.param)
    with own_prefix([] if url == "embedded" else [url]) as prefix:
        opener = Opener(url, prefix, tmp_path_factory.mktemp("data"))
        store = opener(write=True)
        store.setup()
        store.create(list(documents(opener)))
        store.create(
            [opener.document("view", "foreign", {"@timestamp": 1_795_608_000_000, "site": "b.com", "client": {"num": 9}})]
        )
        store.flush()
        store.refresh()
        yield Asking(store)
        opener.close()


def test_totals_of_a_range_hold_the_visit_that_came_over_midnight(asking: Asking) -> None:
    assert asking.one("visitors visits pageviews events views_per_visit bounce_rate visit_duration") == [
        6,
        7,
        10,
        14,
        1.57,
        14,
        196,
    ]
    assert asking.one("visitors visits pageviews", date_range=["2026-11-19", "2026-11-19"]) == [1, 1, 1]
    assert asking.one("visitors pageviews", date_range=["2026-11-01", "2026-11-02"]) == [0, 0]


def test_rows_are_in_order_and_missing_values_have_names(asking: Asking) -> None:
    assert asking.rows("visitors pageviews", "visit:source") == [
        ["Bing", 2, 4],
        ["Direct / None", 2, 1],
        ["Google", 2, 5],
    ]
    assert asking.rows("visits", "visit:country_name", order_by=[["visit:country_name", "asc"]]) == [
        ["(not set)", 1],
        ["Austria", 2],
        ["France", 1],
        ["Germany", 3],
    ]
    assert asking.rows("visits", "visit:source", "visit:country", pagination={"limit": 2, "offset": 1}) == [
        ["Bing", "DE", 1],
        ["Bing", "FR", 1],
    ]


def test_visitors_of_a_page_are_those_of_its_views_and_events(asking: Asking) -> None:
    rows = asking.rows("visitors pageviews events time_on_page scroll_depth bounce_rate", "event:page")
    assert rows == [
        ["/pricing", 4, 3, 5, 3, 17, 50],
        ["/", 2, 3, 4, 2, 65, 0],
        ["/docs/a", 1, 3, 3, 30, 85, 0],
        ["/docs/b/c", 1, 1, 1, 7, 20, 0],
        ["/x", 1, 0, 1, None, None, 0],
    ]
    assert asking.rows("visitors", "event:page", pagination={"limit": 1}) == [["/pricing", 4]]


def test_a_visit_satisfies_filters_by_one_single_hit(asking: Asking) -> None:
    page, pro = ["is", "event:page", ["/"]], ["is", "event:props:plan", ["pro"]]
    assert asking.one("visits bounce_rate", page, pro) == [0, 0]
    assert asking.one("visits bounce_rate", page, ["is", "event:props:plan", ["free"]])[0] == 1
    assert asking.one("visits", ["has_done", page], ["has_done", ["is", "event:page", ["/pricing"]]]) == [1]
    assert asking.one("visits", ["has_not_done", page]) == [4]
    assert asking.one("visits visit_duration", ["is_not", "event:page", ["/pricing"]])[0] == 4


def test_filters_take_what_they_say(asking: Asking) -> None:
    def visits(*filters: Any) -> int:
        return int(asking.one("visits", *filters)[0])

    assert visits(["is", "visit:source", ["Google", "Direct / None"]]) == 5
    assert visits(["is_not", "visit:source", ["Google"]]) == 4
    assert visits(["contains", "visit:source", ["oo"]]) == 3
    assert visits(["contains", "visit:source", ["OO"]]) == 0
    assert visits(["contains", "visit:source", ["OO"], {"case_sensitive": False}]) == 3
    assert visits(["contains_not", "visit:source", ["oo"]]) == 4
    assert visits(["matches", "visit:source", ["^B.*g$"]]) == 2
    assert visits(["matches_not", "visit:source", ["(?i)^b"]]) == 5
    assert visits(["is", "visit:country_name", ["Germany"]]) == 3
    assert visits(["is", "segment", [1]]) == 3
    assert (
        visits(
            [
                "or",
                [["is", "visit:country", ["FR"]], ["and", [["is", "visit:country", ["DE"]], ["is", "visit:source", ["Bing"]]]]],
            ]
        )
        == 2
    )
    assert visits(["not", ["is", "visit:country", ["DE"]]]) == 4
    assert visits(["is", "visit:exit_page", ["/pricing"]]) == 2
    assert asking.one("pageviews", ["is", "visit:exit_page", ["/docs/b/c"]]) == [3]
    assert asking.one("events", ["contains_not", "event:props:plan", ["fr"]]) == [2]
    assert asking.one("events", ["is", "event:props:plan", ["(none)"]]) == [11]


def test_goals_count_what_was_before_they_were_set(asking: Asking) -> None:
    assert asking.rows("visitors events conversion_rate", "event:goal") == [
        ["Signup", 3, 3, 50.0],
        ["Pro", 2, 2, 33.3],
        ["Docs", 1, 3, 16.7],
        ["Read", 1, None, 16.7],
    ]
    of_sources = asking.rows("visitors group_conversion_rate", "visit:source", filters=[["is", "event:goal", ["Signup"]]])
    assert of_sources == [["Bing", 1, 50.0], ["Direct / None", 1, 50.0], ["Google", 1, 50.0]]


def test_revenue_is_told_with_its_currency(asking: Asking) -> None:
    [total, mean] = asking.one("total_revenue average_revenue", ["is", "event:goal", ["Signup"]])
    assert (total["value"], total["currency"], total["long"]) == (56.0, "EUR", "€56.00")
    assert mean["value"] == 18.667
    assert asking.one("total_revenue", ["is", "event:page", ["/x"]]) == [None]


def test_time_is_by_the_sites_clocks_and_a_visit_stands_where_it_began(asking: Asking) -> None:
    answer = asking("visits pageviews", "time:day", include={"time_labels": True}, date_range=["2026-11-18", "2026-11-20"])
    assert [[*row["dimensions"], *row["metrics"]] for row in answer["results"]] == [["2026-11-19", 1, 1], ["2026-11-20", 2, 5]]
    assert answer["meta"]["time_labels"] == ["2026-11-18", "2026-11-19", "2026-11-20"]
    assert asking.rows("visits", "time:day")[0] == ["2026-11-20", 3]  # of the range's first day, since it went on in it
    assert asking.rows("pageviews", "time:hour", date_range=["2026-11-20", "2026-11-20"]) == [
        ["2026-11-20 00:00:00", 1],
        ["2026-11-20 11:00:00", 4],
    ]


def test_a_period_stands_beside_the_one_before(asking: Asking) -> None:
    answer = asking("visits", "time:day", date_range=["2026-11-21", "2026-11-22"], include={"compare": "previous_period"})
    assert [row["comparison"] for row in answer["results"]] == [
        {"dimensions": ["2026-11-19"], "metrics": [1], "change": [100]},
        {"dimensions": ["2026-11-20"], "metrics": [2], "change": [0]},
    ]
    by_source = asking("visits", "visit:source", date_range=["2026-11-21", "2026-11-22"], include={"compare": "previous_period"})
    assert [row["comparison"]["metrics"] for row in by_source["results"]] == [[0], [0]]


def test_an_answer_says_when_visitors_are_a_sum_of_days(asking: Asking) -> None:
    assert asking("visitors")["meta"]["metric_warnings"]["visitors"]["code"] == "visitors_are_sum_of_days"
    one_day = ask(asking.store, {"metrics": ["visitors"], "date_range": "day"}, Site("a.com"), NOW)
    assert one_day["meta"] == {}
    assert one_day["query"]["date_range"] == ["2026-11-25T00:00:00+00:00", "2026-11-25T23:59:59+00:00"]


def test_a_list_is_cut_where_it_is_asked_to_and_says_how_long_it_is(asking: Asking) -> None:
    answer = asking("visitors", "event:page", include={"total_rows": True}, pagination={"limit": 2})
    assert (len(answer["results"]), answer["meta"]["total_rows"]) == (2, 5)


def test_a_pattern_that_is_none_is_told(asking: Asking) -> None:
    with pytest.raises(BadQuestion, match="RE2") as error:
        asking("visitors", filters=[["is", "visit:os", ["a"]], ["matches", "visit:source", ["(a"]]])
    assert error.value.place == "filters.1"


def test_an_answer_is_known_until_something_is_written(stores: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    store = stores(write=True)
    store.setup()
    searches: list[str] = []
    search: Callable[..., Json] = store.search
    monkeypatch.setattr(store, "search", lambda kind, body: searches.append(kind) or search(kind, body))
    monkeypatch.setattr("store.elastic.STATE_AGE", 0.0)
    question = {"metrics": ["visits"], "date_range": ["2026-11-20", "2026-11-22"]}

    def visits() -> int:
        return int(ask(store, question, SITE, NOW)["results"][0]["metrics"][0])

    assert visits() == 0
    store.create([one for one in documents(stores) if one.id == "docs" and one.kind == "visit"])
    store.flush()
    store.refresh()
    assert visits() == 1
    asked = len(searches)
    assert visits() == 1
    assert len(searches) == asked


def test_what_would_take_too_much_is_refused_with_the_ceiling(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("query.where.PAGE", 1)
    monkeypatch.setattr("query.where.MOST_VISITS", 1)
    with pytest.raises(TooMuch, match="More than 1 visits"):
        asking("visits bounce_rate", filters=[["is", "event:props:plan", ["pro"]]])
