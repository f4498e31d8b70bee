"""What is done while Redis or the store is away: wait, longer each time, and say so once for all workers of a process."""

import logging
import time
from collections.abc import Callable
from threading import Event, Lock
from typing import TypeVar

from hits.redis import QueueAway
from importer.meter import Meter
from store.base import StoreAway, StoreTaken

log = logging.getLogger("fizzstat.importer")
T = TypeVar("T")

FIRST_PAUSE = 0.25  # seconds between tries
LONGEST_PAUSE = 30.0

SENTENCES: dict[type[Exception], str] = {
    QueueAway: "Redis is away, trying again",
    StoreAway: "the store is away, hits wait in the queue",
    StoreTaken: "another importer holds the store, waiting for it",
}


class Away:
    """Of all threads of a process; `stop` ends the waiting."""

    def __init__(self, stop: Event):
        self._stop, self._lock, self._said = stop, Lock(), ""

    def until_there(self, act: Callable[[], T], meter: Meter) -> T | None:
        """What `act` answers, once Redis and the store let it; None if it is told to stop before."""
        pause = 0.0
        while not self._stop.is_set():
            try:
                answer = act()
            except (QueueAway, StoreAway, StoreTaken) as error:
                self._say(SENTENCES[type(error)], error)
                began = time.monotonic()
                pause = min(2 * pause, LONGEST_PAUSE) or FIRST_PAUSE
                self._stop.wait(pause)
                meter.waited(error, time.monotonic() - began)
            else:
                if pause:
                    self._say_back()
                return answer
        return None

    def _say(self, sentence: str, error: Exception) -> None:
        with self._lock:
            if sentence != self._said:
                log.warning("%s: %s", sentence, error)
            self._said = sentence

    def _say_back(self) -> None:
        with self._lock:
            if self._said:
                log.info("it is back")
            self._said = ""
