"""The address of a site's page: what is looked at, there and back."""

from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from dashboard.site import filters, periods
from dashboard.site.filters import LABELS, Filter
from dashboard.site.state import COMPARISONS, State, read
from dashboard.site.words import Words, locale
from query import filters as asked
from query.dimensions import find
from query.errors import BadQuestion
from query.site import Segment, Site

NOW = datetime(2026, 11, 25, 12, 34, 56, tzinfo=UTC)
TODAY = NOW.date()
BERLIN = ZoneInfo("Europe/Berlin")
SITE = Site("a.example", segments=(Segment(3, "Three", [["is", "visit:country", ["DE"]]]),))

text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
names = st.one_of(st.sampled_from(sorted(LABELS)).filter(lambda name: name != "event:goal"), text.map("event:props:{}".format))


@st.composite
def one_filter(draw: st.DrawFn) -> Filter:
    dimension, values = draw(names), tuple(draw(st.lists(text, min_size=1, max_size=4)))
    operators = [name for name in filters.OPERATORS if name != "never" or dimension.startswith("event:")]
    return Filter(draw(st.sampled_from(operators)), dimension, values)


segments = st.builds(Filter, st.sampled_from(["is", "is_not"]), st.just("segment"), st.just(("3",)))
states = st.builds(
    State,
    period=st.sampled_from(["", "day", "7d", "custom", "realtime", "12mo"]),
    date=st.sampled_from(["", "2026-11-24"]),
    start=st.sampled_from(["", "2026-11-01", "2026-11-24T08:00"]),
    end=st.sampled_from(["", "2026-11-25"]),
    compare=st.sampled_from(list(COMPARISONS)),
    metric=st.sampled_from(["visitors", "bounce_rate"]),
    interval=st.sampled_from(["", "week"]),
    filters=st.lists(st.one_of(one_filter(), segments), max_size=4).map(tuple),
    more=st.dictionaries(st.sampled_from(["sources", "step", "event", "at"]), st.lists(text, min_size=1, max_size=3).map(tuple)),
)


def of_url(url: str) -> State:
    return read(MultiDict(parse_qsl(urlsplit(url).query, keep_blank_values=True)))


@given(states)
def test_a_state_is_read_from_its_own_address_again(state: State) -> None:
    assert of_url("/sites/a.example" + state.query()) == state


@given(one_filter())
def test_a_filter_and_its_question_say_the_same(one: Filter) -> None:
    assert filters.of_question(one.question) == one


@given(st.one_of(one_filter(), segments))
def test_what_can_be_filtered_by_can_be_asked(one: Filter) -> None:
    if one.operator.startswith("matches") or one.dimension == "visit:country":
        return  # not every text is a pattern, or a code
    assert asked.read([one.question], SITE)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_address_is_a_state_or_told_to_be_none(period: str, one: str) -> None:
    told = ""
    try:
        state = read(MultiDict([("period", period), ("f", one), ("from", one), ("to", period)]))
        found = periods.span(state, BERLIN, NOW, lambda: date(2026, 1, 1))
    except BadQuestion as error:
        told = error.sentence
    assert told.endswith(".") or (found.interval in found.intervals and found.range.start < found.range.end)


def test_a_country_may_be_called_by_its_name() -> None:
    assert filters.make("is", "country", ["germany", "AT", "(not set)"]).values == ("DE", "AT", "(not set)")


def test_every_label_is_of_something_that_can_be_asked() -> None:
    assert [name for name in LABELS if find(name) is None] == []


def test_choosing_a_value_again_takes_the_place_of_the_other_and_keeps_other_filters() -> None:
    state = State(filters=(Filter("is", "event:page", ("/",)), Filter("is_not", "event:page", ("/b",))))
    state = state.filtered(Filter("is", "event:page", ("/a",)))
    assert [str(one) for one in state.filters] == ["is_not,page,/b", "is,page,/a"]
    assert [str(one) for one in state.without(0).filters] == ["is,page,/a"]


@pytest.mark.parametrize(
    ("state", "first", "last", "interval"),
    [
        (State("day"), "2026-11-25", "2026-11-25", "hour"),
        (State("day", "2026-10-25"), "2026-10-25", "2026-10-25", "hour"),
        (State("7d"), "2026-11-18", "2026-11-24", "day"),
        (State("month"), "2026-11-01", "2026-11-25", "day"),
        (State("month", "2026-02-14"), "2026-02-01", "2026-02-28", "day"),
        (State("year"), "2026-01-01", "2026-11-25", "week"),
        (State("12mo"), "2025-11-01", "2026-10-31", "week"),
        (State("all"), "2024-02-29", "2026-11-25", "month"),
        (State("custom", start="2026-11-03", end="2026-11-01"), "2026-11-01", "2026-11-03", "day"),
        (State("custom", start="2026-11-03T08:00", end="2026-11-03T10:59"), "2026-11-03", "2026-11-03", "hour"),
        (State("realtime"), "2026-11-25", "2026-11-25", "minute"),
        (State("24h"), "2026-11-24", "2026-11-25", "hour"),
        (State("nonsense"), "2026-10-28", "2026-11-24", "day"),
        (State("day", "2026-13-45"), "2026-11-25", "2026-11-25", "hour"),
    ],
)
def test_a_period_is_of_the_days_that_it_says(state: State, first: str, last: str, interval: str) -> None:
    found = periods.span(state, BERLIN, NOW, lambda: date(2024, 2, 29))
    assert (found.range.first.isoformat(), found.range.last.isoformat(), found.interval) == (first, last, interval)


def test_every_period_of_the_menu_has_a_key_of_its_own_and_is_known_again() -> None:
    choices = [choice for group in periods.menu(State(), TODAY) for choice in group]
    assert "".join(choice.key for choice in choices) == "DERHWFTNMPYSLA"
    for choice in choices:
        chosen = [other.label for group in periods.menu(choice.state, TODAY) for other in group if other.chosen]
        assert chosen == [choice.label]


def test_days_months_and_years_have_neighbours_until_today() -> None:
    before, after = periods.neighbours(State("month", "2026-10-05"), TODAY)
    assert before
    assert after
    assert (before.date, after.date) == ("2026-09-30", "2026-11-01")
    assert periods.neighbours(State("day"), TODAY)[1] is None
    assert periods.neighbours(State("7d"), TODAY) == (None, None)


@pytest.mark.parametrize(
    ("tag", "count", "percent", "day"),
    [("de-DE", "12.345", "3,5 %", "25. Nov."), ("en-US", "12,345", "3.5%", "Nov 25"), ("xx-YY", "12,345", "3.5%", "Nov 25")],
)
def test_numbers_and_days_are_written_as_the_reader_does(tag: str, count: str, percent: str, day: str) -> None:
    words = Words(locale([tag]))
    assert words.count(12345) == count
    assert words.percent(3.5).replace("\u00a0", " ") == percent
    assert words.label("2026-11-25", "day") == day
    assert words.percent(100).replace("\u00a0", " ").startswith("100")
    assert words.metric("visit_duration", None) == "–"
