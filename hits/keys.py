"""Every key in Redis, and what it holds.

`P` is the prefix (FIZZSTAT_REDIS_PREFIX). A partition's number stands in braces, as Redis Cluster's hash tag, so that
one script may change all keys of a partition at once.

FIZZSTAT_REDIS_URL may name several Redis. Each has partitions of its own, numbered from 0; all other keys are at the first, the
home. Of R Redis, the one r (from 0) has as its n what is partition n * R + r to the program: so with one Redis both are the
same, and keys stay what they are when another is added.

    of a partition n
    P:{n}:queue     list    hits that wait, oldest first (JSON, see hits/hit.py)
    P:{n}:past      list    the same for hits of past data, taken when `queue` leaves room
    P:{n}:hand      list    the batch that is being imported
    P:{n}:batch     number  how many batches were taken so far: the name of the one in hand
    P:{n}:lease     text    the worker that holds the partition; expires
    P:{n}:token     text    "number worker" of the last one who took the lease: the fencing token
    P:{n}:ledger    hash    "day|way|column|site" -> how many hits; columns: received, stored, dead, waiting, dropped:REASON
    P:{n}:clients   hash    client id -> its open visits (msgpack, see importer/state.py)
    P:{n}:touched   zset    client id, by when its visits last changed (ms)
    P:{n}:unwritten zset    client id, by since when documents of its visits are put off (ms)
    P:{n}:clock     number  the newest time of any hit imported (ms)
    P:{n}:dead      hash    receipt -> a dead letter (JSON, see hits/dead.py)
    P:{n}:erased    hash    site, or client id -> hits received before this (ms) are erased
    P:{n}:orders    list    orders that wait (JSON, see hits/orders.py)
    P:{n}:spools    hash    spool file -> how far it was drained into this partition (bytes)

    of each Redis
    P:partitions    number  how many partitions were ever in use there
    P:place         number  which of FIZZSTAT_REDIS_URL it was when it was first used, from 0
    P:probe         text    nothing: to write it is to know that Redis takes writes; expires

    of all, at home
    P:version       number  the last version given to documents (us)
    P:workers       hash    worker -> what it says of itself (JSON)
    P:snapshot      text    sites and keys, as accounts/ publishes them (JSON, see hits/snapshot.py)
    P:order:ID      hash    an order's text and progress; expires
    P:asked:KEY     number  when all that an API key (its SHA-256) may ask at once has come back (ms); expires
    P:{salts}:salt:PERIOD  text  a day's or month's salt (see importer/salts.py); expires
    P:{salts}:made  hash    period -> how many salts it had; a second one means that its visitors were counted anew
    P:{salts}:alive zset    periods whose salt may still be in a file of Redis, by when it expires (ms; 0 for never)
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Partition:
    """The keys of one partition. `number` is its number among those of all Redis, which are so many."""

    prefix: str
    number: int
    redises: int = 1

    @property
    def redis(self) -> int:
        """Which Redis it is on, from 0."""
        return self.number % self.redises

    @property
    def title(self) -> str:
        """What it is called for good, however many Redis there are: `3`, or `3.1` on the second Redis."""
        here = self.number // self.redises
        return f"{here}.{self.redis}" if self.redis else str(here)

    def __getattr__(self, name: str) -> str:
        if name.startswith("_"):
            raise AttributeError(name)
        key = f"{self.prefix}:{{{self.number // self.redises}}}:{name}"
        object.__setattr__(self, name, key)
        return key


def salt_key(prefix: str, period: str) -> str:
    return f"{prefix}:{{salts}}:salt:{period}"


def salts_made(prefix: str) -> str:
    return f"{prefix}:{{salts}}:made"


def salts_alive(prefix: str) -> str:
    return f"{prefix}:{{salts}}:alive"


def asked_key(prefix: str, sha256: str) -> str:
    return f"{prefix}:asked:{sha256}"
