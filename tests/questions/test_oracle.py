"""The oracle against answers that were counted by hand, and the traffic: that it has what is hard to count."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from query.site import Site
from tests.questions.clock import Clock
from tests.questions.known import AGENTS, PATHS, PLACES, SOURCES, event
from tests.questions.oracle import About, Oracle
from tests.questions.same import same
from tests.questions.traffic import HOUR, LANDS, MINUTE, Person, Sent, traffic
from tests.questions.visits import visits
from tests.questions.world import GOALS, IDENTITIES, SITES

NOON = 1_795_608_000_000  # 2026-11-25T12:00Z, 13:00 in Berlin
ANN = Person("ann", "10.0.0.1", AGENTS[0], PLACES[0], "de-AT", "")
BOB = Person("bob", "10.0.0.2", AGENTS[3], PLACES[6], "", "")


def view(who: Person, at: int, path: str, **more: Any) -> Sent:
    return Sent(f"{who.name}{at}", "a.com", who, "view", NOON + at, "a.com", path, view=f"{who.name}{at}", **more)


def engaged(of: Sent, at: int, scroll: int, ms: int = 1000) -> Sent:
    return replace(of, id=f"e{at}", kind="engagement", time=NOON + at, scroll=scroll, engaged=ms)


def oracle(sent: Iterable[Sent], zone: str = "Europe/Berlin", identity: str = "daily") -> Oracle:
    ordered = sorted(sent, key=lambda one: one.time)
    site = Site("a.com", zone, goals=GOALS, identity=identity)
    return Oracle(visits(ordered, {"a.com": identity}, PATHS)["a.com"], site, datetime(2026, 11, 25, 20, tzinfo=UTC))


def told(of: Oracle, metrics: str, *dimensions: str, **more: Any) -> dict[Any, list[Any]]:
    question = {"metrics": metrics.split(), "dimensions": list(dimensions), "date_range": "day", **more}
    rows = of.answer(question).rows
    return {key: [value.exact if isinstance(value, About) else value for value in row.values()] for key, row in rows.items()}


#: Ann reads two pages and signs up in the second; Bob looks at one, and comes again after just half an hour.
FIRST, SECOND_PAGE = view(ANN, 0, "/", source=SOURCES[1]), view(ANN, 60_000, "/pricing")
SIGNUP = Sent("s", "a.com", ANN, "event", NOON + 90_000, "a.com", "/pricing", what=event("signup", plan="pro"))
SMALL = [
    FIRST,
    engaged(FIRST, 50_000, 40),
    SECOND_PAGE,
    SIGNUP,
    engaged(SECOND_PAGE, 100_000, 81, 10_000),
    view(BOB, 0, "/pricing"),
    view(BOB, 30 * MINUTE, "/docs/start"),
]


def test_totals_counted_by_hand() -> None:
    small = oracle(SMALL)
    assert told(small, "visitors visits pageviews events bounce_rate visit_duration views_per_visit") == {
        (): [2, 3, 4, 5, 100 * 2 / 3, 100 / 3, 4 / 3]
    }


def test_rows_counted_by_hand() -> None:
    small = oracle(SMALL)
    assert told(small, "visitors visits", "visit:source") == {("Google",): [1, 1], ("Direct / None",): [1, 2]}
    pages = told(small, "visitors pageviews bounce_rate scroll_depth time_on_page", "event:page")
    assert pages == {("/",): [1, 1, 0, 40, 1], ("/pricing",): [2, 2, 100, 40.5, 5], ("/docs/start",): [1, 1, 100, 0, 0]}
    assert told(small, "visitors conversion_rate", "event:goal") == {
        ("Signup",): [1, 50],
        ("Pro",): [1, 50],
        ("Docs",): [1, 50],
        ("All docs",): [1, 50],
    }
    assert told(small, "visits", "time:hour") == {("2026-11-25 13:00:00",): [3]}


def test_a_visit_is_sought_by_one_single_hit() -> None:
    small = oracle(SMALL)
    entered_and_signed_up = [["is", "event:page", ["/"]], ["is", "event:name", ["signup"]]]
    assert told(small, "visits bounce_rate", filters=entered_and_signed_up) == {(): [0, 0]}
    assert told(small, "visits bounce_rate", filters=[["is_not", "event:page", ["/"]]])[()][0] == 3
    assert told(small, "visits", filters=[["has_done", ["is", "event:name", ["signup"]]]]) == {(): [1]}
    assert told(small, "visits", filters=[["has_not_done", ["is", "event:page", ["/"]]]]) == {(): [2]}
    # of those that entered at a page that is asked for
    assert told(small, "bounce_rate", filters=[["is", "event:page", ["/", "/pricing"]]]) == {(): [50]}


def test_a_gap_of_half_an_hour_ends_a_visit_and_engagement_keeps_it_going() -> None:
    first = view(ANN, 0, "/")
    nearly = oracle([first, view(ANN, 30 * MINUTE - 1, "/docs")])
    assert told(nearly, "visits pageviews") == {(): [1, 2]}
    kept = oracle([first, engaged(first, 20 * MINUTE, 10), view(ANN, 49 * MINUTE, "/docs")])
    assert told(kept, "visits visit_duration") == {(): [1, 49 * 60]}
    left = oracle([first, engaged(first, 31 * MINUTE, 10)])
    assert told(left, "visits visit_duration") == {(): [1, 0]}


def test_a_visit_ends_after_a_day() -> None:
    long = oracle([view(ANN, n * 20 * MINUTE - 16 * HOUR, "/") for n in range(74)])
    assert [round((visit.end - visit.start) / HOUR, 2) for visit in long.visits] == [24, 0]


def test_a_visit_over_midnight_is_of_both_days_and_of_its_first_bucket() -> None:
    evening = 10 * HOUR  # 23:00 in Berlin
    night = oracle([view(ANN, evening - 24 * HOUR + n * 25 * MINUTE, "/docs") for n in range(5)])
    assert told(night, "visits pageviews", "time:hour", date_range="day") == {
        ("2026-11-25 00:00:00",): [1, 2],
    }
    assert told(night, "visits pageviews", "time:day", date_range=["2026-11-24", "2026-11-25"]) == {
        ("2026-11-24",): [1, 3],
        ("2026-11-25",): [0, 2],
    }


@pytest.mark.parametrize(("identity", "visitors"), [("daily", 2), ("monthly", 1), ("permanent", 1)])
def test_who_comes_on_two_days_is_as_many_as_identity_says(identity: str, visitors: int) -> None:
    twice = oracle([view(ANN, 0, "/"), view(ANN, -24 * HOUR, "/")], identity=identity)
    assert told(twice, "visitors", date_range="all") == {(): [visitors]}


def test_days_and_hours_are_those_of_the_zones_clocks() -> None:
    berlin, howe, santiago = (Clock(zone, "monday") for zone in ("Europe/Berlin", "Australia/Lord_Howe", "America/Santiago"))
    spans = [
        (berlin, "2026-10-25", 25, 24),
        (berlin, "2026-03-29", 23, 23),
        (howe, "2026-10-04", 23.5, 24),
        (howe, "2026-04-05", 24.5, 24),
        (santiago, "2026-09-06", 23, 23),
    ]
    for clock, day, hours, labels in spans:
        span = clock.range([day, day], datetime.now(UTC), None)
        assert (span[1] - span[0]) / HOUR == hours, day
        assert len(clock.labels(span, "hour")) == labels, day


def test_ranges_are_those_of_plausible() -> None:
    clock, now = Clock("America/New_York", "sunday"), datetime(2026, 11, 25, 3, tzinfo=UTC)  # the 24th there

    def days(wanted: str) -> list[str]:
        start, end = clock.range(wanted, now, NOON - 900 * 24 * HOUR)
        return [clock.local(at).strftime("%Y-%m-%d") for at in (start, end - 1)]

    assert days("7d") == ["2026-11-17", "2026-11-23"]
    assert days("month") == ["2026-11-01", "2026-11-30"]
    assert days("6mo") == ["2026-05-01", "2026-10-31"]
    assert days("all") == ["2024-06-08", "2026-11-24"]
    span = clock.range("7d", now, None)
    assert clock.labels(span, "week") == ["2026-11-17", "2026-11-22"]


def test_rounding_is_told_from_what_is_wrong() -> None:
    assert same(33, About(100 / 3))
    assert not same(34, About(100 / 3))
    assert same(1.57, About(11 / 7, 2))
    assert not same(1.5, About(11 / 7, 2))
    assert not same(None, About(0.0))


def test_the_traffic_has_what_is_hard_to_count() -> None:
    sent = traffic()
    assert sent == traffic()
    found = visits(sent, IDENTITIES, PATHS)
    for land in LANDS:
        clock, own = Clock(land.zone, land.week_starts), found[land.site]
        assert any(clock.local(visit.start).date() != clock.local(visit.end).date() for visit in own), land.site
        changed = [visit for visit in own if clock.local(visit.start).utcoffset() != clock.local(visit.end).utcoffset()]
        assert land.site == "kolkata.example" or changed, land.site
        assert any(visit.bounced for visit in own)
        assert any(visit.end - visit.start > 23 * HOUR for visit in own)
        assert any(visit.pulses and visit.end > visit.hits[-1].time for visit in own)
    main = found["berlin.example"]
    assert any("visit:entry_page" not in visit.says for visit in main)
    hits = [hit for visit in main for hit in visit.hits]
    assert {hit.revenue[1] for hit in hits if hit.revenue} == {"EUR", "USD"}
    viewed = {hit.view: hit.says["event:page"] for hit in hits if hit.kind == "view"}
    assert any(
        hit.kind == "event" and viewed.get(hit.view, hit.says.get("event:page")) != hit.says.get("event:page") for hit in hits
    )
    assert len({visit.says.get("visit:source") for visit in main}) > 6
    assert max(visit.end - visit.start for visit in main) <= 24 * HOUR
    assert set(SITES) == set(found)
