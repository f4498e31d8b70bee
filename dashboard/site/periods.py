"""The times that a page can be about. In: a State's period, date, from and to. Out: a Span, and the menu of periods.

`7d` and the like are the days before today, as everywhere in query/; a month or year that goes on ends today.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.site.state import State
from query.dates import Range, interval_for, months_later, read_range
from query.errors import BadQuestion

USUAL = "28d"
HOUR, DAY = 3_600_000, 86_400_000
#: period, label, key; Plausible's keys.
FIXED = {
    "realtime": ("Realtime", "R"),
    "24h": ("Last 24 hours", "H"),
    "7d": ("Last 7 days", "W"),
    "28d": ("Last 28 days", "F"),
    "30d": ("Last 30 days", "T"),
    "91d": ("Last 91 days", "N"),
    "6mo": ("Last 6 months", "S"),
    "12mo": ("Last 12 months", "L"),
    "all": ("All time", "A"),
}
MINUTES = 30


@dataclass(frozen=True)
class Span:
    """`question` is its date_range; `interval` that of the chart, one of `intervals`."""

    question: Any
    range: Range
    today: date
    intervals: tuple[str, ...]
    interval: str
    is_realtime: bool = False
    is_compared: bool = True

    @property
    def goes_on(self) -> bool:
        return self.range.last >= self.today


@dataclass(frozen=True)
class Choice:
    """A row of the menu."""

    label: str
    key: str
    state: State
    chosen: bool


def span(state: State, zone: ZoneInfo, now: datetime, began: Callable[[], date | None]) -> Span:
    """Raises BadQuestion."""
    today = now.astimezone(zone).date()
    question = _question(state, zone, now, today)
    wide = read_range(question, zone, now, began, "period")
    possible = tuple(_intervals(wide))
    usual = "minute" if state.period == "realtime" else interval_for(wide)
    usual = usual if usual in possible else possible[0]
    return Span(
        question=question,
        range=wide,
        today=today,
        intervals=possible,
        interval=state.interval if state.interval in possible else usual,
        is_realtime=state.period == "realtime",
        is_compared=state.compare != "off" and state.period not in ("realtime", "all"),
    )


def _question(state: State, zone: ZoneInfo, now: datetime, today: date) -> Any:
    local = now.astimezone(zone)
    match state.period:
        case "realtime":
            minute = local.replace(second=0, microsecond=0)
            return [(minute - timedelta(minutes=MINUTES - 1)).isoformat(), (minute + timedelta(seconds=59)).isoformat()]
        case "24h":  # whole hours, so that the same question is asked for an hour
            hour = local.replace(minute=0, second=0, microsecond=0)
            return [(hour - timedelta(hours=23)).isoformat(), (hour + timedelta(minutes=59, seconds=59)).isoformat()]
        case "day" | "month" | "year":
            first, last = _calendar(state.period, day(state.date) or today)
            return [first.isoformat(), max(first, min(last, today)).isoformat()]
        case "custom":
            return _custom(state, zone)
        case period if re.fullmatch(r"[1-9]\d{0,3}d|[1-9]\d?mo|all", period):
            return period
    return USUAL


def _calendar(period: str, on: date) -> tuple[date, date]:
    if period == "day":
        return on, on
    first = on.replace(day=1) if period == "month" else on.replace(month=1, day=1)
    return first, months_later(first, 1 if period == "month" else 12) - timedelta(days=1)


def _custom(state: State, zone: ZoneInfo) -> list[str]:
    """Two dates, or two moments of the site's clocks, such as 2026-11-25T08:00: the second minute is in it."""
    if day(state.start) and day(state.end):
        return sorted((state.start, state.end))
    moments = [moment(one, zone) for one in (state.start, state.end)]
    if moments[0] is None or moments[1] is None:
        raise BadQuestion("A time of your own goes from a date to a date, such as 2026-11-01 and 2026-11-25.", "from")
    return [one.isoformat() for one in (moments[0], moments[1] + timedelta(seconds=59))]


def day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None
    return found if found and 1970 <= found.year <= 9000 else None


def moment(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d", text) else None
    except ValueError:
        return None
    return found.replace(tzinfo=zone) if found and 1970 <= found.year <= 9000 else None


def _intervals(wide: Range) -> Iterator[str]:
    """Those that make a curve, with 400 points at most."""
    length = wide.end - wide.start
    if length <= 3 * HOUR:
        yield "minute"
    if HOUR < length <= 15 * DAY:
        yield "hour"
    if wide.whole_days and DAY * 1.5 < length <= 400 * DAY:
        yield "day"
    if wide.whole_days and length > 13 * DAY:
        yield "week"
    if wide.whole_days and length > 45 * DAY:
        yield "month"
    if not wide.whole_days and length > 15 * DAY:
        yield "day"


# --- the menu


def menu(state: State, today: date) -> list[list[Choice]]:
    """In groups."""
    last_month = months_later(today, -1)

    def fixed(period: str) -> Choice:
        label, key = FIXED[period]
        return Choice(label, key, state.at(period), state.period == period)

    def calendar(label: str, key: str, period: str, on: date) -> Choice:
        is_now = _calendar(period, on) == _calendar(period, today)
        chosen = state.period == period and _calendar(period, day(state.date) or today) == _calendar(period, on)
        return Choice(label, key, state.at(period, "" if is_now else on.isoformat()), chosen)

    return [
        [
            calendar("Today", "D", "day", today),
            calendar("Yesterday", "E", "day", today - timedelta(days=1)),
            fixed("realtime"),
            fixed("24h"),
        ],
        [fixed("7d"), fixed("28d"), fixed("30d"), fixed("91d")],
        [calendar("Month to date", "M", "month", today), calendar("Last month", "P", "month", last_month)],
        [calendar("Year to date", "Y", "year", today), fixed("6mo"), fixed("12mo"), fixed("all")],
    ]


def neighbours(state: State, today: date) -> tuple[State | None, State | None]:
    """The time before, and the one after, of a day, month or year."""
    if state.period not in ("day", "month", "year"):
        return None, None
    first, last = _calendar(state.period, day(state.date) or today)
    before, after = first - timedelta(days=1), last + timedelta(days=1)
    return (
        state.at(state.period, before.isoformat()) if before.year >= 1970 else None,
        state.at(state.period, after.isoformat()) if after <= today else None,
    )
