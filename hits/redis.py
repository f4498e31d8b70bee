"""The way to Redis: settings in, a client out that never repeats a command by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from settings import Settings

SOCKET_LIMIT = 100  # the kernel takes paths of up to 107 bytes


class QueueAway(Exception):
    """Redis does not answer, is full, or takes no writes now."""


def redis_url(settings: Settings) -> str:
    """The setting, or the private Redis's socket."""
    return settings.redis_url or f"unix://{private_socket(settings)}"


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

    def close(self) -> None:
        if self.connection:
            self.connection.disconnect()
        super().close()


def connect(settings: Settings, timeout: float = 5.0) -> redis.Redis:
    """A client on one connection, for one thread. A push that was repeated could count a hit twice, so nothing is."""
    client = _OneConnection.from_url(
        redis_url(settings),
        socket_timeout=timeout,
        socket_connect_timeout=min(timeout, 1.0),
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )
    connection: Any = client.connection_pool.make_connection()
    client.connection = connection
    return client


@contextmanager
def redis_errors() -> Iterator[None]:
    """Say QueueAway for what redis-py says in a dozen ways, out of memory and read-only among them."""
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise QueueAway(str(error) or type(error).__name__) from error
