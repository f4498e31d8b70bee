"""Salts: the random text that a period's visitor ids are keyed with. It lives in Redis alone, and when it is gone nobody
can tell any more who a visitor was.

A period is the UTC day of a hit's own time, `2026-11-25`; with FIZZSTAT_IDENTITY=monthly the month, `2026-11`; with
`permanent` there is one, which stays. A period's salt serves until the period after it has ended too, since a visit may
go on over midnight, and as long as hits of the period wait anywhere; at the latest it expires 72 hours after its
period's end, or 24 hours after its last hit was imported where that is later.
"""

import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from hits.days import written
from hits.hit import UnreadableHit, decode
from hits.keys import salt_key, salts_alive, salts_made
from hits.queue import Queue
from hits.redis import QueueAway, nodes, redis_errors

HOUR = 3600 * 1000
LIVE_DAYS = 72 * HOUR  # after the period's end
PAST_DAYS = 24 * HOUR  # after the last hit
PERMANENT = "permanent"
LOOK = 1000  # entries of a list that are looked through for old hits


def period_of(ms: int, identity: str) -> str:
    if identity == PERMANENT:
        return PERMANENT
    return written(ms, "%Y-%m" if identity == "monthly" else "%Y-%m-%d")


@lru_cache(maxsize=4096)
def before(period: str) -> str | None:
    """The period before; None for the permanent one."""
    if period == PERMANENT:
        return None
    day = _start(period) - timedelta(days=1)
    return day.strftime("%Y-%m-%d" if len(period) == 10 else "%Y-%m")


def end(period: str) -> int:
    """The first millisecond after a period."""
    start = _start(period)
    after = start + timedelta(days=1) if len(period) == 10 else (start + timedelta(days=31)).replace(day=1)
    return int(after.timestamp() * 1000)


def _start(period: str) -> datetime:
    return datetime.strptime(period if len(period) == 10 else period + "-01", "%Y-%m-%d").replace(tzinfo=UTC)


class Salts:
    """One worker's view. All methods raise QueueAway."""

    def __init__(self, queue: Queue):
        self._queue = queue
        self._client = queue.client

    def take(self, periods: Iterable[str], now: int) -> dict[str, bytes]:
        """The salts of periods, made where there are none, and of the periods before, where they are still there."""
        wanted = set(periods)
        salts = {period: self._take(period, now) for period in wanted}
        for period in {earlier for each in wanted if (earlier := before(each)) and earlier not in wanted}:
            with redis_errors(self._client):
                salt = self._client.get(salt_key(self._queue.prefix, period))
            if salt is not None:
                salts[period] = salt
        return salts

    def _take(self, period: str, now: int) -> bytes:
        prefix = self._queue.prefix
        expires = 0 if period == PERMANENT else max(end(period) + LIVE_DAYS, now + PAST_DAYS)
        keys = [salt_key(prefix, period), salts_made(prefix), salts_alive(prefix)]
        return self._queue.salt(keys, [secrets.token_bytes(32), period, expires])

    def resalted(self) -> list[str]:
        """Periods that had more than one salt: who came before and after it was made anew counts as two visitors."""
        with redis_errors(self._client):
            made = self._client.hgetall(salts_made(self._queue.prefix))
        return sorted(period.decode() for period, times in made.items() if int(times) > 1)

    def bury(self, now: int, oldest_spooled: int | None = None) -> list[str]:
        """Delete salts that nobody needs any more, and rewrite Redis's append-only file if any died; the periods that did.

        `oldest_spooled` is when the oldest hit in this host's spool was received (ms).
        """
        prefix = self._queue.prefix
        with redis_errors(self._client):
            alive = self._client.zrange(salts_alive(prefix), 0, -1, withscores=True)
        died = []
        for name, expires in alive:
            period = name.decode()
            if period == PERMANENT:
                continue
            with redis_errors(self._client):
                there = self._client.exists(salt_key(prefix, period))
                if there and self._may_die(period, int(expires), now, oldest_spooled):
                    self._client.delete(salt_key(prefix, period))
                    there = 0
            if not there:
                died.append(period)
        if died and self.rewrite():
            with redis_errors(self._client):
                self._client.zrem(salts_alive(prefix), *died)
        return died

    def rewrite(self) -> bool:
        """Have each Redis write its append-only file anew, without what was deleted; False if the home, where salts are, will not
        now."""
        done = True
        for shard in self._queue.shards:
            try:
                for node in nodes(shard.client):
                    with redis_errors(node):
                        node.bgrewriteaof()
            except QueueAway:
                done &= shard is not self._queue.shards[0]
        return done

    def _may_die(self, period: str, expires: int, now: int, oldest_spooled: int | None) -> bool:
        needed_until = end(_after(period))
        if now < needed_until or (oldest_spooled is not None and oldest_spooled < needed_until):
            return False
        if expires > end(period) + LIVE_DAYS:
            return False  # later than a live day's: an import of the past is using it
        return not any(self._is_older(client, name, needed_until) for client, name in self._lists())

    def _lists(self) -> Iterator[tuple[Any, str]]:
        for keys in self._queue.partitions:
            for name in (keys.queue, keys.past, keys.hand):
                yield self._queue.client_of(keys.number), name

    def _is_older(self, client: Any, name: str, time: int) -> bool:
        """Whether a list holds hits from before a time; of a long one nobody wants to know."""
        with redis_errors(client):
            entries = client.lrange(name, 0, LOOK)
        return len(entries) > LOOK or any(_time_of(entry, time) < time for entry in entries)


def _time_of(entry: bytes, otherwise: int) -> int:
    try:
        return decode(entry).at
    except UnreadableHit:
        return otherwise


def _after(period: str) -> str:
    return written(end(period), "%Y-%m-%d" if len(period) == 10 else "%Y-%m")
