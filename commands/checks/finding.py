"""What a check finds, and what it looks through."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from elasticsearch import Elasticsearch

from commands.app import App
from commands.redises import AskedRedis, asked, open_asked
from hits.queue import Queue
from hits.redis import QueueAway
from settings import Settings
from store import elastic_client
from store.base import StoreError

LEVELS = ("note", "warning", "error")
ASK_SECONDS = 3.0


@dataclass(frozen=True)
class Finding:
    """`level`: an `error` stops hits from being counted or loses some, a `warning` will or makes figures worse, a `note` is what
    FizzStat cannot promise here. `mend` is a command or a setting; "" where the sentence says all."""

    level: str
    sentence: str
    mend: str = ""


def note(sentence: str, mend: str = "") -> Finding:
    return Finding("note", sentence, mend)


def warning(sentence: str, mend: str = "") -> Finding:
    return Finding("warning", sentence, mend)


def error(sentence: str, mend: str = "") -> Finding:
    return Finding("error", sentence, mend)


class Ward:
    """All parts of a FizzStat, each opened when a check asks for it. `public_url` is the collector's address for browsers."""

    def __init__(self, app: App, public_url: str = ""):
        self.app, self.public_url = app, public_url
        self.settings: Settings = app.settings
        self.store_away: StoreError | None = None  # once it is known

    def now(self) -> float:
        return time.time()

    @cached_property
    def queue(self) -> Queue:
        """With all partitions that were ever in use. Raises QueueAway, and at once where a Redis was away before."""
        queue = open_asked(self.settings, self.every_redis, ASK_SECONDS)
        queue.keep_all_partitions()
        return queue

    @cached_property
    def every_redis(self) -> list[AskedRedis]:
        """The home first, those that are away too."""
        return asked(self.settings, ASK_SECONDS)

    @property
    def redis(self) -> Sequence[AskedRedis]:
        """Those that answer. Raises QueueAway when none does."""
        there = [one for one in self.every_redis if not one.away]
        if not there:
            raise self.every_redis[0].away or QueueAway("there is no Redis")
        return there

    def named(self, one: AskedRedis) -> str:
        """For a sentence: `Redis`, and where it is if there are several."""
        return f"Redis at {one.where}" if len(self.every_redis) > 1 else "Redis"

    @cached_property
    def _elastic(self) -> tuple[Elasticsearch, str]:
        client, shown = elastic_client.connect(self.settings.store_url, self.settings.store_api_key)
        return client.options(request_timeout=ASK_SECONDS), shown

    @property
    def elastic(self) -> Elasticsearch:
        """Raises BadStoreUrl, and what `store_away` is; use it within `talking(ward.store_shown)`."""
        if self.store_away:
            raise self.store_away
        return self._elastic[0]

    @property
    def store_shown(self) -> str:
        return self._elastic[1]
