"""Puts the overview together. In: settings. Out: an Overview; whatever is away is a problem with advice, never an error."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock

from accounts.errors import AccountsAway
from accounts.upkeep import ensure_published
from dashboard.overview import Overview, Problem, Queued, Stored, read_queue, read_store
from hits.drain import spooled
from hits.ledger import Ledger, read
from hits.queue import Queue, open_queue
from hits.redis import QueueAway, redis_urls
from hits.spool import Spool, spool_folder
from settings import Settings
from store import open_store
from store.base import Store, StoreError

log = logging.getLogger("fizzstat.dashboard")

KEEP = 1.0  # seconds that an answer serves everybody who asks
TIMEOUT = 2.0  # seconds that Redis has to answer

REDIS_AWAY = Problem("Redis is away.", "Hits are kept in the spool on disk and none is lost; they go on when it is back.", "bad")
STORE_AWAY = Problem("The store is away.", "Hits wait in the queue and none is lost; they go on when it is back.", "bad")
UNBALANCED = Problem("The ledger does not balance.", "Please report it, with the output of ./fizzstat status --json.", "bad")
NO_WORKER = Problem("No importer is at work.", "Hits wait in the queue; start one with ./fizzstat import.")
DEAD = Problem("Some hits are dead:", "the store refused them. ./fizzstat dead list says why.")


class Reader:
    """One thread at a time asks, and its answer serves the others: many open pages cost no more than one, and while a
    store is slow to answer they get what was true before."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic):
        self._settings, self._clock = settings, clock
        self._queue: Queue | None = None  # None also after Redis was away
        self._away = REDIS_AWAY
        self._store: Store | None = None
        self._lock = Lock()
        self._last: Overview | None = None
        self._asked = 0.0

    def overview(self) -> Overview:
        last = self._last
        if not self._lock.acquire(blocking=last is None):
            assert last
            return last
        try:
            if self._last is None or self._clock() - self._asked > KEEP:
                self._last = self._ask()
                self._asked = self._clock()
            return self._last
        finally:
            self._lock.release()

    def ledger(self, site: str | None, day: str | None) -> Ledger | None:
        """Of a site, of a UTC day such as 2026-11-25, or of both; None while Redis is away."""
        settings = self._settings
        with self._lock:
            try:
                if self._queue is None:
                    self._queue = self._open_queue()
                return read(self._queue, spooled(self._queue, spool_folder(settings.data_dir)), site, day)
            except QueueAway:
                self._queue = None
                return None

    def _ask(self) -> Overview:
        queued, stored = self._ask_queue(), self._ask_store()
        return Overview(
            at=datetime.now(UTC),
            store_url=self._store.url if self._store else "",
            spool_bytes=Spool(spool_folder(self._settings.data_dir), limit=0).used(),
            ledger=queued.ledger if queued else None,
            workers=queued.workers if queued else (),
            documents=stored.documents if stored else None,
            hits=stored.hits if stored else (),
            visits=stored.visits if stored else (),
            problems=_problems(queued, stored, self._away),
        )

    def _ask_queue(self) -> Queued | None:
        settings = self._settings
        try:
            if self._queue is None:
                self._queue = self._open_queue()
            return read_queue(self._queue, spool_folder(settings.data_dir), settings.lease_seconds)
        except QueueAway as error:
            self._queue = None
            several = error.where and len(redis_urls(settings)) > 1
            self._away = replace(REDIS_AWAY, what=f"Redis is away at {error.where}.") if several else REDIS_AWAY
            return None

    def _open_queue(self) -> Queue:
        """The queue, after a look whether Redis was emptied of sites and keys."""
        queue = open_queue(self._settings, TIMEOUT)
        try:
            ensure_published(self._settings, queue.client)
        except AccountsAway as error:
            log.warning("sites and keys are not published: %s", error)
        queue.keep_all_partitions()
        return queue

    def _ask_store(self) -> Stored | None:
        try:
            if self._store is None:
                self._store = open_store(self._settings, write=False)
            return read_store(self._store)
        except StoreError:
            return None


def _problems(queued: Queued | None, stored: Stored | None, away: Problem) -> list[Problem]:
    checks = [
        (away, queued is None),
        (STORE_AWAY, stored is None),
        (UNBALANCED, queued is not None and not queued.ledger.balanced),
        (NO_WORKER, queued is not None and not queued.workers),
        (DEAD, queued is not None and queued.ledger.dead > 0),
    ]
    return [problem for problem, holds in checks if holds]
