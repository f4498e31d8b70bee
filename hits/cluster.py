"""A Redis Cluster as one Redis: its URLs in, a client out that finds its nodes at its first command.

`redis+cluster://host:port`, or `rediss+cluster://` with TLS; several, comma-separated, are nodes of the same cluster, any of
which will do to find the others. User, password and options are the first one's, for all nodes.
"""

from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.retry import Retry

MARK = "+cluster"


def is_cluster(url: str) -> bool:
    return urlsplit(url).scheme.endswith(MARK)


def _node(url: str) -> Any:
    parts = urlsplit(url)
    return ClusterNode(parts.hostname, parts.port or 6379)  # type: ignore[no-untyped-call]


class Cluster:
    """What `redis.RedisCluster` is, but connected at its first command: a collector starts without Redis. It goes where a
    node sends it (MOVED, ASK), since that node has done nothing, and repeats a command for no other reason."""

    def __init__(self, url: str, timeout: float, where: str):
        self._urls, self._timeout, self.where = url.split(","), timeout, where

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def primaries(self) -> list[Any]:
        """A client of each node that holds data."""
        return [self._primary(node) for node in self._client.get_primaries()]

    def close(self) -> None:
        if "_client" in self.__dict__:
            self._client.close()

    def _primary(self, node: Any) -> Any:
        client = self._client.get_redis_connection(node)
        client.where = f"redis://{node.name}"
        return client

    @cached_property
    def _client(self) -> Any:
        first, *others = (url.strip().replace(MARK, "", 1) for url in self._urls)
        return RedisCluster.from_url(
            first,
            startup_nodes=[_node(url) for url in others],
            retry=Retry(NoBackoff(), 0),
            socket_timeout=self._timeout,
            socket_connect_timeout=min(self._timeout, 1.0),
        )
