"""Each Redis of the queue's, as `status` and `doctor` look at it; of a cluster each node that holds data is one."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import redis

from commands.screen import bytes_of
from hits.queue import Queue, open_queue
from hits.redis import QueueAway, connect_to, nodes, redis_errors, redis_urls, without_secrets
from settings import Settings

FULL = 0.95  # of what it may use


class AskedRedis:
    """`place` is which of FIZZSTAT_REDIS_URL it is, from 0; `away` what is wrong if it does not answer."""

    def __init__(self, client: Any, place: int, where: str = "", away: QueueAway | None = None):
        self.client, self.place, self.where, self.away = client, place, where or str(client.where), away
        self._info: dict[str, Any] = {}
        if not away:
            try:
                with redis_errors(client):
                    self._info = client.info()
            except QueueAway as error:
                self.away = error

    @property
    def info(self) -> dict[str, Any]:
        """INFO, as it was. Raises QueueAway."""
        if self.away:
            raise self.away
        return self._info

    @property
    def used(self) -> int:
        """Bytes."""
        return int(self.info["used_memory"])

    @property
    def room(self) -> int:
        """How many bytes it may use; 0 if it does not tell."""
        return int(self.info["maxmemory"] or self.info.get("total_system_memory", 0))

    @property
    def full(self) -> bool:
        """Whether it refuses hits until there is room, or is about to."""
        return not self.away and self.used >= FULL * self.room > 0

    def config(self, name: str) -> str | None:
        """A line of its configuration; None where it does not tell, as many hosted ones. Raises QueueAway."""
        try:
            with redis_errors(self.client):
                found = self.client.config_get(name)
        except QueueAway as error:
            if isinstance(error.__cause__, redis.ResponseError):
                return None
            raise
        return str(found[name]) if name in found else None


def asked(settings: Settings, timeout: float) -> list[AskedRedis]:
    """All of them, the home first, asked once, at the same time; `timeout` (seconds) is what all that hang take."""

    def ask(place: int, url: str) -> list[AskedRedis]:
        client = connect_to(url, timeout)
        try:
            return [AskedRedis(node, place) for node in nodes(client)]
        except QueueAway as away:
            return [AskedRedis(client, place, without_secrets(url), away)]

    urls = redis_urls(settings)
    with ThreadPoolExecutor(len(urls)) as pool:
        return [one for found in pool.map(ask, range(len(urls)), urls) for one in found]


class Gone:
    """In the place of the client of a Redis that does not answer: who asks it hears so at once, and not after a timeout."""

    def __init__(self, why: QueueAway):
        self.where, self._why = why.where, why

    def __getattr__(self, name: str) -> Any:
        raise self._why


def open_asked(settings: Settings, redises: Sequence[AskedRedis], timeout: float) -> Queue:
    """The queue, without those that were away when they were asked."""
    queue = open_queue(settings, timeout)
    for one in redises:
        if one.away:
            queue.shards[one.place].client = Gone(one.away)
    queue.client = queue.shards[0].client
    return queue


@dataclass(frozen=True)
class Held:
    """What lies in a Redis: hits that wait, and the states of visitors whose visits are open, `states` bytes of them (0 where it
    does not tell)."""

    waiting: int
    visitors: int
    states: int

    def __str__(self) -> str:
        size = f" ({bytes_of(self.states)})" if self.states else ""
        states = f"the states of {self.visitors:,} visitors{size} until an hour after the last hit of each"
        return f"It keeps {self.waiting:,} hits until they are imported, and {states}."


def held(queue: Queue, place: int) -> Held:
    """Raises QueueAway."""
    shard = queue.shards[place]
    mine = [keys for keys in queue.partitions if keys.redis == place]
    waiting = sum(queue.waiting(keys.number for keys in mine).values())
    visitors = sum(n for (n,) in queue.ask(lambda pipe, keys: pipe.hlen(keys.clients), shard=shard).values())
    try:
        told = queue.ask(lambda pipe, keys: pipe.memory_usage(keys.clients), shard=shard)
    except QueueAway as error:
        if not isinstance(error.__cause__, redis.ResponseError):
            raise
        told = {}
    return Held(waiting, visitors, sum(n or 0 for (n,) in told.values()))
