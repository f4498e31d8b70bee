"""What the page shows, and how a store is asked for its part. dashboard/reader.py puts it together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from dashboard.rows import HitRow, VisitRow, hit_row, newest, visit_row
from hits import ledger
from hits.drain import spooled
from hits.ledger import Ledger
from hits.queue import Queue
from hits.workers import WorkerRow, importers
from store.base import KINDS, Store

HITS, VISITS = 20, 10


@dataclass(frozen=True)
class Problem:
    """What is wrong, and what to do; `weight` is `bad` (nothing is stored now) or `warn`."""

    what: str
    advice: str
    weight: str = "warn"


@dataclass(frozen=True)
class Overview:
    """The page. `ledger` None: Redis is away; `documents` (by kind) None: the store is."""

    at: datetime
    store_url: str
    ledger: Ledger | None
    workers: Sequence[WorkerRow]
    spool_bytes: int
    documents: Mapping[str, int] | None
    hits: Sequence[HitRow] = ()
    visits: Sequence[VisitRow] = ()
    problems: Sequence[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Queued:
    ledger: Ledger
    workers: Sequence[WorkerRow]


@dataclass(frozen=True)
class Stored:
    documents: Mapping[str, int]
    hits: Sequence[HitRow]
    visits: Sequence[VisitRow]


def last_of(store: Store, kind: str, most: int) -> list[dict[str, Any]]:
    """The newest documents of a kind."""
    found = store.search(kind, {"size": most, "sort": [{"@timestamp": "desc"}]})
    return [hit["_source"] for hit in found["hits"]["hits"]]


def read_store(store: Store) -> Stored:
    """Raises StoreError."""
    rows = chain.from_iterable([hit_row(kind, source) for source in last_of(store, kind, HITS)] for kind in ("view", "event"))
    return Stored(
        documents={kind: store.count(kind) for kind in KINDS},
        hits=newest(rows, HITS),
        visits=[visit_row(source) for source in last_of(store, "visit", VISITS)],
    )


def read_queue(queue: Queue, spool: Path, lease_seconds: float) -> Queued:
    """Raises QueueAway."""
    return Queued(ledger.read(queue, spooled(queue, spool)), importers(queue, lease_seconds))
