"""A worker: one thread that holds leases on partitions and takes turns with them, one after the other."""

import logging
from threading import Event

from hits.days import now_ms
from hits.drain import oldest_spooled
from hits.hit import Hit
from hits.queue import Fenced, Queue, open_queue
from hits.redis import QueueAway, redis_errors
from hits.snapshot import NO_SHIELDS, SnapshotReader
from hits.spool import spool_folder
from hits.workers import TIMEOUT, Leases
from importer.agenda import Agenda, Every
from importer.away import Away
from importer.facts import Context
from importer.geo import watch_places
from importer.index import index_period
from importer.meter import Meter
from importer.orders import carry_out
from importer.salts import Salts, period_of
from importer.shields import shield_of
from importer.spam import watch_spam
from importer.turn import Observe, Part, Turn
from settings import Settings
from store.base import Store

log = logging.getLogger("fizzstat.importer")

POLL = 0.1  # seconds between looks at an empty queue
TIDY = 60.0  # seconds between looks for salts that may die
REWRITE = 3600.0  # seconds between rewrites of a private Redis's append-only file, which holds addresses of imported hits


class Worker:
    """Alive in the eyes of others from when it is made until `run` ends. `store` is open for writing, and set up."""

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
        self._leases.start()

    def run(self, away: Away) -> None:
        """Import until it is told to stop. What is away is waited for with `away`."""
        try:
            while not self._stop.is_set():
                away.until_there(self._step, self._meter)
        finally:
            try:
                self._leases.end()
            except QueueAway as error:
                log.warning("Redis is away, the leases run out by themselves: %s", error)

    def _step(self) -> bool:
        with self._leases.without_who_is_away():
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
        client = self._queue.client_of(partition)
        with redis_errors(client):
            erased = client.hgetall(self._queue.partition(partition).erased)
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

    def _connect(self, timeout: float = TIMEOUT) -> Queue:
        return open_queue(self._settings, timeout)
