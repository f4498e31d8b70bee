"""What a person looks at, as the page's URL has it: `read(args)` gives a State, `State.query()` the same URL again.

| parameter | |
|---|---|
| period, date, from, to | dashboard/site/periods.py |
| compare | `previous_period`, `year_over_year`, `off` |
| metric, interval | of the chart |
| f | a filter, as often as there are some: dashboard/site/filters.py |
| those of OWN | what one panel alone depends on, such as its tab |
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from werkzeug.datastructures import MultiDict

from dashboard.site import filters
from dashboard.site.filters import Filter

COMPARISONS = {
    "previous_period": "Previous period",
    "year_over_year": "Year over year",
    "off": "No comparison",
}
SHARED = ("period", "date", "from", "to", "compare")
CHART = ("metric", "interval")
#: A panel, and the parameters that no other panel looks at.
OWN: dict[str, tuple[str, ...]] = {
    "bar": (),
    "top": CHART,
    "live": (),
    "sources": ("sources",),
    "pages": ("pages",),
    "places": ("places",),
    "devices": ("devices",),
    "behaviour": ("behaviour", "event", "property", "step", "at"),
    "quality": ("quality", "vital", "by"),
}
MOST_FILTERS, MOST_LENGTH = 30, 2048


@dataclass(frozen=True)
class State:
    """All values are as they came: who uses one says what it does with a wrong one. `more` has the parameters of OWN."""

    period: str = ""
    date: str = ""
    start: str = ""
    end: str = ""
    compare: str = "previous_period"
    metric: str = "visitors"
    interval: str = ""
    filters: tuple[Filter, ...] = ()
    more: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def pairs(self) -> list[tuple[str, str]]:
        named = (
            ("period", self.period, ""),
            ("date", self.date, ""),
            ("from", self.start, ""),
            ("to", self.end, ""),
            ("compare", self.compare, "previous_period"),
            ("metric", self.metric, "visitors"),
            ("interval", self.interval, ""),
        )
        told = [(name, value) for name, value, usual in named if value != usual]
        told += [("f", str(one)) for one in self.filters]
        return told + [(name, value) for name, values in sorted(self.more.items()) for value in values]

    def query(self, **more: str) -> str:
        """`?period=day&f=is,page,/`; `more` are parameters besides."""
        pairs = [*self.pairs(), *((name, value) for name, value in more.items() if value)]
        return f"?{urlencode(pairs, quote_via=quote, safe='/:,')}" if pairs else "?"

    def own(self, name: str, usual: str = "") -> str:
        return next(iter(self.more.get(name, ())), usual)

    def change(self, **fields: Any) -> "State":
        return replace(self, **fields)

    def at(self, period: str, date: str = "", start: str = "", end: str = "") -> "State":
        """The same of another time; parts of the time that fitted one need not fit another."""
        return replace(self, period=period, date=date, start=start, end=end, interval="")

    def choose(self, **own: str | tuple[str, ...]) -> "State":
        """With these of OWN's parameters; "" takes one away."""
        given = {name: (value,) if isinstance(value, str) else value for name, value in own.items()}
        kept = {**self.more, **given}
        return replace(self, more={name: values for name, values in kept.items() if any(values)})

    def filtered(self, *added: Filter) -> "State":
        """With one filter more; one that says `is` of the same takes the value's place."""
        about = {(one.operator, one.dimension) for one in added if one.operator == "is"}
        kept = tuple(one for one in self.filters if (one.operator, one.dimension) not in about)
        return replace(self, filters=(*kept, *added))

    def without(self, place: int) -> "State":
        return replace(self, filters=(*self.filters[:place], *self.filters[place + 1 :]))

    def questions(self) -> list[Any]:
        return [one.question for one in self.filters]

    @property
    def has_goal(self) -> bool:
        return any(one.is_goal for one in self.filters)


def read(args: MultiDict[str, str]) -> State:
    """Raises BadQuestion for a filter that is none."""
    names = [name for own in OWN.values() for name in own if name not in CHART]
    more = {name: tuple(_text(value) for value in args.getlist(name) if value)[:20] for name in names}
    compare, metric = args.get("compare", ""), args.get("metric", "")
    return State(
        period=_text(args.get("period", "")),
        date=_text(args.get("date", "")),
        start=_text(args.get("from", "")),
        end=_text(args.get("to", "")),
        compare=compare if compare in COMPARISONS else "previous_period",
        metric=_text(metric) or "visitors",
        interval=_text(args.get("interval", "")),
        filters=tuple(filters.read(_text(one)) for one in args.getlist("f")[:MOST_FILTERS]),
        more={name: values for name, values in more.items() if values},
    )


def _text(value: str) -> str:
    return "".join(one for one in value[:MOST_LENGTH] if not "\ud800" <= one <= "\udfff")
