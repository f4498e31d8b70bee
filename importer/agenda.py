"""What a turn is to do: from the queue's lengths, the parts of the next turn, and whether documents may be put off."""

import time
from collections.abc import Mapping

from hits.queue import Queue
from hits.redis import redis_errors
from importer.turn import Part
from importer.visits import WINDOW

LOOK_AFTER = 2.0  # seconds between looks for clients whose visits may be over
OVER = 200  # clients of a partition that are looked after at once
PUT_OFF = 30_000  # how long documents are put off while hits queue up (ms)


class Every:
    """True once in so many seconds."""

    def __init__(self, seconds: float, at_once: bool = True):
        self._seconds = seconds
        self._last = -seconds if at_once else time.monotonic()

    def due(self) -> bool:
        if time.monotonic() - self._last < self._seconds:
            return False
        self._last = time.monotonic()
        return True


class Agenda:
    """Of one worker. All methods raise QueueAway."""

    def __init__(self, queue: Queue, batch_size: int, batch_seconds: float):
        self._queue, self._batch_size, self._batch_seconds = queue, batch_size, batch_seconds
        self._look_after = Every(LOOK_AFTER)
        self._first_seen: float | None = None
        self._from = 0

    def next_turn(self, held: Mapping[int, bytes], now: int) -> tuple[dict[int, Part], bool]:
        """The parts (by partition), none if it is too early for a turn, and whether more hits wait than it will take."""
        waiting = self._queue.waiting(held)
        n = sum(waiting.values())
        behind = n > self._batch_size
        over = self._over(held, str(now - WINDOW)) if self._look_after.due() else {}
        unwritten = self._unwritten(held, str(now - PUT_OFF) if behind else "+inf")
        if not (over or unwritten or self._is_batch(n)):
            return {}, behind
        self._first_seen = None
        # What was put off takes room of the batch: a turn's documents are in memory at once.
        parts, room = {}, self._batch_size - sum(map(len, unwritten.values()))
        for number in self._in_turn(held):
            there = waiting.get(number, 0)
            if (there and room > 0) or number in over or number in unwritten:
                clock = self._clock(number, there, now) if number in over else 0
                token, clients = held[number], over.get(number, [])
                parts[number] = Part(token, max(room, 0), clock, clients, unwritten.get(number, []))
                room -= there
        return parts, behind

    def _is_batch(self, n: int) -> bool:
        """Whether to import now: a whole batch is there, or the first hit of a part of one has waited long enough."""
        if n == 0:
            self._first_seen = None
            return False
        if self._first_seen is None:
            self._first_seen = time.monotonic()
        return n >= self._batch_size or time.monotonic() - self._first_seen >= self._batch_seconds

    def _in_turn(self, held: Mapping[int, bytes]) -> list[int]:
        """Each time another partition comes first, so that a full one does not starve the last."""
        numbers = sorted(held)
        self._from = (self._from + 1) % max(1, len(numbers))
        return numbers[self._from :] + numbers[: self._from]

    def _over(self, held: Mapping[int, bytes], before: str) -> dict[int, list[str]]:
        """Clients that nothing was heard of since."""
        return self._clients({number: self._queue.partitions[number].touched for number in held}, before, OVER)

    def _unwritten(self, held: Mapping[int, bytes], before: str) -> dict[int, list[str]]:
        """Clients of which documents were put off before."""
        most = max(1, self._batch_size // 2 // max(1, len(held)))
        return self._clients({number: self._queue.partitions[number].unwritten for number in held}, before, most)

    def _clients(self, keys: Mapping[int, str], before: str, most: int) -> dict[int, list[str]]:
        found = self._queue.ask(lambda pipe, of: pipe.zrangebyscore(keys[of.number], "-inf", before, start=0, num=most), keys)
        return {number: [id.decode() for id in ids] for number, (ids,) in found.items() if ids}

    def _clock(self, number: int, waiting: int, now: int) -> int:
        """The time that a partition's hits have reached; with none on their way it is now."""
        if not waiting:
            return now
        client = self._queue.client_of(number)
        with redis_errors(client):
            return int(client.get(self._queue.partition(number).clock) or 0)
