"""Whether Redis is to be asked: one answer for all threads of a process.

A Redis that hangs costs each question its whole timeout. So after a failure it is left alone for a while, longer each time, and
then one thread at a time tries whether it is back.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hits.redis import QueueAway

FIRST_REST = 1.0  # seconds
LONGEST_REST = 8.0


class Breaker:
    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock, self._lock = clock, threading.Lock()
        self._rest = 0.0  # 0 while all is well
        self._until = 0.0
        self._trying = False

    def may_ask(self) -> bool:
        """Whoever gets True says how it went, by `worked` or `failed`."""
        if not self._rest:
            return True
        with self._lock:
            if self._trying or self._clock() < self._until:
                return False
            self._trying = True
            return True

    def rests(self) -> bool:
        """Whether it is to be left alone still."""
        return bool(self._rest) and self._clock() < self._until

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around a question to Redis: raises QueueAway where it may not be asked, and notes how it went."""
        if not self.may_ask():
            raise QueueAway("Redis was away a moment ago")
        try:
            yield
        except BaseException:
            self.failed()
            raise
        self.worked()

    def worked(self) -> None:
        if self._rest:
            with self._lock:
                self._rest, self._trying = 0.0, False

    def failed(self) -> None:
        with self._lock:
            # Threads that asked at the same time fail together, which is one failure.
            if self._trying or not self._rest:
                self._rest = min(2 * self._rest or FIRST_REST, LONGEST_REST)
            self._until, self._trying = self._clock() + self._rest, False
