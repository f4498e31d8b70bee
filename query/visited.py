"""Visits with their ways, read from the store: `visits(store, query)`, all of them or a fair part.

Who needs the order of a visit's hits reads `visit.steps`. That costs 5 to 20 µs a visit, so of more than MOST_READ visits
those are read whose `client.part` is below a number: a part of the visitors, each with all visits.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from query.conditions import NONE, Query, all_of
from query.tables import PARTS
from store.base import Store

MOST_READ = 60_000
FIELDS = ("visit.id", "visit.started", "visit.steps", "client.num")
Steps = Sequence[tuple[float, str, str]]


class Visited(NamedTuple):
    """`steps` are (seconds since the visit started, "view" or "event", path or name), in order."""

    id: str
    client: int
    started_iso: str
    steps: Steps

    @property
    def started(self) -> int:
        """In ms since 1970."""
        return moment(self.started_iso)


@dataclass
class Visits:
    """Iterate it once. Then `scale` is what a count of it stands for, and `meta` says so."""

    store: Store
    query: Query
    matching: int
    read: int = 0

    def __iter__(self) -> Iterator[Visited]:
        for source in self.of(FIELDS):
            visit = source["visit"]
            yield Visited(visit["id"], source["client"]["num"], visit["started"], visit["steps"])

    def of(self, fields: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """Some fields of their documents."""
        if self.matching:
            for source in self.store.read("visit", self._part(), fields):
                self.read += 1
                yield source

    def _part(self) -> Query:
        if not self.is_too_many:
            return self.query
        return all_of([self.query, {"range": {"client.part": {"lt": max(1, PARTS * MOST_READ // self.matching)}}}])

    @property
    def is_too_many(self) -> bool:
        return self.matching > MOST_READ

    @property
    def scale(self) -> float:
        return self.matching / self.read if self.is_too_many and self.read else 1.0

    @property
    def meta(self) -> dict[str, Any]:
        return {"sampling": {"visits": self.matching, "read": self.read}} if self.is_too_many else {}

    def scaled(self, number: int) -> int:
        return round(number * self.scale)


def visits(store: Store, query: Query) -> Visits:
    return Visits(store, query, number_of(store, query))


def number_of(store: Store, query: Query) -> int:
    return 0 if query == NONE else store.count("visit", query)


def moment(value: str | int) -> int:
    """A date of a document, in ms since 1970."""
    return value if isinstance(value, int) else round(datetime.fromisoformat(value).timestamp() * 1000)
