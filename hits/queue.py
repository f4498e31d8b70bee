"""The queue: hits come in with push, and a worker that holds a partition's lease claims and settles them.

Everything that must not be torn apart is one Lua script (hits/lua/); hits/keys.py says what each key holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from zlib import crc32

import redis

from hits.days import DAY, day_of
from hits.hit import Hit
from hits.keys import Partition
from hits.redis import redis_errors
from hits.wire import Wire

PUSH_MOST = 1000  # entries in one script's arguments
PAST = DAY  # a hit that is older than this when it arrives belongs to the past's queue (ms)


class Fenced(Exception):
    """Another worker took the partition: what this one was doing is its business no more."""


def ledger_field(received: int, way: str, column: str, site: str) -> str:
    return f"{day_of(received)}|{way}|{column}|{site}"


def is_past(hit: Hit) -> bool:
    return hit.at < hit.received - PAST


@dataclass(frozen=True)
class Hand:
    """What a worker claimed of a partition: the entries, in the order of their arrival."""

    partition: int
    batch: int
    entries: list[bytes]


@dataclass
class Settlement:
    """What becomes of a partition in one step (see hits/lua/settle.lua)."""

    now: int
    clock: int = 0
    empty_hand: bool = False
    end_order: bool = False
    states: dict[str, bytes] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    ledger: dict[str, int] = field(default_factory=dict)
    dead: dict[str, bytes] = field(default_factory=dict)
    dead_gone: list[str] = field(default_factory=list)
    back: list[bytes] = field(default_factory=list)
    erased: dict[str, int] = field(default_factory=dict)
    put_off: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)

    def count(self, received: int, way: str, column: str, site: str, n: int = 1) -> None:
        name = ledger_field(received, way, column, site)
        self.ledger[name] = self.ledger.get(name, 0) + n

    def arguments(self, token: bytes) -> list[Any]:
        lists = (
            _pairs(self.states),
            self.gone,
            _pairs({name: n for name, n in self.ledger.items() if n}),
            _pairs(self.dead),
            self.dead_gone,
            self.back,
            _pairs(self.erased),
            self.put_off,
            self.written,
        )
        out: list[Any] = [token, self.now, self.clock, int(self.empty_hand), int(self.end_order)]
        for items in lists:
            out.append(len(items))
            out.extend(items)
        return out


def _pairs(mapping: Mapping[str, Any]) -> list[Any]:
    return [part for pair in mapping.items() for part in pair]


class Queue:
    """One thread's view of the queue. All methods raise QueueAway when Redis does not do its part.

    `push` goes through `wire` if there is one, everything else through `client`."""

    def __init__(self, client: redis.Redis, prefix: str, partitions: int, wire: Wire | None = None):
        self.client: Any = client
        self.prefix, self._partitions, self._wire = prefix, partitions, wire
        scripts = Path(__file__).parent / "lua"
        self._script = {path.stem: client.register_script(path.read_text()) for path in sorted(scripts.glob("*.lua"))}

    @cached_property
    def partitions(self) -> list[Partition]:
        return [Partition(self.prefix, number) for number in range(self._partitions)]

    def keep_all_partitions(self) -> None:
        """Count in the partitions of an earlier, greater FIZZSTAT_PARTITIONS, so that their hits are imported too."""
        with redis_errors():
            ever = max(self._partitions, int(self.client.get(f"{self.prefix}:partitions") or 0))
            self.client.set(f"{self.prefix}:partitions", ever)
        self._partitions = ever
        self.__dict__.pop("partitions", None)

    # ── in

    def partition_of(self, hit: Hit) -> int:
        """All hits of a client come to one partition."""
        return crc32(f"{hit.site}\n{hit.ip}\n{hit.agent}".encode("utf-8", "surrogatepass")) % self._partitions

    def push(self, partition: int, entries: Sequence[bytes], received: Mapping[str, int], past: bool = False) -> None:
        """Queue up to PUSH_MOST encoded hits; `received` counts them by ledger field."""
        keys = self.partitions[partition]
        names = [keys.past if past else keys.queue, keys.ledger]
        arguments = [len(entries), *entries, *_pairs(received)]
        if self._wire:
            self._wire.run(self._script["push"], names, arguments)
        else:
            self._run("push", names, arguments)

    def drain(
        self,
        partition: int,
        file: str,
        before: int,
        after: int,
        live: Sequence[bytes],
        past: Sequence[bytes],
        received: Mapping[str, int],
    ) -> int:
        """Queue the hits of a spool file between two offsets; answers the offset that holds now."""
        keys = self.partitions[partition]
        arguments = [file, before, after, len(live), len(past), *live, *past, *_pairs(received)]
        return int(self._run("drain", [keys.queue, keys.past, keys.ledger, keys.spools], arguments))

    def probe(self) -> None:
        """Raises QueueAway when Redis takes no writes now."""
        with redis_errors():
            self.client.set(f"{self.prefix}:probe", b"", px=1000)

    # ── a worker's

    def lease(self, partition: int, worker: str, seconds: float) -> bytes | None:
        """The fencing token of a partition that is ours now; None while another holds it."""
        keys = self.partitions[partition]
        token: bytes | None = self._run("lease", [keys.lease, keys.token], [worker, int(seconds * 1000)])
        return token

    def release(self, partition: int, worker: str) -> None:
        self._run("release", [self.partitions[partition].lease], [worker])

    def waiting(self, partitions: Iterable[int]) -> dict[int, int]:
        """How many hits each partition has for its worker, those left in its hand among them."""
        numbers = list(partitions)
        with redis_errors(), self.client.pipeline(transaction=False) as pipe:
            for number in numbers:
                keys = self.partitions[number]
                pipe.llen(keys.queue)
                pipe.llen(keys.past)
                pipe.llen(keys.hand)
            lengths = pipe.execute()
        return {number: sum(lengths[3 * i : 3 * i + 3]) for i, number in enumerate(numbers)}

    def has_hand(self, partition: int) -> bool:
        """Whether a batch was left in the partition's hand."""
        with redis_errors():
            return bool(self.client.exists(self.partitions[partition].hand))

    def claim(self, partition: int, token: bytes, most: int) -> Hand:
        """Take up to `most` hits, or the whole hand that a batch before left. Raises Fenced."""
        keys = self.partitions[partition]
        answer = self._run("claim", [keys.token, keys.hand, keys.batch, keys.queue, keys.past], [token, most])
        if answer is None:
            raise Fenced(f"partition {partition}")
        return Hand(partition, answer[0], answer[1:])

    def version(self) -> int:
        """For documents that are written now (microseconds): greater than any before, whatever clocks do."""
        return int(self._run("version", [f"{self.prefix}:version"], []))

    def salt(self, keys: list[str], arguments: list[Any]) -> bytes:
        """See importer/salts.py."""
        salt: bytes = self._run("salt", keys, arguments)
        return salt

    def settle(self, partition: int, token: bytes, settlement: Settlement) -> None:
        """Do all of a settlement, or raise Fenced and do none of it."""
        k = self.partitions[partition]
        keys = [k.token, k.hand, k.ledger, k.clients, k.touched, k.clock, k.dead, k.queue, k.orders, k.erased, k.unwritten]
        if not self._run("settle", keys, settlement.arguments(token)):
            raise Fenced(f"partition {partition}")

    def _run(self, script: str, keys: list[str], arguments: list[Any]) -> Any:
        with redis_errors():
            return self._script[script](keys=keys, args=arguments)
