"""The importer: a daemon that takes hits from the queue and writes documents, until it is told to stop.

It ends after the batch that it is at. While the store or Redis is away it waits, and says so once.
"""

import gc
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from typing import TypeVar

from hits.days import now_ms
from hits.drain import oldest_spooled
from hits.hit import Hit
from hits.queue import Fenced, Queue
from hits.redis import QueueAway, connect, redis_errors
from hits.snapshot import NO_SHIELDS, SnapshotReader
from hits.spool import spool_folder
from hits.workers import Leases
from importer.agenda import Agenda, Every
from importer.facts import Context
from importer.geo import watch_places
from importer.index import index_period
from importer.meter import Meter
from importer.orders import carry_out
from importer.salts import Salts, period_of
from importer.shields import shield_of
from importer.spam import watch_spam
from importer.turn import Observe, Part, Turn
from metrics.serve import serve
from metrics.table import IMPORT
from metrics.tally import Tally, read, tally_folder
from metrics.text import render
from settings import Settings
from store import open_store
from store.base import Store, StoreAway, StoreTaken

log = logging.getLogger("fizzstat.importer")
T = TypeVar("T")

POLL = 0.1  # seconds between looks at an empty queue
TIDY = 60.0  # seconds between looks for salts that may die
REWRITE = 3600.0  # seconds between rewrites of a private Redis's append-only file, which holds addresses of imported hits
LONGEST_PAUSE = 30.0  # seconds between tries while something is away


def run(settings: Settings, stop: Event, observe: Observe = lambda moment: None) -> None:
    """Import until `stop` is set."""
    gc.freeze()  # what was imported stays; and batches are many objects that live briefly and hold no circles
    gc.set_threshold(100_000, 20, 20)
    folder = tally_folder(settings.data_dir)
    meter = Meter(Tally(folder, "import"))
    with _metrics(settings, folder):
        store = _until_there(stop, meter, lambda: _open(settings))
        if store is None:
            return
        try:
            importer = _until_there(stop, meter, lambda: Importer(settings, store, stop, meter, observe))
            if importer:
                importer.run()
        finally:
            store.close()


@contextmanager
def _metrics(settings: Settings, folder: Path) -> Iterator[None]:
    """Serve /metrics meanwhile, if FIZZSTAT_METRICS_PORT says so; an importer works without it, too."""
    with ExitStack() as stack:
        if settings.metrics_port:
            text = partial(_metrics_text, folder)
            try:
                stack.callback(serve(settings.bind, settings.metrics_port, settings.metrics_key, text).shutdown)
            except OSError as error:
                log.error("FIZZSTAT_METRICS_PORT %d on %s cannot be used: %s", settings.metrics_port, settings.bind, error)
        yield


def _metrics_text(folder: Path) -> str:
    return render(IMPORT, read(folder, "import"))


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

    def __init__(self, settings: Settings, store: Store, stop: Event, meter: Meter, observe: Observe = lambda moment: None):
        self._settings, self._store, self._stop, self._meter = settings, store, stop, meter
        self._queue = self._connect()
        self._queue.keep_all_partitions()
        self._salts = Salts(self._queue)
        self._snapshot = SnapshotReader(self._queue.client, settings.redis_prefix)
        self._places, self._spam = watch_places(settings), watch_spam(settings)
        self._leases = Leases(self._queue, self._connect, settings.lease_seconds)
        self._turn = Turn(
            queue=self._queue,
            store=meter.watched(store),
            index_prefix=settings.index_prefix,
            index_period=index_period(settings.index_period),
            context_of=self._context,
            observe=meter.watch(observe),
        )
        self._agenda = Agenda(self._queue, settings.batch_size, settings.batch_seconds)
        self._balance = Every(settings.lease_seconds / 3)
        self._orders = Every(1.0)
        self._tidy = Every(TIDY)
        self._rewrite = Every(REWRITE, at_once=False)

    def run(self) -> None:
        self._leases.start()
        log.info("importing into %s", self._store.url)
        try:
            while not self._stop.is_set():
                _until_there(self._stop, self._meter, self._step)
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
        parts, behind = self._agenda.next_turn(self._leases.held, now_ms())
        if parts:
            self._import(parts, behind)
        else:
            self._stop.wait(POLL)
        return True

    def _import(self, parts: dict[int, Part], behind: bool) -> None:
        n, lost = self._turn.take(parts, now_ms(), put_off=behind)
        self._leases.imported += n
        self._meter.settled(n, len(lost))
        for number in lost:
            log.warning("partition %d was taken by another worker", number)
            self._leases.lose(number)

    def _context(self, partition: int, hits: list[Hit]) -> Context:
        identity = self._settings.identity
        with redis_errors():
            erased = self._queue.client.hgetall(self._queue.partitions[partition].erased)
        sites = self._snapshot.current().sites
        return Context(
            keep_bots=self._settings.keep_bots,
            bot_signs=self._settings.bot_signs,
            salts=self._salts.take({period_of(hit.at, identity) for hit in hits}, now_ms()),
            place=self._places.current(),
            allowed_query={site.id: frozenset(site.query) for site in sites},
            site_hosts={site.id: frozenset(site.hosts) for site in sites},
            shields={site.id: shield_of(site.shields) for site in sites if site.shields != NO_SHIELDS},
            spam=self._spam.current(),
            identity=identity,
            erased={what.decode(): int(before) for what, before in erased.items()},
        )

    def _carry_out_orders(self) -> None:
        try:
            # A hand that a turn before left comes first: its documents are not counted in any visit yet.
            held = {number: token for number, token in self._leases.held.items() if not self._queue.has_hand(number)}
            for order, changed in carry_out(self._queue, self._store, held, now_ms()):
                log.info("order %s (%s) is done here: %d changed", order.id, order.what, changed)
        except Fenced:
            log.warning("an order met a partition that another worker has taken; it goes on there")

    def _tidy_up(self) -> None:
        """Whoever holds the first partition looks after the salts."""
        if 0 not in self._leases.held:
            return
        oldest = oldest_spooled(spool_folder(self._settings.data_dir))
        died = self._salts.bury(now_ms(), oldest)
        if died:
            log.info("salts died: %s", ", ".join(died))
        elif self._settings.own_redis and self._rewrite.due():
            self._salts.rewrite()

    def _connect(self) -> Queue:
        return Queue(connect(self._settings), self._settings.redis_prefix, self._settings.partitions)


def _until_there(stop: Event, meter: Meter, act: Callable[[], T]) -> T | None:
    """What `act` answers, once Redis and the store let it; None if `stop` is set before."""
    pause, said = 0.25, ""
    while not stop.is_set():
        try:
            answer = act()
        except (QueueAway, StoreAway, StoreTaken) as error:
            said = _say_once(error, said)
            began = time.monotonic()
            stop.wait(pause)
            meter.waited(error, time.monotonic() - began)
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
