"""The way to Redis: settings in, clients out that never repeat a command by themselves.

FIZZSTAT_REDIS_URL names one Redis or several; the first of them is the home, where what is of all is kept (hits/keys.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisClusterException
from redis.retry import Retry

from hits.cluster import Cluster, is_cluster
from settings import Settings

SOCKET_LIMIT = 100  # the kernel takes paths of up to 107 bytes


class QueueAway(Exception):
    """A Redis does not answer, is full, or takes no writes now. `where` is its URL without secrets, as far as that is known."""

    def __init__(self, reason: str = "", where: str = ""):
        super().__init__(reason)
        self.where = where


def redis_urls(settings: Settings) -> list[str]:
    """The setting's, the home first, or the private Redis's socket. A cluster is one, of all URLs that are given."""
    given: str = settings.redis_url or f"unix://{private_socket(settings)}"
    return [given] if is_cluster(given) else [url.strip() for url in given.split(",")]


def without_secrets(text: str) -> str:
    """URLs, comma-separated, without user, password and parameters."""
    return ",".join(_without_secrets(url.strip()) for url in text.split(","))


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    if not parts.netloc:
        return url.split("?")[0]
    host = parts.netloc.rpartition("@")[2]
    hidden = "***@" if "@" in parts.netloc else ""
    return f"{parts.scheme}://{hidden}{host}{parts.path}" + ("?***" if parts.query else "")


def private_socket(settings: Settings) -> Path:
    return short_path(settings.data_dir / "redis" / "redis.sock")


def short_path(path: Path) -> Path:
    """A socket's path, or one under a short name in the temporary folder where the kernel would not take that."""
    if len(str(path).encode()) <= SOCKET_LIMIT:
        return path
    name = blake2b(str(path).encode(), digest_size=8).hexdigest()
    return Path(gettempdir()) / f"fizzstat-{name}.sock"


class _OneConnection(redis.Redis):
    """What `single_connection_client=True` makes, but connected at its first command: a collector starts without Redis."""

    connection: Any
    where = ""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """On a new connection where Redis has closed the one of before, as when it was restarted: nothing was sent on that."""
        if self.connection and _is_stale(self.connection):
            self.connection.disconnect()
        return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        if self.connection:
            self.connection.disconnect()
        super().close()


def _is_stale(connection: Any) -> bool:
    try:
        return bool(connection.is_connected and connection.can_read())
    except (redis.RedisError, OSError):
        return True


def connect(settings: Settings, timeout: float = 5.0) -> redis.Redis:
    """A client of the home."""
    home: redis.Redis = connect_to(redis_urls(settings)[0], timeout)
    return home


def connect_to(url: str, timeout: float = 5.0) -> Any:
    """A client on one connection, for one thread. A push that was repeated could count a hit twice, so nothing is."""
    if is_cluster(url):
        return Cluster(url, timeout, without_secrets(url))
    client: Any = _OneConnection.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=min(timeout, 1.0),
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )
    client.connection = client.connection_pool.make_connection()
    client.where = without_secrets(url)
    return client


def nodes(client: Any) -> list[Any]:
    """A client for each process that holds data of a Redis: of a cluster its primaries. Raises QueueAway."""
    with redis_errors(client):
        return client.primaries() if isinstance(client, Cluster) else [client]


@contextmanager
def redis_errors(client: Any = None) -> Iterator[None]:
    """Say QueueAway for what redis-py says in a dozen ways, out of memory and read-only among them; and where, if the client
    is told."""
    try:
        yield
    except (redis.RedisError, RedisClusterException, OSError) as error:
        raise QueueAway(str(error) or type(error).__name__, getattr(client, "where", "")) from error
