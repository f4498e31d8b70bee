"""Where a way in leaves its hits: in Redis, or in the spool while Redis is away."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from hits.breaker import Breaker
from hits.hit import SPOOLED, Hit, encode
from hits.queue import Queue, is_past, ledger_field
from hits.redis import QueueAway, connect, redis_url
from hits.spool import Spool, SpoolFull, spool_folder
from hits.wire import Wire
from settings import Settings

PUSH_TIMEOUT = 0.5  # seconds


class IntakeFull(Exception):
    """Neither Redis nor the spool takes hits now; try again in `retry_after` seconds."""

    retry_after = 30


class Intake:
    """Of one process and one thread."""

    def __init__(
        self,
        queue: Queue,
        spool: Spool,
        breaker: Breaker | None = None,
        on_spooled: Callable[[int], None] = lambda hits: None,
    ):
        self.queue, self.spool, self._on_spooled = queue, spool, on_spooled
        self._breaker = breaker or Breaker()

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
            with self._breaker.asking():
                self.queue.push(partition, [encode(hit) for hit in hits], received, past)
        except QueueAway:
            return False
        return True

    def redis_takes_hits(self) -> bool:
        try:
            with self._breaker.asking():
                self.queue.probe()
        except QueueAway:
            return False
        return True

    def _spool(self, partition: int, past: bool, hits: Sequence[Hit]) -> None:
        # Redis may have queued them before it fell silent. So the copy has a receipt of its own, and is known as a repeat.
        entries = [encode(replace(hit, receipt=hit.receipt + SPOOLED)) for hit in hits]
        try:
            self.spool.write([b"%d %d %b" % (partition, past, entry) for entry in entries])
        except SpoolFull as error:
            raise IntakeFull(str(error)) from error
        self._on_spooled(len(hits))


def open_intake(settings: Settings, breaker: Breaker, on_spooled: Callable[[int], None] = lambda hits: None) -> Intake:
    """An intake for the thread that calls: after a fork, not before. All of a process share the breaker; `on_spooled` is told
    how many hits went to the spool."""
    wire = Wire.to(redis_url(settings), PUSH_TIMEOUT)
    queue = Queue(connect(settings, PUSH_TIMEOUT), settings.redis_prefix, settings.partitions, wire)
    spool = Spool(spool_folder(settings.data_dir), settings.spool_limit << 20)
    return Intake(queue, spool, breaker, on_spooled)
