"""The queue, opened for one request: it is one thread's. In: settings. Out: a Queue, closed at the end."""

from collections.abc import Iterator
from contextlib import contextmanager

from hits.queue import Queue, open_queue
from settings import Settings

TIMEOUT = 2.0  # seconds that Redis has to answer


@contextmanager
def asked_queue(settings: Settings) -> Iterator[Queue]:
    """Raises QueueAway."""
    queue = open_queue(settings, TIMEOUT)
    try:
        queue.keep_all_partitions()
        yield queue
    finally:
        for shard in queue.shards:
            shard.client.close()
