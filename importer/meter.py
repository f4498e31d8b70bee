"""What an importer counts of itself, in its thread's tally: batches, seconds by step, documents, waits (metrics/table.py)."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, cast

from hits.redis import QueueAway
from importer.turn import Observe
from metrics.table import AWAY, BATCH, FENCED, IMPORTED, RETRIES, STEP, WRITTEN
from metrics.tally import Tally
from store.base import Document, Store, StoreAway, StoreTaken, Written

#: what is away, by the exception that says so
WHAT: dict[type[Exception], str] = {QueueAway: "redis", StoreAway: "store", StoreTaken: "writer"}


class Meter:
    def __init__(self, tally: Tally, clock: Callable[[], float] = time.perf_counter):
        self._tally, self._clock = tally, clock
        self._at = 0.0

    def watch(self, observe: Observe) -> Observe:
        """An observer of turns that takes each step's time, and tells the given one."""

        def told(moment: str) -> None:
            now = self._clock()
            when, _, step = moment.partition(" ")
            if when == "after":
                self._tally.observe(STEP, now - self._at, step)
            elif step == "create":
                self._tally.observe(STEP, now - self._at, "read")  # since the last claim
            observe(moment)
            self._at = self._clock()

        return told

    def watched(self, store: Store) -> Store:
        """The same store, whose documents are counted."""
        return cast(Store, _Watched(store, self._tally))

    def settled(self, hits: int, lost: int) -> None:
        """A batch of so many hits has ended; so many of its partitions another importer has taken."""
        if hits:
            self._tally.add(IMPORTED, n=hits)
            self._tally.observe(BATCH, hits)
        self._tally.add(FENCED, n=lost)

    def waited(self, error: Exception, seconds: float) -> None:
        self._tally.add(RETRIES, WHAT[type(error)])
        self._tally.add(AWAY, WHAT[type(error)], n=seconds)


class _Watched:
    def __init__(self, store: Store, tally: Tally):
        self._store, self._tally = store, tally

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def create(self, documents: Sequence[Document]) -> list[Written]:
        return self._count(documents, self._store.create(documents))

    def put(self, documents: Sequence[Document], version: int) -> list[Written]:
        return self._count(documents, self._store.put(documents, version))

    def _count(self, documents: Sequence[Document], written: list[Written]) -> list[Written]:
        for (kind, state), n in Counter((one.kind, what.state) for one, what in zip(documents, written, strict=True)).items():
            self._tally.add(WRITTEN, kind, state, n=n)
        return written
