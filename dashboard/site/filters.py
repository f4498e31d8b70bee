"""A filter as a person sets it. In: its text in the URL. Out: a Filter, its part of a question, its words.

In the URL it is `is,page,/a,/b`: operator, dimension, values; a comma or backslash within a value has a backslash before it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from babel import Locale

from query import dimensions
from query.dimensions import PROPS, country_name
from query.errors import BadQuestion
from query.filters import OPPOSITE

NEVER = "never"  # no hit of the visit is so
#: How a filter reads, between its dimension and its values.
OPERATORS = {
    "is": "is",
    "is_not": "is not",
    "contains": "contains",
    "contains_not": "does not contain",
    "matches": "matches",
    "matches_not": "does not match",
    NEVER: "was never",
}
SEGMENT, COUNTRY = "segment", "visit:country"
LABELS = {
    "event:page": "Page",
    "visit:entry_page": "Entry page",
    "visit:exit_page": "Exit page",
    "event:hostname": "Host",
    "visit:channel": "Channel",
    "visit:source": "Source",
    "visit:referrer": "Referrer",
    "visit:utm_campaign": "Campaign",
    "visit:utm_source": "UTM source",
    "visit:utm_medium": "UTM medium",
    "visit:utm_term": "UTM term",
    "visit:utm_content": "UTM content",
    "visit:country": "Country",
    "visit:region_name": "Region",
    "visit:city": "City",
    "visit:browser": "Browser",
    "visit:browser_version": "Browser version",
    "visit:os": "System",
    "visit:os_version": "System version",
    "visit:device": "Device",
    "visit:screen_size": "Screen",
    "visit:language": "Language",
    "event:goal": "Goal",
    "event:name": "Event",
}
#: `page` is `event:page`.
FULL = {name.partition(":")[2]: name for name in dimensions.ALL if name.startswith(("visit:", "event:"))}


@dataclass(frozen=True)
class Filter:
    """`dimension` by its full name, or "segment", whose values are numbers."""

    operator: str
    dimension: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        short = self.dimension if self.dimension == SEGMENT else self.dimension.partition(":")[2]
        return ",".join(re.sub(r"([\\,])", r"\\\1", part) for part in (self.operator, short, *self.values))

    @property
    def question(self) -> list[Any]:
        if self.dimension == SEGMENT:
            return [self.operator, SEGMENT, [int(value) for value in self.values]]
        if self.operator == NEVER:
            return ["has_not_done", ["is", self.dimension, list(self.values)]]
        return [self.operator, self.dimension, list(self.values)]

    @property
    def label(self) -> str:
        """What it is about."""
        return label(self.dimension)

    @property
    def is_goal(self) -> bool:
        return self.dimension == "event:goal" and self.operator in ("is", "contains")


def label(dimension: str) -> str:
    if dimension == SEGMENT:
        return "Segment"
    if dimension.startswith(PROPS):
        return f"Property {dimension.removeprefix(PROPS)}"
    return LABELS.get(dimension, dimension)


def read(text: str) -> Filter:
    """Raises BadQuestion."""
    operator, *rest = _parts(text)
    return make(operator, rest[0] if rest else "", rest[1:])


def make(operator: str, short: str, values: Sequence[str]) -> Filter:
    """Of its parts; `short` is the dimension without `visit:` or `event:`. Raises BadQuestion."""
    dimension = short if short == SEGMENT else f"event:{short}" if short.startswith("props:") else FULL.get(short, "")
    if operator not in OPERATORS or not values or not all(values):
        raise BadQuestion(
            f"A filter is written as in is,page,/a,/b: an operator ({', '.join(OPERATORS)}), what it is about, and values.", "f"
        )
    if dimension != SEGMENT and dimensions.find(dimension) is None:
        raise BadQuestion(f"There is nothing called {short!r} to filter by.", "f")
    if dimension == SEGMENT and not all(value.isascii() and value.isdecimal() and len(value) < 10 for value in values):
        raise BadQuestion("A segment is filtered by its number.", "f")
    if dimension == SEGMENT and operator not in ("is", "is_not"):
        raise BadQuestion("A visit is in a segment or is not.", "f")
    if operator == NEVER and not dimension.startswith("event:"):
        raise BadQuestion(f"{label(dimension)} is one for the whole visit: filter by is_not.", "f")
    if dimension == COUNTRY and operator in ("is", "is_not"):
        values = [_codes().get(value.casefold(), value) for value in values]
    return Filter(operator, dimension, tuple(values))


@cache
def _codes() -> dict[str, str]:
    """Countries are filtered by their codes, and people know their names."""
    codes = (code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha())
    return {country_name(code).casefold(): code for code in codes}


def of_question(question: Sequence[Any]) -> Filter:
    """The filter that asks so. Raises BadQuestion for what is no single filter, such as `or`."""
    match question:
        case ["has_not_done", ["is", str(dimension), values]]:
            return Filter(NEVER, dimension, tuple(values))
        case [str(operator), str(dimension), values] if operator in OPPOSITE:
            return Filter(operator, dimension, tuple(str(value) for value in values))
    raise BadQuestion("This filter has several parts: save it as a segment to use it here.", "f")


def _parts(text: str) -> list[str]:
    parts, quoted = [""], False
    for one in text:
        if one == "," and not quoted:
            parts.append("")
        elif one == "\\" and not quoted:
            quoted = True
            continue
        else:
            parts[-1] += one
        quoted = False
    return parts
