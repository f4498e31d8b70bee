"""How many questions a key may ask (FIZZSTAT_LIMIT_API). In: a key. Out: nothing, or TooManyQuestions.

Counted in Redis, so that all processes and machines count together. Without Redis questions are answered all the same: who has a
key is known, and an answer is better than none.
"""

import logging
import math
import threading
import time
from collections.abc import Callable

import redis

from dashboard.api.errors import TooManyQuestions
from hits.breaker import Breaker
from hits.keys import asked_key
from hits.redis import QueueAway, connect
from hits.scripts import SCRIPTS
from settings import Settings

log = logging.getLogger("fizzstat.dashboard")

TIMEOUT = 0.5  # seconds that Redis has to answer


class Limit:
    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time):
        self._settings, self._clock = settings, clock
        self._rate = settings.limit_api
        self._breaker = Breaker()
        self._of_thread = threading.local()

    def admit(self, name: str, sha256: str) -> None:
        """Count a question of a key. Raises TooManyQuestions."""
        if not self._rate:
            return
        every = 1000 / self._rate.per_second
        arguments = (int(self._clock() * 1000), every, (self._rate.burst - 1) * every)
        try:
            with self._breaker.asking():
                wait = SCRIPTS["limit"].run(self._client(), (asked_key(self._settings.redis_prefix, sha256),), arguments)
        except QueueAway as error:
            log.debug("questions are not counted: %s", error)
            return
        if wait:
            raise TooManyQuestions(name, str(self._rate), math.ceil(wait / 1000))

    def _client(self) -> redis.Redis:
        """A thread's own: a client is on one connection."""
        if not hasattr(self._of_thread, "client"):
            self._of_thread.client = connect(self._settings, TIMEOUT)
        client: redis.Redis = self._of_thread.client
        return client
