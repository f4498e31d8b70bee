"""The queue: hits come in with push, and a worker that holds a partition's lease claims and settles them.

Everything that must not be torn apart is one Lua script (hits/lua/); hits/keys.py says what each key holds, and where.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import redis

from hits.breaker import Breaker
from hits.days import DAY, day_of
from hits.hit import Hit
from hits.keys import Partition
from hits.redis import QueueAway, connect_to, redis_errors, redis_urls
from hits.scripts import SCRIPTS
from hits.wire import Wire
from settings import Settings

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


@dataclass
class Shard:
    """One Redis of the queue's. `push` goes through `wire` if there is one, everything else through `client`; who would go on
    without this Redis keeps in `breaker` whether to ask it."""

    client: Any
    wire: Wire | None = None
    breaker: Breaker = field(default_factory=Breaker)

    @property
    def where(self) -> str:
        """Its URL without secrets, as far as the client is told."""
        return str(getattr(self.client, "where", ""))


class Queue:
    """One thread's view of the queue. All methods raise QueueAway when a Redis does not do its part.

    `shards` are its Redis, the home first; a client alone, with its wire, is a queue of one. Each has `partitions` partitions;
    their numbers here are those of all Redis together (hits/keys.py)."""

    def __init__(self, shards: Sequence[Shard] | redis.Redis, prefix: str, partitions: int, wire: Wire | None = None):
        self.shards = shards if isinstance(shards, Sequence) else [Shard(shards, wire)]
        self.client: Any = self.shards[0].client
        self.prefix = prefix
        self._settled = partitions
        self._known: dict[int, Partition] = {}
        self._use(partitions)

    def _use(self, of_each: int) -> None:
        self._of_each = of_each
        self.partitions = [self.partition(number) for number in range(of_each * len(self.shards))]

    def partition(self, number: int) -> Partition:
        """Its keys; also of one that is not in use."""
        keys = self._known.get(number)
        if keys is None:
            keys = self._known[number] = Partition(self.prefix, number, len(self.shards))
        return keys

    def shard_of(self, number: int) -> Shard:
        return self.shards[number % len(self.shards)]

    def client_of(self, number: int) -> Any:
        """The client for a partition's own keys."""
        return self.shard_of(number).client

    def keep_all_partitions(self) -> None:
        """Count in the partitions of an earlier, greater FIZZSTAT_PARTITIONS, so that their hits are imported too; of a Redis
        that is away, and is not the home, not now. Raises QueueAway."""
        self.keep_partitions_of(0)
        for place in range(1, len(self.shards)):
            with suppress(QueueAway):
                self.keep_partitions_of(place)

    def keep_partitions_of(self, place: int) -> None:
        """The same for one Redis alone."""
        client = self.shards[place].client
        with redis_errors(client):
            ever = max(self._settled, int(client.get(f"{self.prefix}:partitions") or 0))
        SCRIPTS["put"].run(client, [f"{self.prefix}:partitions"], [ever])
        SCRIPTS["put"].run(client, [f"{self.prefix}:place"], [place, "NX"])
        self._use(max(self._of_each, ever))

    def ask(
        self, put: Callable[[Any, Partition], object], numbers: Iterable[int] | None = None, shard: Shard | None = None
    ) -> dict[int, list[Any]]:
        """What partitions answer to the commands that `put` gives to a pipeline, one a Redis: all partitions, or those
        of some numbers or of one Redis."""
        answers: dict[int, list[Any]] = {}
        asked = [self.partition(number) for number in numbers] if numbers is not None else self.partitions
        for each in self.shards if shard is None else [shard]:
            mine = [keys for keys in asked if self.shards[keys.redis] is each]
            ends = [0]
            with redis_errors(each.client), each.client.pipeline(transaction=False) as pipe:
                for keys in mine:
                    put(pipe, keys)
                    ends.append(len(pipe))
                told = pipe.execute() if mine else []
            answers |= {keys.number: told[ends[i] : ends[i + 1]] for i, keys in enumerate(mine)}
        return answers

    # ── in

    def partition_of(self, hit: Hit) -> int:
        """All hits of a client come to one partition, and so to one Redis."""
        digest = crc32(f"{hit.site}\n{hit.ip}\n{hit.agent}".encode("utf-8", "surrogatepass"))
        return digest % self._of_each * len(self.shards) + jump(digest, len(self.shards))

    def push(self, partition: int, entries: Sequence[bytes], received: Mapping[str, int], past: bool = False) -> None:
        """Queue up to PUSH_MOST encoded hits; `received` counts them by ledger field."""
        keys, shard = self.partition(partition), self.shard_of(partition)
        names = [keys.past if past else keys.queue, keys.ledger]
        arguments = [len(entries), *entries, *_pairs(received)]
        if shard.wire:
            shard.wire.run(SCRIPTS["push"], names, arguments)
        else:
            SCRIPTS["push"].run(shard.client, names, arguments)

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
        keys = self.partition(partition)
        arguments = [file, before, after, len(live), len(past), *live, *past, *_pairs(received)]
        return int(self._run("drain", partition, [keys.queue, keys.past, keys.ledger, keys.spools], arguments))

    def probe(self, shard: Shard) -> None:
        """Raises QueueAway when a Redis takes no writes now."""
        with redis_errors(shard.client):
            shard.client.set(f"{self.prefix}:probe", b"", px=1000)

    # ── a worker's

    def lease(self, partition: int, worker: str, seconds: float) -> bytes | None:
        """The fencing token of a partition that is ours now; None while another holds it."""
        keys = self.partition(partition)
        token: bytes | None = self._run("lease", partition, [keys.lease, keys.token], [worker, int(seconds * 1000)])
        return token

    def release(self, partition: int, worker: str) -> None:
        self._run("release", partition, [self.partition(partition).lease], [worker])

    def waiting(self, partitions: Iterable[int]) -> dict[int, int]:
        """How many hits each partition has for its worker, those left in its hand among them."""
        lengths = self.ask(lambda pipe, keys: [pipe.llen(name) for name in (keys.queue, keys.past, keys.hand)], partitions)
        return {number: sum(of_lists) for number, of_lists in lengths.items()}

    def has_hand(self, partition: int) -> bool:
        """Whether a batch was left in the partition's hand."""
        client = self.client_of(partition)
        with redis_errors(client):
            return bool(client.exists(self.partition(partition).hand))

    def claim(self, partition: int, token: bytes, most: int) -> Hand:
        """Take up to `most` hits, or the whole hand that a batch before left. Raises Fenced."""
        keys = self.partition(partition)
        answer = self._run("claim", partition, [keys.token, keys.hand, keys.batch, keys.queue, keys.past], [token, most])
        if answer is None:
            raise Fenced(f"partition {partition}")
        return Hand(partition, answer[0], answer[1:])

    def version(self) -> int:
        """For documents that are written now (microseconds): greater than any before, whatever clocks do."""
        return int(SCRIPTS["version"].run(self.client, [f"{self.prefix}:version"], []))

    def salt(self, keys: list[str], arguments: list[Any]) -> bytes:
        """See importer/salts.py."""
        salt: bytes = SCRIPTS["salt"].run(self.client, keys, arguments)
        return salt

    def settle(self, partition: int, token: bytes, settlement: Settlement) -> None:
        """Do all of a settlement, or raise Fenced and do none of it."""
        k = self.partition(partition)
        keys = [k.token, k.hand, k.ledger, k.clients, k.touched, k.clock, k.dead, k.queue, k.orders, k.erased, k.unwritten]
        if not self._run("settle", partition, keys, settlement.arguments(token)):
            raise Fenced(f"partition {partition}")

    def _run(self, script: str, partition: int, keys: list[str], arguments: list[Any]) -> Any:
        return SCRIPTS[script].run(self.client_of(partition), keys, arguments)


def jump(key: int, n: int) -> int:
    """One of n (from 0), each for as many keys; and when there is one more, no key moves but to that one.

    By Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", 2014: https://arxiv.org/abs/1406.2294."""
    at, ahead = 0, 0
    while ahead < n:
        at = ahead
        key = (key * 2862933555777941757 + 1) % 2**64
        ahead = int((at + 1) * (2**31 / ((key >> 33) + 1)))
    return at


def open_queue(settings: Settings, timeout: float = 5.0, wires: bool = False, breakers: Sequence[Breaker] = ()) -> Queue:
    """The queue of the settings, for one thread; connected at its first command. With `wires` pushes go past redis-py.
    `breakers`, one a Redis, are those that threads share."""
    shards = [
        Shard(connect_to(url, timeout), Wire.to(url, timeout) if wires else None, breaker)
        for url, breaker in zip(redis_urls(settings), breakers or breakers_of(settings), strict=True)
    ]
    return Queue(shards, settings.redis_prefix, settings.partitions)


def breakers_of(settings: Settings) -> list[Breaker]:
    """One for each Redis."""
    return [Breaker() for _ in redis_urls(settings)]
