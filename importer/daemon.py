"""The importer: a daemon that takes hits from the queue and writes documents, until it is told to stop.

It ends after the batch that it is at. While the store or Redis is away it waits, and says so once.
"""

import logging
import time
from collections.abc import Callable
from threading import Event
from typing import TypeVar

from hits.drain import oldest_spooled
from hits.hit import Hit
from hits.queue import Fenced, Queue
from hits.redis import QueueAway, connect, redis_errors
from hits.snapshot import SnapshotReader
from hits.spool import spool_folder
from hits.workers import Leases
from importer.facts import Context
from importer.geo import open_places
from importer.index import index_period
from importer.orders import carry_out
from importer.salts import Salts, period_of
from importer.turn import Observe, Turn
from importer.visits import WINDOW
from settings import Settings
from store import open_store
from store.base import Store, StoreAway, StoreTaken

log = logging.getLogger("fizzstat.importer")
T = TypeVar("T")

POLL = 0.1  # seconds between looks at an empty queue
LOOK_AFTER = 2.0  # seconds between looks for clients whose visits may have ended
DUE = 200  # clients of a partition that are looked after at once
TIDY = 60.0  # seconds between looks for salts that may die
REWRITE = 3600.0  # seconds between rewrites of a private Redis's append-only file, which holds addresses of imported hits
LONGEST_PAUSE = 30.0  # seconds between tries while something is away


def run(settings: Settings, stop: Event, observe: Observe = lambda moment: None) -> None:
    """Import until `stop` is set."""
    store = _until_there(stop, lambda: _open(settings))
    if store is None:
        return
    try:
        importer = _until_there(stop, lambda: Importer(settings, store, stop, observe))
        if importer:
            importer.run()
    finally:
        store.close()


def _open(settings: Settings) -> Store:
    store = open_store(settings, write=True)
    try:
        store.setup()
    except BaseException:
        store.close()
        raise
    return store


