"""Which days a date_range is about, by the site's clocks, and the parts that they are cut into."""

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from query.dates import Range, buckets, compared, days, interval_for, read_range
from query.errors import BadQuestion, TooMuch

VIENNA = ZoneInfo("Europe/Vienna")
NOW = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)  # already the 26th in Vienna
HOUR = 3_600_000


def told(value: object, zone: ZoneInfo = VIENNA, now: datetime = NOW) -> list[str]:
    return read_range(value, zone, now, lambda: date(2025, 3, 4)).told()


@pytest.mark.parametrize(
    ("date_range", "first", "last"),
    [
        ("day", "2026-11-26T00:00:00+01:00", "2026-11-26T23:59:59+01:00"),
        ("24h", "2026-11-25T00:30:00+01:00", "2026-11-26T00:29:59+01:00"),
        ("7d", "2026-11-19T00:00:00+01:00", "2026-11-25T23:59:59+01:00"),
        ("28d", "2026-10-29T00:00:00+01:00", "2026-11-25T23:59:59+01:00"),
        ("91d", "2026-08-27T00:00:00+02:00", "2026-11-25T23:59:59+01:00"),
        ("month", "2026-11-01T00:00:00+01:00", "2026-11-30T23:59:59+01:00"),
        ("6mo", "2026-05-01T00:00:00+02:00", "2026-10-31T23:59:59+01:00"),
        ("12mo", "2025-11-01T00:00:00+01:00", "2026-10-31T23:59:59+01:00"),
        ("year", "2026-01-01T00:00:00+01:00", "2026-12-31T23:59:59+01:00"),
        ("all", "2025-03-04T00:00:00+01:00", "2026-11-26T23:59:59+01:00"),
        (["2026-03-29", "2026-03-29"], "2026-03-29T00:00:00+01:00", "2026-03-29T23:59:59+02:00"),
        (["2026-03-29T10:00:00Z", "2026-03-29T10:59:59Z"], "2026-03-29T12:00:00+02:00", "2026-03-29T12:59:59+02:00"),
    ],
)
def test_a_date_range_is_about_whole_days_of_the_sites_clocks(date_range: object, first: str, last: str) -> None:
    assert told(date_range) == [first, last]


def test_a_site_without_visits_has_today_as_all_its_time() -> None:
    assert read_range("all", VIENNA, NOW, lambda: None).told()[0] == "2026-11-26T00:00:00+01:00"


@pytest.mark.parametrize(
    "wrong",
    [
        *("week", "0d", "5001d", "101mo", "7D", "", None, 7, [1, 2], [], {"from": "2026-11-01"}),
        *(["2026-11-01"], ["2026-11-02", "2026-11-01"], ["2026-02-30", "2026-03-01"], ["2026-11-01", "2026-11-02T00:00:00Z"]),
        ["2026-11-01T00:00:00", "2026-11-02T00:00:00"],
    ],
)
def test_what_is_no_date_range_is_told_with_what_is(wrong: object) -> None:
    with pytest.raises(BadQuestion) as error:
        told(wrong)
    assert error.value.place == "date_range"
    assert "date_range" in error.value.sentence


def test_days_have_23_and_25_hours_where_clocks_change() -> None:
    hours = [(one.end - one.start) / HOUR for one in buckets(days(date(2026, 3, 28), date(2026, 3, 30), VIENNA), "day")]
    assert hours == [24, 23, 24]
    [autumn] = buckets(days(date(2026, 10, 25), date(2026, 10, 25), VIENNA), "day")
    assert (autumn.end - autumn.start) / HOUR == 25


def test_the_hour_that_clocks_skip_is_not_there_and_the_one_they_repeat_is_one() -> None:
    spring = [one.label[11:13] for one in buckets(days(date(2026, 3, 29), date(2026, 3, 29), VIENNA), "hour")]
    assert spring[:4] == ["00", "01", "03", "04"]
    autumn = buckets(days(date(2026, 10, 25), date(2026, 10, 25), VIENNA), "hour")
    assert [(one.label[11:13], (one.end - one.start) / HOUR) for one in autumn[1:4]] == [("01", 1), ("02", 2), ("03", 1)]
    assert len(autumn) == 24


