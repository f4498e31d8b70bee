"""What all questions beyond Plausible's have in common: `read(…)` takes site, date_range and filters, and gives an Asked.

The rest of a question is read by who answers it, with `whole`, `choice` and `flag`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from query import filters
from query.ask import began
from query.cache import remembered
from query.conditions import Query, all_of
from query.dates import Range, read_range
from query.errors import BadQuestion
from query.filters import Tree
from query.site import Site
from query.where import Where
from store.base import Store

KEYS = ("site_id", "date_range", "filters")


@dataclass(frozen=True)
class Asked:
    """`question` as it came, to be repeated in the answer; `now` in ms since 1970."""

    store: Store
    question: Mapping[str, Any]
    site: Site
    now: int
    span: Range
    filters: tuple[Tree, ...]
    where: Where

    def visits(self) -> Query:
        """Visits that were active in the range and are what the filters ask for."""
        return all_of([self.where.visits_in_range(), self.where.visits(self.filters)])

    def hits(self, kind: str) -> Query:
        return all_of([self.where.hits_in_range(), self.where.hits(kind, self.filters)])

    def remembered(self, make: Callable[[], dict[str, Any]], *more: Any) -> dict[str, Any]:
        """What `make` answers, as long as nothing is written; `more` is what it depends on besides question and range."""
        return remembered(self.store, (make.__module__, self.question, self.site, self.span, *more), make)

    def answer(
        self,
        results: Sequence[Mapping[str, Any]],
        meta: Mapping[str, Any],
        dimensions: Sequence[str],
        metrics: Sequence[str],
        **more: Any,
    ) -> dict[str, Any]:
        """`dimensions` and `metrics` name the columns of the results, `more` is the rest of the question as it was read."""
        told = {
            "site_id": self.question.get("site_id", self.site.id),
            "date_range": self.span.told(),
            "filters": self.question.get("filters") or [],
        }
        return {
            "results": list(results),
            "meta": dict(meta),
            "query": {**told, "dimensions": list(dimensions), "metrics": list(metrics), **more},
        }


def read(
    store: Store, question: Mapping[str, Any], site: Site, now: datetime, keys: Sequence[str], date_range: object = None
) -> Asked:
    """`keys` are those that a question may have besides KEYS; a `date_range` given here is not asked for."""
    known = [key for key in (*KEYS, *keys) if key != "date_range" or date_range is None]
    if not isinstance(question, Mapping):
        raise BadQuestion(f"A question is an object with {', '.join(known)}.")
    for key in question:
        if key not in known:
            raise BadQuestion(f"Unknown key {key!r}: this question has {', '.join(known)}.", str(key))
    wanted = question.get("date_range", date_range)
    if wanted is None:
        raise BadQuestion("A question needs date_range.", "date_range")
    zone = ZoneInfo(site.zone)
    span = read_range(wanted, zone, now, lambda: began(store, site, zone))
    trees = filters.read(question.get("filters"), site)
    return Asked(store, question, site, round(now.timestamp() * 1000), span, trees, Where(store, site, span))


def row(dimensions: Sequence[Any], metrics: Sequence[Any]) -> dict[str, Any]:
    return {"dimensions": list(dimensions), "metrics": list(metrics)}


def rate(part: float, whole: float) -> float:
    """Percent, one decimal; 0 of nothing."""
    return round(100 * part / whole, 1) if whole else 0.0


def whole(question: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = question.get(name)
    if value is None:
        return default
    if type(value) is not int or not least <= value <= most:
        raise BadQuestion(f"Invalid {name}: it is a whole number from {least} to {most}.", name)
    return value


def choice(question: Mapping[str, Any], name: str, default: str, possible: Sequence[str]) -> str:
    value = question.get(name)
    if value is None:
        return default
    if value not in possible:
        raise BadQuestion(f"Invalid {name} {value!r}: it is one of {', '.join(possible)}.", name)
    return str(value)


def flag(question: Mapping[str, Any], name: str) -> bool:
    value = question.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise BadQuestion(f"Invalid {name}: it is true or false.", name)
    return value


def text(value: Any, what: str, place: str, most: int = 2048) -> str:
    """Half a surrogate pair is no text: no store can be asked for it."""
    if not isinstance(value, str) or not 0 < len(value) <= most or any("\ud800" <= one <= "\udfff" for one in value):
        raise BadQuestion(f"Invalid {what}: it is a text of 1 to {most} characters.", place)
    return value