class Importer:
    """One worker. `store` is open for writing, and set up."""

    def __init__(self, settings: Settings, store: Store, stop: Event, observe: Observe = lambda moment: None):
        self._settings, self._store, self._stop = settings, store, stop
        self._queue = self._connect()
        self._queue.keep_all_partitions()
        self._salts = Salts(self._queue)
        self._snapshot = SnapshotReader(self._queue.client, settings.redis_prefix)
        self._place = open_places(settings.geoip_db) if settings.geoip_db else lambda ip: {}
        self._leases = Leases(self._queue, self._connect, settings.lease_seconds)
        self._turn = Turn(
            queue=self._queue,
            store=store,
            index_prefix=settings.index_prefix,
            index_period=index_period(settings.index_period),
            context_of=self._context,
            observe=observe,
        )
        self._first_seen: float | None = None
        self._from = 0
        self._balance = Every(settings.lease_seconds / 3)
        self._look_after = Every(LOOK_AFTER)
        self._orders = Every(1.0)
        self._tidy = Every(TIDY)
        self._rewrite = Every(REWRITE, at_once=False)

    def run(self) -> None:
        self._leases.start()
        log.info("importing into %s", self._store.url)
        try:
            while not self._stop.is_set():
                _until_there(self._stop, self._step)
        finally:
            try:
                self._leases.end()
            except QueueAway as error:
                log.warning("Redis is away, the leases run out by themselves: %s", error)
        log.info("stopped")

    def _step(self) -> bool:
        if self._balance.due():
            self._leases.balance()
        if self._orders.due():
            self._carry_out_orders()
        if self._tidy.due():
            self._tidy_up()
        waiting = self._queue.waiting(self._leases.held)
        due = self._due(waiting) if self._look_after.due() else {}
        if any(clients for clients, _ in due.values()) or self._is_batch(sum(waiting.values())):
            self._import(waiting, due)
        else:
            self._stop.wait(POLL)
        return True

    def _is_batch(self, n: int) -> bool:
        """Whether to import now: a whole batch is there, or the first hit of a part of one has waited long enough."""
        if n == 0:
            self._first_seen = None
            return False
        if self._first_seen is None:
            self._first_seen = time.monotonic()
        return bool(n >= self._settings.batch_size or time.monotonic() - self._first_seen >= self._settings.batch_seconds)

    def _import(self, waiting: dict[int, int], due: dict[int, tuple[list[str], int]]) -> None:
        self._first_seen = None
        partitions, room = {}, self._settings.batch_size
        held = sorted(self._leases.held)
        self._from = (self._from + 1) % max(1, len(held))  # so that a full first partition does not starve the last
        for number in held[self._from :] + held[: self._from]:
            there = waiting.get(number, 0)
            if (there and room > 0) or due.get(number, ([], 0))[0]:
                partitions[number] = (self._leases.held[number], max(room, 0))
                room -= there
        n, lost = self._turn.take(partitions, due, _now())
        self._leases.imported += n
        for number in lost:
            log.warning("partition %d was taken by another worker", number)
            self._leases.lose(number)

    def _due(self, waiting: dict[int, int]) -> dict[int, tuple[list[str], int]]:
        """By partition: clients that nothing was heard of for a visit's window, and the time that its hits have reached."""
        now = _now()
        found = {}
        for number in self._leases.held:
            keys = self._queue.partitions[number]
            with redis_errors():
                clients = self._queue.client.zrangebyscore(keys.touched, "-inf", now - WINDOW, start=0, num=DUE)
                clock = now if not waiting.get(number) else int(self._queue.client.get(keys.clock) or 0)
            if clients:
                found[number] = ([client.decode() for client in clients], clock)
        return found

    def _context(self, partition: int, hits: list[Hit]) -> Context:
        identity = self._settings.identity
        with redis_errors():
            erased = self._queue.client.hgetall(self._queue.partitions[partition].erased)
        sites = self._snapshot.current().sites
        return Context(
            keep_bots=self._settings.keep_bots,
            salts=self._salts.take({period_of(hit.at, identity) for hit in hits}, _now()),
            place=self._place,
            allowed_query={site.id: frozenset(site.query) for site in sites},
            site_hosts={site.id: frozenset(site.hosts) for site in sites},
            identity=identity,
            erased={what.decode(): int(before) for what, before in erased.items()},
        )

    def _carry_out_orders(self) -> None:
        try:
            for order, changed in carry_out(self._queue, self._store, dict(self._leases.held), _now()):
                log.info("order %s (%s) is done here: %d changed", order.id, order.what, changed)
        except Fenced:
            log.warning("an order met a partition that another worker has taken; it goes on there")

    def _tidy_up(self) -> None:
        """Whoever holds the first partition looks after the salts."""
        if 0 not in self._leases.held:
            return
        oldest = oldest_spooled(spool_folder(self._settings.data_dir))
        died = self._salts.bury(_now(), oldest)
        if died:
            log.info("salts died: %s", ", ".join(died))
        elif self._settings.own_redis and self._rewrite.due():
            self._salts.rewrite()

    def _connect(self) -> Queue:
        return Queue(connect(self._settings), self._settings.redis_prefix, self._settings.partitions)


class Every:
    """True once in so many seconds."""

    def __init__(self, seconds: float, at_once: bool = True):
        self._seconds = seconds
        self._last = -seconds if at_once else time.monotonic()

    def due(self) -> bool:
        if time.monotonic() - self._last < self._seconds:
            return False
        self._last = time.monotonic()
        return True


def _until_there(stop: Event, act: Callable[[], T]) -> T | None:
    """What `act` answers, once Redis and the store let it; None if `stop` is set before."""
    pause, said = 0.25, ""
    while not stop.is_set():
        try:
            answer = act()
        except (QueueAway, StoreAway, StoreTaken) as error:
            said = _say_once(error, said)
            stop.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            if said:
                log.info("it is back")
            return answer
    return None


def _say_once(error: Exception, said: str) -> str:
    sentence = {
        QueueAway: "Redis is away, trying again",
        StoreAway: "the store is away, hits wait in the queue",
        StoreTaken: "another importer holds the store, waiting for it",
    }[type(error)]
    if sentence != said:
        log.warning("%s: %s", sentence, error)
    return sentence


def _now() -> int:
    return time.time_ns() // 1_000_000
