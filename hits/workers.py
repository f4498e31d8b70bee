"""Who imports: each worker says at home that it lives, holds leases on partitions, and takes no more than its share."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from math import ceil
from socket import gethostname
from threading import Event, Thread
from uuid import uuid4

import msgspec

from hits.days import now_ms
from hits.queue import Queue
from hits.redis import QueueAway, redis_errors
from hits.scripts import SCRIPTS

log = logging.getLogger("fizzstat.importer")

FORGET = 3600.0  # seconds
TIMEOUT = 5.0  # seconds
PROBE_TIMEOUT = 0.5  # of a Redis that was away: if it hangs, all others wait for so long

#: This process's name, of which each of its workers adds a number: no other process ever had it.
PROCESS = f"{gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
_numbers = count(1)


class WorkerRow(msgspec.Struct, kw_only=True):
    """`seen` and `started` are ms; `imported` hits since then."""

    id: str
    host: str
    pid: int
    started: int
    seen: int
    partitions: list[int]
    imported: int = 0


def importers(queue: Queue, lease_seconds: float, now: int | None = None) -> list[WorkerRow]:
    """The processes whose workers were heard of within a lease's time, each as one row. Raises QueueAway."""
    rows: dict[str, WorkerRow] = {}
    for row in alive(queue, lease_seconds, now):
        row.id = row.id.rpartition("/")[0]
        first = rows.setdefault(row.id, row)
        if first is not row:
            first.partitions = sorted({*first.partitions, *row.partitions})
            first.imported += row.imported
            first.seen = max(first.seen, row.seen)
    return list(rows.values())


def alive(queue: Queue, lease_seconds: float, now: int | None = None) -> list[WorkerRow]:
    """The workers that were heard of within a lease's time, some of a process. Raises QueueAway."""
    since = (now or now_ms()) - int(lease_seconds * 1000)
    with redis_errors(queue.client):
        rows = [msgspec.json.decode(text, type=WorkerRow) for text in queue.client.hvals(f"{queue.prefix}:workers")]
    return sorted((row for row in rows if row.seen >= since), key=lambda row: row.started)


class Leases:
    """The partitions that one worker holds. A thread renews them, however long a write takes, so a worker loses them only
    when it does not run at all; `held` is partition -> fencing token."""

    def __init__(self, queue: Queue, connect: Callable[[float], Queue], seconds: float):
        """`connect` makes other clients of the queue, with a timeout in seconds."""
        self._queue, self._connect, self._seconds = queue, connect, seconds
        self._probe = connect(PROBE_TIMEOUT)
        self._stop = Event()
        self._thread = Thread(target=self._beat, name="leases", daemon=True)
        self._away: set[str] = set()
        self.held: dict[int, bytes] = {}
        self.imported = 0
        self.id = f"{PROCESS}/{next(_numbers)}"
        self._started = now_ms()

    def start(self) -> None:
        self._forget_dead()
        self._say_alive(self._queue)
        self._thread.start()

    def balance(self) -> None:
        """Take free partitions up to this worker's share of those whose Redis is there, and give back what is over it. Not in the
        middle of a turn."""
        self._say_alive(self._queue)
        there = [keys.number for keys in self._queue.partitions if not self._queue.shard_of(keys.number).breaker.rests()]
        share = ceil(len(there) / max(1, len(alive(self._queue, self._seconds))))
        for number in sorted(self.held)[share:]:
            self.give_back(number)
        for number in there:
            shard = self._queue.shard_of(number)
            if (len(self.held) >= share and number not in self.held) or not shard.breaker.may_ask():
                continue
            with self.without_who_is_away():
                queue = self._probe if shard.where in self._away else self._queue
                token = queue.lease(number, self.id, self._seconds)
                shard.breaker.worked()
                if shard.where in self._away:
                    self._away.discard(shard.where)
                    log.info("Redis is back at %s", shard.where)
                if token is None:
                    self.held.pop(number, None)
                else:
                    self.held[number] = token

    @contextmanager
    def without_who_is_away(self) -> Iterator[None]:
        """A Redis that turns out to be away costs this worker its partitions there, and it is left alone for a while; all
        others go on. Nothing goes on without the home."""
        try:
            yield
        except QueueAway as error:
            away = [shard for shard in self._queue.shards[1:] if shard.where == error.where]
            if not away:
                raise
            away[0].breaker.failed()
            self.held = {number: token for number, token in self.held.items() if self._queue.shard_of(number) is not away[0]}
            if error.where not in self._away:
                log.warning("Redis is away at %s, the others go on: %s", error.where, error)
            self._away.add(error.where)

    def give_back(self, number: int) -> None:
        self.held.pop(number, None)
        with self.without_who_is_away():
            self._queue.release(number, self.id)

    def lose(self, number: int) -> None:
        """Another worker has it."""
        self.held.pop(number, None)

    def end(self) -> None:
        """Stop renewing and give all back, so that others need not wait."""
        self._stop.set()
        self._thread.join()
        for number in list(self.held):
            self.give_back(number)
        with redis_errors(self._queue.client):
            self._queue.client.hdel(f"{self._queue.prefix}:workers", self.id)

    def _beat(self) -> None:
        queue = self._connect(TIMEOUT)
        while not self._stop.wait(self._seconds / 3):
            away = set()
            for number in list(self.held):
                shard = queue.shard_of(number)
                if shard.where not in away:
                    try:
                        queue.lease(number, self.id, self._seconds)
                    except QueueAway:
                        away.add(shard.where)  # the turn that is under way meets it too, and says so
            with suppress(QueueAway):
                self._say_alive(queue)

    def _forget_dead(self) -> None:
        """What killed workers said of themselves."""
        there = {row.id for row in alive(self._queue, FORGET)}
        with redis_errors(self._queue.client):
            names = self._queue.client.hkeys(f"{self._queue.prefix}:workers")
            gone = [name for name in names if name.decode() not in there]
            if gone:
                self._queue.client.hdel(f"{self._queue.prefix}:workers", *gone)

    def _say_alive(self, queue: Queue) -> None:
        row = WorkerRow(
            id=self.id,
            host=gethostname(),
            pid=os.getpid(),
            started=self._started,
            seen=now_ms(),
            partitions=sorted(self.held),
            imported=self.imported,
        )
        SCRIPTS["note"].run(queue.client, [f"{queue.prefix}:workers"], [self.id, msgspec.json.encode(row)])
