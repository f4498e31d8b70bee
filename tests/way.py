"""The queue and the turns on it, driven by hand as an importer drives them: for tests of what a turn does."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

import redis

from hits import ledger
from hits.hit import Hit, encode
from hits.queue import Queue, ledger_field
from importer.facts import Context
from importer.index import index_period
from importer.turn import Part, Turn
from store.base import Store
from tests.model import MINUTE

MIDNIGHT = 1_764_028_800_000  # 2025-11-25T00:00:00Z
PARTITIONS = 2
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class EverySalt(dict[str, bytes]):
    """A salt for any period."""

    def get(self, period: str, default: object = None) -> bytes:  # type: ignore[override]
        return period.encode()


CONTEXT = Context(keep_bots=False, salts=EverySalt())


class Crash(BaseException):
    pass


@dataclass
class CrashAt:
    """Raises at the n-th moment that a turn tells of."""

    n: int

    def __call__(self, moment: str) -> None:
        self.n -= 1
        if self.n == 0:
            raise Crash(moment)


class Way:
    """The queue and the turns on it, as an importer drives them, with a worker of its own after each crash."""

    numbers = count()

    def __init__(self, client: redis.Redis, prefix: str, store: Store):
        self.queue = Queue(client, f"{prefix}:{next(self.numbers)}", PARTITIONS)
        self.store = store
        self.workers = count()
        self.now = MIDNIGHT + 300 * MINUTE
        self.tokens: dict[int, bytes] = {}
        self.take_over()

    def take_over(self) -> None:
        for number, keys in enumerate(self.queue.partitions):
            self.queue.client.delete(keys.lease)
            token = self.queue.lease(number, f"worker-{next(self.workers)}", 60)
            assert token
            self.tokens[number] = token

    def push(self, hits: list[Hit]) -> None:
        for hit in hits:
            fields = {ledger_field(hit.received, hit.way, "received", hit.site): 1}
            self.queue.push(self.queue.partition_of(hit), [encode(hit)], fields)

    def turn(
        self,
        observe: Callable[[str], None] = lambda moment: None,
        due: bool = False,
        clock: int = 0,
        put_off: bool = False,
    ) -> list[int]:
        """A turn over all partitions, with all clients looked after if they are `due`; the partitions that were lost."""
        turn = Turn(self.queue, self.store, "fizzstat", index_period("month"), lambda number, hits: self.context(number), observe)
        parts = {}
        for number, keys in enumerate(self.queue.partitions):
            clients = [client.decode() for client in self.queue.client.hkeys(keys.clients)] if due else []
            parts[number] = Part(self.tokens[number], 1000, clock, over=clients)
        return turn.take(parts, self.now, put_off)[1]

    def context(self, number: int) -> Context:
        erased = self.queue.client.hgetall(self.queue.partitions[number].erased)
        return replace(CONTEXT, erased={what.decode(): int(before) for what, before in erased.items()})

    def deliver(self, hits: list[Hit], crashes: list[int], put_off: bool = False) -> None:
        """Queue hits and import them; die at the given moments on the way, each time followed by another worker."""
        self.push(hits)
        for n in crashes:
            try:
                self.turn(CrashAt(n), put_off=put_off)
            except Crash:
                self.take_over()
            assert ledger.read(self.queue).balanced
        assert not self.turn(put_off=put_off)

    def ledger(self) -> ledger.Ledger:
        return ledger.read(self.queue)


receipts = count()


def hit(kind: str, who: str, minute: float, **fields: object) -> Hit:
    agent = f"{BROWSER} {who}"
    given = {
        "receipt": f"{next(receipts):032x}",
        "received": MIDNIGHT + 200 * MINUTE,
        "time": MIDNIGHT + int(minute * MINUTE),
        **fields,
    }
    return Hit(
        way="event",
        kind=kind,
        site="example.com",
        ip="203.0.113.7",
        agent=agent,
        **given,
    )
