"""Whether hits of the past have to wait: while more hits are queued than FIZZSTAT_QUEUE_LIMIT, only those of now come in."""

import time
from collections.abc import Callable

from hits.queue import Queue
from hits.redis import QueueAway

LOOK = 1.0  # seconds between looks at the queue


class Pressure:
    """Of one thread; `limit` (hits, 0 for none) is that of all partitions together."""

    def __init__(self, queue: Queue, limit: int, clock: Callable[[], float] = time.monotonic):
        self._queue, self._limit, self._clock = queue, limit, clock
        self._looked, self._over = -LOOK, False

    def over(self) -> bool:
        """As it was a second ago at most. While Redis is away nothing is over: the spool takes what comes."""
        if self._limit and self._clock() - self._looked >= LOOK:
            self._looked = self._clock()
            try:
                self._over = waiting(self._queue) > self._limit
            except QueueAway:
                self._over = False
        return self._over


def waiting(queue: Queue) -> int:
    """How many hits wait, in all partitions. Raises QueueAway."""
    return sum(queue.waiting(keys.number for keys in queue.partitions).values())
