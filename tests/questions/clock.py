"""The oracle's clock: ranges and their parts, found by looking at the zone's clocks every minute or quarter of an hour."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTE = 60_000


class Clock:
    def __init__(self, zone: str, week_starts: str):
        self.zone, self.week_starts = ZoneInfo(zone), DAYS.index(week_starts)

    def local(self, ms: int) -> datetime:
        return datetime.fromtimestamp(ms / 1000, UTC).astimezone(self.zone)

    def begin(self, day: date) -> int:
        """The first instant of a day: look from noon of the day before until its date is there."""
        at = round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000) - 36 * 60 * MINUTE
        while self.local(at).date() < day:
            at += 15 * MINUTE
        return at

    def days(self, first: date, last: date) -> tuple[int, int]:
        return self.begin(first), self.begin(last + timedelta(days=1))

    def range(self, wanted: str | Sequence[str], now: datetime, first_visit: int | None) -> tuple[int, int]:
        """[start, end) in ms."""
        today = now.astimezone(self.zone).date()
        this_month = today.replace(day=1)
        if not isinstance(wanted, str):
            if len(wanted[0]) == 10:
                return self.days(date.fromisoformat(wanted[0]), date.fromisoformat(wanted[1]))
            first, last = (datetime.fromisoformat(one).timestamp() for one in wanted)
            return round(first * 1000), (round(last) + 1) * 1000
        if wanted == "24h":
            end = round(now.timestamp() * 1000)
            return end - 24 * 60 * MINUTE, end
        if wanted == "day":
            return self.days(today, today)
        if wanted == "month":
            return self.days(this_month, month_after(this_month, 1) - timedelta(days=1))
        if wanted == "year":
            return self.days(date(today.year, 1, 1), date(today.year, 12, 31))
        if wanted == "all":
            return self.days(self.local(first_visit).date() if first_visit is not None else today, today)
        if wanted.endswith("mo"):
            return self.days(month_after(this_month, -int(wanted[:-2])), this_month - timedelta(days=1))
        return self.days(today - timedelta(days=int(wanted[:-1])), today - timedelta(days=1))

    def interval(self, span: tuple[int, int]) -> str:
        hours = (span[1] - 1 - span[0]) // (60 * MINUTE)
        return "hour" if hours <= 48 else "day" if hours // 24 <= 40 else "week" if hours // 24 // 7 <= 52 else "month"

    def label(self, ms: int, interval: str, span: tuple[int, int]) -> str:
        """The part of the range in which a moment lies; what began before the range is of its first part."""
        moment = self.local(max(ms, span[0]))
        day = moment.date()
        match interval:
            case "minute":
                return f"{moment:%Y-%m-%d %H:%M:00}"
            case "hour":
                return f"{moment:%Y-%m-%d %H:00:00}"
            case "week":
                day = max(day - timedelta(days=(day.weekday() - self.week_starts) % 7), self.local(span[0]).date())
            case "month":
                day = day.replace(day=1)
        return day.isoformat()

    def labels(self, span: tuple[int, int], interval: str) -> list[str]:
        step = MINUTE if interval == "minute" else 15 * MINUTE if interval == "hour" else 60 * MINUTE
        moments = [span[0], *range(span[0] - span[0] % step + step, span[1], step)]
        return list(dict.fromkeys(self.label(at, interval, span) for at in moments))

    def compared(self, span: tuple[int, int], wanted: str | Sequence[str], now: datetime) -> tuple[int, int]:
        if not isinstance(wanted, str):
            return self.range(wanted, now, None)
        first, last = self.local(span[0]).date(), self.local(span[1] - 1).date()
        if (span[0], span[1]) != self.days(first, last):
            shift = span[1] - span[0] if wanted == "previous_period" else 365 * 24 * 60 * MINUTE
            return span[0] - shift, span[1] - shift
        last = min(last, now.astimezone(self.zone).date())
        back = timedelta(days=(last - first).days + 1 if wanted == "previous_period" else 365)
        return self.days(first - back, last - back)


def month_after(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
