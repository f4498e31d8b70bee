"""Who imports: each worker says in Redis that it lives, holds leases on partitions, and takes no more than its share."""

import os
from collections.abc import Callable
from math import ceil
from socket import gethostname
from threading import Event, Thread
from uuid import uuid4

import msgspec

from hits.days import now_ms
from hits.queue import Queue
from hits.redis import QueueAway, redis_errors

FORGET = 3600.0  # seconds


class WorkerRow(msgspec.Struct, kw_only=True):
    """`seen` and `started` are ms; `imported` hits since then."""

    id: str
    host: str
    pid: int
    started: int
    seen: int
    partitions: list[int]
    imported: int = 0


def alive(queue: Queue, lease_seconds: float, now: int | None = None) -> list[WorkerRow]:
    """The workers that were heard of within a lease's time. Raises QueueAway."""
    since = (now or now_ms()) - int(lease_seconds * 1000)
    with redis_errors():
        rows = [msgspec.json.decode(text, type=WorkerRow) for text in queue.client.hvals(f"{queue.prefix}:workers")]
    return sorted((row for row in rows if row.seen >= since), key=lambda row: row.started)


class Leases:
    """The partitions that one worker holds. A thread renews them, however long a write takes, so a worker loses them only
    when it does not run at all; `held` is partition -> fencing token."""

    def __init__(self, queue: Queue, connect: Callable[[], Queue], seconds: float):
        self._queue, self._connect, self._seconds = queue, connect, seconds
        self._stop = Event()
        self._thread = Thread(target=self._beat, name="leases", daemon=True)
        self.held: dict[int, bytes] = {}
        self.imported = 0
        self.id = f"{gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._started = now_ms()

    def start(self) -> None:
        self._forget_dead()
        self._say_alive(self._queue)
        self._thread.start()

    def balance(self) -> None:
        """Take free partitions up to this worker's share, and give back what is over it. Not in the middle of a turn."""
        self._say_alive(self._queue)
        share = ceil(len(self._queue.partitions) / max(1, len(alive(self._queue, self._seconds))))
        for number in sorted(self.held)[share:]:
            self.give_back(number)
        for keys in self._queue.partitions:
            if len(self.held) >= share and keys.number not in self.held:
                continue
            token = self._queue.lease(keys.number, self.id, self._seconds)
            if token is None:
                self.held.pop(keys.number, None)
            else:
                self.held[keys.number] = token

    def give_back(self, number: int) -> None:
        self.held.pop(number, None)
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
        with redis_errors():
            self._queue.client.hdel(f"{self._queue.prefix}:workers", self.id)

    def _beat(self) -> None:
        queue = self._connect()
        while not self._stop.wait(self._seconds / 3):
            try:
                for number in list(self.held):
                    queue.lease(number, self.id, self._seconds)
                self._say_alive(queue)
            except QueueAway:
                continue  # the turn that is under way meets it too, and says so

    def _forget_dead(self) -> None:
        """What killed workers said of themselves."""
        there = {row.id for row in alive(self._queue, FORGET)}
        with redis_errors():
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
        with redis_errors():
            queue.client.hset(f"{queue.prefix}:workers", self.id, msgspec.json.encode(row))
