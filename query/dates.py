"""Dates in a site's time zone: `read_range(date_range, …)` gives a range in milliseconds, `buckets(…)` its parts.

Days, weeks, months and hours are those of the zone's clocks, so a day has 23 to 25 hours. What a word such as `7d` means is
what it means in Plausible's Stats API v2 (lib/plausible/stats/query_builder.ex): the days before today, today not included.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from query.errors import BadQuestion, TooMuch

INTERVALS = ("minute", "hour", "day", "week", "month")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_DAYS, MOST_MONTHS = 5000, 100
MOST_MINUTE_HOURS = 30
MOST_BUCKETS = 10_000
POSSIBLE = (
    'a date_range is "day", "24h", "7d", "28d", "30d", "91d" (any number of days up to 5000), "month", "6mo", "12mo" '
    '(up to 100), "year", "all", or a list of two dates or of two datetimes with their offset from UTC, such as '
    '["2026-11-01", "2026-11-30"]'
)


@dataclass(frozen=True)
class Range:
    """From `start` to before `end`, in ms since 1970. `whole_days`: it begins and ends with days of the zone."""

    start: int
    end: int
    zone: ZoneInfo
    whole_days: bool = True

    @property
    def first(self) -> date:
        return local(self.start, self.zone).date()

    @property
    def last(self) -> date:
        return local(self.end - 1, self.zone).date()

    def told(self) -> list[str]:
        """First and last second, as the zone's clocks have them."""
        return [local(ms, self.zone).isoformat(timespec="seconds") for ms in (self.start, self.end - 1000)]


@dataclass(frozen=True)
class Bucket:
    label: str
    start: int
    end: int


def local(ms: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone)


def milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def midnight(day: date, zone: ZoneInfo) -> int:
    """When a day begins; where clocks skip midnight, with the first instant after it."""
    return milliseconds(datetime.combine(day, time(), zone))


def days(first: date, last: date, zone: ZoneInfo) -> Range:
    return Range(midnight(first, zone), midnight(last + timedelta(days=1), zone), zone)


def read_range(
    value: object, zone: ZoneInfo, now: datetime, began: Callable[[], date | None], place: str = "date_range"
) -> Range:
    """`began` tells the day of the site's first visit, for "all"; None when there is none yet."""
    today = now.astimezone(zone).date()
    if isinstance(value, list | tuple):
        return _between(value, zone, place)
    try:
        return _named(value, zone, now, today, began, place)
    except OverflowError:
        raise BadQuestion(f"Invalid date_range {value!r}: {POSSIBLE}.", place) from None


def _named(value: object, zone: ZoneInfo, now: datetime, today: date, began: Callable[[], date | None], place: str) -> Range:
    if value == "day":
        return days(today, today, zone)
    if value == "24h":
        end = milliseconds(now)
        return Range(end - 86_400_000, end, zone, whole_days=False)
    if value == "month":
        return days(today.replace(day=1), months_later(today, 1) - timedelta(days=1), zone)
    if value == "year":
        return days(date(today.year, 1, 1), date(today.year, 12, 31), zone)
    if value == "all":
        return days(min(began() or today, today), today, zone)
    found = re.fullmatch(r"([1-9]\d{0,3})(d|mo)", value) if isinstance(value, str) else None
    if found and found[2] == "d" and int(found[1]) <= MOST_DAYS:
        return days(today - timedelta(days=int(found[1])), today - timedelta(days=1), zone)
    if found and found[2] == "mo" and int(found[1]) <= MOST_MONTHS:
        return days(months_later(today, -int(found[1])), today.replace(day=1) - timedelta(days=1), zone)
    raise BadQuestion(f"Invalid date_range {value!r}: {POSSIBLE}.", place)


def read_dates(value: Sequence[object], place: str) -> None:
    """Raises BadQuestion unless these are two dates, or two datetimes, in order."""
    _between(value, ZoneInfo("UTC"), place)


