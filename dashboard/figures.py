"""What lies behind the dashboard, in figures: the queue's and the store's metrics, and whether both answer.

In: the queue, the store. Out: Figures for metrics/text.py, complete or, where something is away, without what it would tell.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar

from hits import ledger
from hits.drain import spooled
from hits.hit import envelope
from hits.keys import Partition
from hits.queue import Queue, open_queue
from hits.redis import QueueAway, redis_errors
from hits.spool import spool_folder
from hits.workers import importers
from metrics import table
from metrics.tally import Figures
from settings import Settings
from store import open_store
from store.base import Store, StoreError

PATIENCE = 3.0  # seconds
NO_REDIS: Figures = {(table.REDIS_UP.name,): 0.0}
NO_STORE: Figures = {(table.STORE_UP.name,): 0.0}
T = TypeVar("T")


class Patient(Generic[T]):
    """Asks in a thread of its own, once at a time: who comes meanwhile gets the same answer, and nobody waits for longer than
    `seconds`. So a store that hangs takes no thread away from pages."""

    def __init__(self, ask: Callable[[], T], otherwise: T, seconds: float = PATIENCE):
        self._ask, self._otherwise, self._seconds = ask, otherwise, seconds
        self._pool = ThreadPoolExecutor(1, "behind")
        self._lock = Lock()
        self._asked: Future[T] | None = None

    def __call__(self) -> T:
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = self._pool.submit(self._ask)
            asked = self._asked
        try:
            return asked.result(self._seconds)
        except TimeoutError:
            return self._otherwise


class Behind:
    """Redis and the store, opened when they are first asked for."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._opened: Store | None = None
        self.queue = Patient(self._queue, NO_REDIS)
        self.store = Patient(self._store, NO_STORE)
        self._asked, self._probed = (open_queue(settings, PATIENCE) for _ in range(2))
        self._redis = Patient(self._ping, False)

    def ready(self) -> dict[str, bool]:
        """{"ok", "redis", "store"}: ok when both are."""
        redis, store = self._redis(), self.store()[table.STORE_UP.name,] == 1
        return {"ok": redis and store, "redis": redis, "store": store}

    def _ping(self) -> bool:
        try:
            for shard in self._probed.shards:
                with redis_errors(shard.client):
                    shard.client.ping()
        except QueueAway:
            return False
        return True

    def _queue(self) -> Figures:
        settings = self._settings
        return queue_figures(self._asked, spool_folder(settings.data_dir), settings.lease_seconds)

    def _store(self) -> Figures:
        try:
            self._opened = self._opened or open_store(self._settings)
        except StoreError:
            return NO_STORE
        return store_figures(self._opened)


def queue_figures(queue: Queue, spool: Path, lease_seconds: float, now: Callable[[], float] = time.time) -> Figures:
    try:
        queue.keep_all_partitions()
        known = ledger.read(queue, spooled(queue, spool))
        workers = importers(queue, lease_seconds)
        partitions = _partitions(queue, int(now() * 1000))
    except QueueAway:
        return NO_REDIS
    figures: dict[tuple[str, ...], float] = {
        (table.REDIS_UP.name,): 1,
        (table.STORED.name,): known.stored,
        (table.WAITING.name,): known.waiting,
        (table.QUEUE_SPOOLED.name,): known.spooled,
        (table.BALANCED.name,): known.balanced,
        (table.WORKERS.name,): len(workers),
        (table.PARTITIONS.name,): len(queue.partitions),
        (table.HELD.name,): len({number for worker in workers for number in worker.partitions}),
        **{(table.RECEIVED.name, way): n for way, n in known.by_way.items()},
        **{(table.DROPPED.name, reason): n for reason, n in known.dropped.items()},
    }
    return {name: float(value) for name, value in (figures | partitions).items()}


def _partitions(queue: Queue, now: int) -> dict[tuple[str, ...], float]:
    """How much each partition holds, and the age of the oldest of it all."""
    figures: dict[tuple[str, ...], float] = {}
    oldest = now
    for number, (live, first, past, first_past, hand, first_held, dead) in queue.ask(_look).items():
        keys = queue.partition(number)
        for state, n in (("queued", live + past), ("in_hand", hand), ("dead", dead)):
            figures[table.QUEUED.name, keys.title, state] = n
        for entry in (first, first_past, first_held):
            if entry and (hit := envelope(entry)):
                oldest = min(oldest, hit.received)
    return {**figures, (table.OLDEST.name,): (now - oldest) / 1000}


def _look(pipe: Any, keys: Partition) -> None:
    for name in (keys.queue, keys.past, keys.hand):
        pipe.llen(name)
        pipe.lindex(name, 0)
    pipe.hlen(keys.dead)


def store_figures(store: Store) -> Figures:
    told = store.health()
    figures: dict[tuple[str, ...], float] = {(table.STORE_UP.name,): float(told["ok"])}
    for kind, n in told.get("documents", {}).items():
        figures[table.DOCUMENTS.name, kind] = float(n)
    if "bytes" in told:
        figures[table.STORE_BYTES.name,] = float(told["bytes"])
    return figures