def test_hours_begin_with_the_sites_clocks_where_those_are_half_an_hour_off() -> None:
    kathmandu = ZoneInfo("Asia/Kathmandu")
    hours = buckets(Range(1_795_600_000_000, 1_795_600_000_000 + 2 * HOUR, kathmandu), "hour")
    assert [one.end % HOUR for one in hours[:-1]] == [15 * 60_000] * (len(hours) - 1)


def test_a_day_that_begins_at_one_begins_there() -> None:
    beirut = ZoneInfo("Asia/Beirut")
    [day] = buckets(days(date(2026, 3, 29), date(2026, 3, 29), beirut), "day")
    assert (day.end - day.start) / HOUR == 23


def test_weeks_and_months_are_cut_by_the_range() -> None:
    span = days(date(2026, 10, 28), date(2026, 11, 10), VIENNA)
    assert [one.label for one in buckets(span, "week")] == ["2026-10-28", "2026-11-02", "2026-11-09"]
    assert [one.label for one in buckets(span, "week", "sunday")] == ["2026-10-28", "2026-11-01", "2026-11-08"]
    assert [one.label for one in buckets(span, "month")] == ["2026-10-01", "2026-11-01"]
    assert buckets(span, "month")[0].start == span.start


@pytest.mark.parametrize("interval", ["hour", "day", "week", "month"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Vienna", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia"])
def test_parts_leave_no_gap_and_do_not_overlap(interval: str, zone: str) -> None:
    span = days(date(2011, 12, 25), date(2012, 4, 10), ZoneInfo(zone))
    parts = buckets(span, interval)
    assert parts[0].start == span.start
    assert parts[-1].end == span.end
    assert all(one.end == other.start for one, other in pairwise(parts))
    assert len({one.label for one in parts}) == len(parts)


def test_minutes_are_for_a_day_and_hours_for_a_year() -> None:
    with pytest.raises(BadQuestion, match="30 hours"):
        buckets(days(date(2026, 11, 1), date(2026, 11, 2), VIENNA), "minute")
    assert len(buckets(days(date(2026, 11, 1), date(2026, 11, 1), VIENNA), "minute")) == 1440
    with pytest.raises(TooMuch):
        buckets(days(date(2020, 1, 1), date(2026, 1, 1), VIENNA), "hour")


def test_time_alone_is_in_parts_that_fit_the_range() -> None:
    first = date(2026, 1, 1)
    lasts = {"hour": date(2026, 1, 2), "day": date(2026, 2, 9), "week": date(2026, 12, 20), "month": date(2027, 3, 1)}
    for interval, last in lasts.items():
        assert interval_for(days(first, last, VIENNA)) == interval


def test_a_period_is_compared_with_as_many_days_before_it() -> None:
    span = days(date(2026, 11, 10), date(2026, 11, 16), VIENNA)
    assert compared(span, "previous_period", NOW, False).first == date(2026, 11, 3)
    assert compared(span, "previous_period", NOW, False).last == date(2026, 11, 9)
    assert compared(span, "year_over_year", NOW, False).first == date(2025, 11, 10)
    assert compared(span, ["2026-01-01", "2026-01-07"], NOW, False).last == date(2026, 1, 7)


def test_a_period_that_goes_on_is_compared_with_as_much_as_is_over() -> None:
    month = read_range("month", VIENNA, NOW, lambda: None)
    before = compared(month, "previous_period", NOW, False)
    assert (before.first, before.last) == (date(2026, 10, 6), date(2026, 10, 31))


def test_a_comparison_can_begin_on_the_same_day_of_the_week() -> None:
    span = days(date(2026, 11, 9), date(2026, 11, 15), VIENNA)  # a Monday
    before = compared(span, "year_over_year", NOW, True)
    assert before.first.weekday() == 0
    assert abs((before.first - date(2025, 11, 9)).days) <= 3
    assert (before.last - before.first).days == 6
