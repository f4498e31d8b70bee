"""Numbers, times and places in the words of who reads them. In: a locale, from what the browser prefers. Out: texts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton
from babel.numbers import format_compact_decimal, format_currency, format_decimal, format_percent

from query.dates import Range
from query.dimensions import country_name

NOTHING = "–"
COUNTRIES = ("visit:country",)
METRICS = {
    "visitors": "Visitors",
    "visits": "Visits",
    "pageviews": "Views",
    "views_per_visit": "Views per visit",
    "bounce_rate": "Bounce rate",
    "visit_duration": "Visit duration",
    "events": "Events",
    "percentage": "Share",
    "conversion_rate": "Conversion",
    "group_conversion_rate": "Conversion",
    "time_on_page": "Time on page",
    "scroll_depth": "Scroll depth",
    "total_revenue": "Revenue",
    "average_revenue": "Average revenue",
}
PERCENT = ("bounce_rate", "percentage", "conversion_rate", "group_conversion_rate", "scroll_depth")
SECONDS = ("visit_duration", "time_on_page")


def locale(preferred: Sequence[str]) -> Locale:
    """The first that is known; `preferred` as in Accept-Language."""
    for tag in preferred:
        try:
            return Locale.parse(tag.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")


@dataclass(frozen=True)
class Words:
    locale: Locale

    def count(self, number: float) -> str:
        return str(format_decimal(number, locale=self.locale))

    def short(self, number: float) -> str:
        """From a hundred thousand on in short: 123K."""
        if abs(number) < 100_000:
            return self.count(number)
        return str(format_compact_decimal(number, locale=self.locale, fraction_digits=1))

    def percent(self, number: float) -> str:
        """12.3 -> 12.3 %"""
        digits = "0.#" if abs(number) < 10 else "0"
        return str(format_percent(number / 100, _percent_pattern(self.locale, digits), locale=self.locale))

    def seconds(self, number: float) -> str:
        whole = round(number)
        minutes, rest = divmod(whole, 60)
        hours, left = divmod(minutes, 60)
        return f"{hours}h {left:02}m" if hours else f"{minutes}m {rest:02}s" if minutes else f"{rest}s"

    def metric(self, name: str, value: Any, short: bool = False) -> str:
        """A metric's value, as an answer has it."""
        if value is None:
            return NOTHING
        if isinstance(value, Mapping):
            return self.money(value)
        if name in PERCENT:
            return self.percent(value)
        if name in SECONDS:
            return self.seconds(value)
        if name == "views_per_visit":
            return str(format_decimal(value, "0.0#", locale=self.locale))
        return self.short(value) if short else self.count(value)

    def money(self, value: Mapping[str, Any]) -> str:
        of_each = (format_currency(amount, currency, locale=self.locale) for currency, amount in value["by_currency"].items())
        return " + ".join(map(str, of_each)) or NOTHING

    def change(self, value: float | None) -> str:
        return "" if value is None else self.percent(abs(value)) if value else self.percent(0)

    def day(self, on: date, year: bool = True) -> str:
        return str(format_skeleton("yMMMEd" if year else "MMMEd", on, locale=self.locale))

    def time(self, at: datetime) -> str:
        return str(format_skeleton("Hm", at, locale=self.locale))

    def time_of_day(self, at: datetime) -> str:
        """With seconds."""
        return str(format_skeleton("Hms", at, locale=self.locale))

    def decimal(self, number: float, digits: int) -> str:
        return str(format_decimal(number, f"#,##0.{'#' * digits}", locale=self.locale))

    def moment(self, at: datetime) -> str:
        return f"{format_skeleton('yMMMd', at, locale=self.locale)}, {format_skeleton('Hms', at, locale=self.locale)}"

    def label(self, label: str, interval: str, full: bool = False) -> str:
        """A part of the time, by the label that query/dates.py gave it."""
        at = datetime.fromisoformat(label)
        match interval:
            case "minute" | "hour":
                return f"{self.day(at.date(), year=False)} {self.time(at)}" if full else self.time(at)
            case "month":
                return str(format_skeleton("yMMMM" if full else "yMMM", at, locale=self.locale))
            case "week":
                return f"Week of {self.day(at.date())}" if full else str(format_skeleton("MMMd", at, locale=self.locale))
        return self.day(at.date()) if full else str(format_skeleton("MMMd", at, locale=self.locale))

    def range(self, of: Range) -> str:
        """From when to when."""
        if not of.whole_days:
            start, end = (datetime.fromisoformat(one) for one in of.told())
            day = "" if start.date() == end.date() else f"{self.day(end.date())} "
            return f"{self.day(start.date())} {self.time(start)} – {day}{self.time(end)}"
        if of.first == of.last:
            return self.day(of.first)
        first, last = (format_skeleton("yMMMd", one, locale=self.locale) for one in (of.first, of.last))
        return f"{first} – {last}"

    def value(self, dimension: str, value: str) -> str:
        """A country's name, else what it is."""
        return country_name(value) if dimension in COUNTRIES else value


def _percent_pattern(of: Locale, digits: str) -> str:
    """The locale's way to write percent, with digits of ours."""
    return re.sub(r"[#0,.]*0[#0,.]*", digits, str(of.percent_formats[None].pattern))
