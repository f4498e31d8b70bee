"""Where a way in leaves its hits: in the Redis of their partition, or in the spool while that is away."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from hits.breaker import Breaker
from hits.hit import SPOOLED, Hit, encode
from hits.pressure import Pressure
from hits.queue import Queue, Shard, is_past, ledger_field, open_queue
from hits.redis import QueueAway
from hits.spool import Spool, SpoolFull, spool_folder
from settings import Settings

log = logging.getLogger("fizzstat.collect")

PUSH_TIMEOUT = 0.5  # seconds
SAY = 60.0  # seconds between two lines of the log that say the same


class IntakeFull(Exception):
    """Neither Redis nor the spool takes hits now; try again in `retry_after` seconds."""

    retry_after = 30


class Intake:
    """Of one process and one thread."""

    def __init__(self, queue: Queue, spool: Spool, on_spooled: Callable[[int], None] = lambda hits: None, queue_limit: int = 0):
        self.queue, self.spool, self._on_spooled = queue, spool, on_spooled
        self._pressure = Pressure(queue, queue_limit)
        self._said_full = float("-inf")

    def past_waits(self) -> bool:
        """Whether hits of the past are not to be taken now, since so many hits wait already."""
        return self._pressure.over()

    def take(self, hits: Sequence[Hit]) -> None:
        """Every hit is in Redis or in the spool when this returns. Raises IntakeFull, and then says nothing of any of them."""
        for (partition, past), some in self._by_queue(hits).items():
            if not self._push(partition, past, some):
                self._spool(partition, past, some)

    def _by_queue(self, hits: Sequence[Hit]) -> Mapping[tuple[int, bool], Sequence[Hit]]:
        """Hits by partition, and whether they are of the past."""
        if len(hits) == 1:
            return {(self.queue.partition_of(hits[0]), is_past(hits[0])): hits}
        groups: dict[tuple[int, bool], list[Hit]] = defaultdict(list)
        for hit in hits:
            groups[self.queue.partition_of(hit), is_past(hit)].append(hit)
        return groups

    def _push(self, partition: int, past: bool, hits: Sequence[Hit]) -> bool:
        received: dict[str, int] = {}
        for hit in hits:
            name = ledger_field(hit.received, hit.way, "received", hit.site)
            received[name] = received.get(name, 0) + 1
        try:
            with self.queue.shard_of(partition).breaker.asking():
                self.queue.push(partition, [encode(hit) for hit in hits], received, past)
        except QueueAway:
            return False
        return True

    def redis_takes_hits(self) -> bool:
        """Whether every Redis does."""
        return all(self._takes_hits(shard) for shard in self.queue.shards)

    def _takes_hits(self, shard: Shard) -> bool:
        try:
            with shard.breaker.asking():
                self.queue.probe(shard)
        except QueueAway:
            return False
        return True

    def _spool(self, partition: int, past: bool, hits: Sequence[Hit]) -> None:
        title = self.queue.partition(partition).title.encode()
        # Redis may have queued them before it fell silent. So the copy has a receipt of its own, and is known as a repeat.
        entries = [encode(replace(hit, receipt=hit.receipt + SPOOLED)) for hit in hits]
        try:
            self.spool.write([b"%b %d %b" % (title, past, entry) for entry in entries])
        except SpoolFull as error:
            self._say_full(error)
            raise IntakeFull(str(error)) from error
        self._on_spooled(len(hits))

    def _say_full(self, why: SpoolFull) -> None:
        if time.monotonic() - self._said_full >= SAY:
            self._said_full = time.monotonic()
            log.error("hits are refused with 503: Redis is away or full, and the spool takes none: %s", why)


def open_intake(settings: Settings, breakers: Sequence[Breaker], on_spooled: Callable[[int], None] = lambda hits: None) -> Intake:
    """An intake for the thread that calls: after a fork, not before. All of a process share the breakers, one a Redis;
    `on_spooled` is told how many hits went to the spool."""
    queue = open_queue(settings, PUSH_TIMEOUT, wires=True, breakers=breakers)
    return Intake(queue, Spool(spool_folder(settings.data_dir), settings.spool_limit << 20), on_spooled, settings.queue_limit)
