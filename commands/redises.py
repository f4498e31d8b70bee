"""Each Redis of the queue's, as `status` and `doctor` look at it; of a cluster each node that holds data is one."""

from functools import cached_property
from typing import Any

import redis

from hits.redis import QueueAway, connect_to, nodes, redis_errors, redis_urls, without_secrets
from settings import Settings


class AskedRedis:
    """`place` is which of FIZZSTAT_REDIS_URL it is, from 0; `away` what is wrong if it does not answer."""

    def __init__(self, client: Any, place: int, where: str = "", away: QueueAway | None = None):
        self.client, self.place, self.where, self.away = client, place, where or str(client.where), away
        if not away:
            try:
                self.info  # noqa: B018 - away is away
            except QueueAway as error:
                self.away = error

    @cached_property
    def info(self) -> dict[str, Any]:
        """INFO. Raises QueueAway."""
        if self.away:
            raise self.away
        with redis_errors(self.client):
            told: dict[str, Any] = self.client.info()
        return told

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
    """All of them, the home first, asked once."""
    found: list[AskedRedis] = []
    for place, url in enumerate(redis_urls(settings)):
        client = connect_to(url, timeout)
        try:
            found += [AskedRedis(node, place) for node in nodes(client)]
        except QueueAway as away:
            found.append(AskedRedis(client, place, without_secrets(url), away))
    return found