def _between(value: Sequence[object], zone: ZoneInfo, place: str) -> Range:
    if len(value) != 2 or not all(isinstance(one, str) for one in value):
        raise BadQuestion(f"Invalid date_range {list(value)!r}: {POSSIBLE}.", place)
    dates = [_date(str(one)) for one in value]
    moments = [_moment(str(one)) for one in value]
    if dates[0] and dates[1]:
        if dates[1] < dates[0]:
            raise BadQuestion(f"Invalid date_range {list(value)!r}: it ends before it begins.", place)
        return days(dates[0], dates[1], zone)
    if moments[0] and moments[1]:
        start, end = milliseconds(moments[0]), (milliseconds(moments[1]) // 1000 + 1) * 1000
        if end <= start:
            raise BadQuestion(f"Invalid date_range {list(value)!r}: it ends before it begins.", place)
        return Range(start, end, zone, whole_days=False)
    raise BadQuestion(f"Invalid date_range {list(value)!r}: {POSSIBLE}.", place)


def _date(text: str) -> date | None:
    """Years 1970 to 9998, so that every day has a next one and a place on the clock."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 9998 else None


def _moment(text: str) -> datetime | None:
    if not re.match(r"\d{4}-\d\d-\d\d[T ]", text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo and 1970 <= moment.year <= 9998 else None


def months_later(day: date, months: int) -> date:
    """The first of the month that is so many later, or earlier."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


# --- buckets


def interval_for(span: Range) -> str:
    """What `time` means without an interval."""
    hours = (span.end - 1 - span.start) // 3_600_000
    if hours <= 48:
        return "hour"
    if hours // 24 <= 40:
        return "day"
    return "week" if hours // (24 * 7) <= 52 else "month"


def buckets(span: Range, interval: str, week_starts: str = "monday", place: str = "dimensions") -> list[Bucket]:
    """The parts of a range, in order and without gaps; the first and the last may be cut."""
    if interval == "minute" and span.end - span.start > MOST_MINUTE_HOURS * 3_600_000:
        raise BadQuestion(f"Dimension `time:minute` is possible for up to {MOST_MINUTE_HOURS} hours.", place)
    parts = _clock(span, interval) if interval in ("minute", "hour") else _calendar(span, interval, week_starts)
    made: list[Bucket] = []
    for label, start, end in parts:
        if end <= start:
            continue  # a day that the zone left out
        if made and made[-1].label == label:  # an hour that the clocks showed twice
            made[-1] = Bucket(label, made[-1].start, end)
        elif len(made) == MOST_BUCKETS:
            raise TooMuch(
                f"This is more than {MOST_BUCKETS} {interval}s: ask for a shorter date_range, or for longer parts.", place
            )
        else:
            made.append(Bucket(label, start, end))
    return made


def _clock(span: Range, interval: str) -> Iterator[tuple[str, int, int]]:
    step, at = 60_000 if interval == "minute" else 3_600_000, span.start
    while at < span.end:
        moment = local(at, span.zone)
        gone = (moment.minute * 60_000 if interval == "hour" else 0) + moment.second * 1000 + moment.microsecond // 1000
        label = moment.strftime("%Y-%m-%d %H:%M:00" if interval == "minute" else "%Y-%m-%d %H:00:00")
        end = min(at + step - gone, span.end)
        yield label, at, end
        at = end


def _calendar(span: Range, interval: str, week_starts: str) -> Iterator[tuple[str, int, int]]:
    day, last = span.first, span.last
    while day <= last:
        match interval:
            case "day":
                label, following = day, day + timedelta(days=1)
            case "week":
                into = (day.weekday() - WEEKDAYS.index(week_starts)) % 7
                label, following = day, day + timedelta(days=7 - into)
            case _:
                label, following = day.replace(day=1), months_later(day, 1)
        yield label.isoformat(), max(midnight(day, span.zone), span.start), min(midnight(following, span.zone), span.end)
        day = following


# --- comparisons


def compared(span: Range, mode: object, now: datetime, match_day_of_week: bool, place: str = "include.compare") -> Range:
    """The range to compare with: the previous period, the same a year before, or two dates.

    Parts that are not over are compared with as much: what lies after today is left out of both modes.
    """
    if isinstance(mode, list | tuple):
        return _between(mode, span.zone, place)
    if not span.whole_days:
        shift = span.end - span.start if mode == "previous_period" else 365 * 86_400_000
        return Range(span.start - shift, span.end - shift, span.zone, whole_days=False)
    today = now.astimezone(span.zone).date()
    last = max(min(span.last, today), span.first)
    shift_days = (last - span.first).days + 1 if mode == "previous_period" else 365
    first, last = span.first - timedelta(days=shift_days), last - timedelta(days=shift_days)
    if match_day_of_week:
        moved = _nearest_weekday(first, span.first.weekday(), span.first)
        first, last = moved, last + (moved - first)
    return days(first, last, span.zone)


def _nearest_weekday(day: date, weekday: int, never: date) -> date:
    later = day + timedelta(days=(weekday - day.weekday()) % 7)
    earlier = later - timedelta(days=7)
    near = later if later - day <= day - earlier else earlier
    if later == day:
        return day
    return near if near != never else (earlier if near == later else later)
