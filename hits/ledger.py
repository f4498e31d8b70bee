"""The ledger: where every hit that was received is now.

One law holds at every instant: received = stored + dropped + queued + in hand + dead. The left side and what became of
hits are counters; what is queued and in hand is counted where it lies, so an unbalanced ledger shows a lost hit.
"""

from collections import Counter
from typing import Any

import msgspec

from hits.days import day_of
from hits.hit import envelope
from hits.queue import Queue
from hits.redis import redis_errors
from hits.scripts import SCRIPTS


class Ledger(msgspec.Struct, kw_only=True):
    received: int
    stored: int
    dropped: dict[str, int]
    queued: int
    in_hand: int
    dead: int
    balanced: bool
    spooled: int
    by_way: dict[str, int]
    waiting: int = 0  # those of `queued` that wait for their view

    def as_dict(self) -> dict[str, Any]:
        """Without `waiting`, which `queued` counts already."""
        out: dict[str, Any] = msgspec.to_builtins(self)
        del out["waiting"]
        return out


def read(queue: Queue, spooled: int = 0, site: str | None = None, day: str | None = None) -> Ledger:
    """Add up all partitions, each as it was at one instant; of one site or UTC day (of arrival) if asked. Raises QueueAway.

    Of a site or day, `queued` is what the counters leave over: the lists are not searched.
    """
    columns: Counter[str] = Counter()
    ways: Counter[str] = Counter()
    queued = in_hand = 0
    filtered = site is not None or day is not None
    balanced = True
    for keys in queue.partitions:
        names = [keys.ledger, keys.queue, keys.past, keys.hand, keys.dead]
        told = SCRIPTS["ledger"].run(queue.client_of(keys.number), names, [-1 if filtered else 0])
        fields, live, past, held, dead, hand = told
        every: Counter[str] = Counter()
        for name, count in zip(fields[::2], fields[1::2], strict=True):
            its_day, way, column, its_site = name.decode().split("|", 3)
            every[column] += int(count)
            if site in (None, its_site) and day in (None, its_day):
                columns[column] += int(count)
                if column == "received":
                    ways[way] += int(count)
        waiting = live + past + every["waiting"]
        queued += waiting
        in_hand += sum(_concerns(entry, site, day) for entry in hand) if filtered else held
        balanced &= _left_over(every) == live + past + held and every["dead"] == dead
    if filtered:
        queued = _left_over(columns) - in_hand + columns["waiting"]
    return Ledger(
        received=columns["received"],
        stored=columns["stored"],
        dropped={name.removeprefix("dropped:"): n for name, n in sorted(columns.items()) if name.startswith("dropped:") and n},
        queued=queued,
        in_hand=in_hand,
        dead=columns["dead"],
        balanced=balanced,
        spooled=spooled,
        by_way=dict(sorted(ways.items())),
        waiting=columns["waiting"],
    )


def sites(queue: Queue) -> dict[str, int]:
    """How many hits were received of each site. Raises QueueAway."""
    found: Counter[str] = Counter()
    for keys in queue.partitions:
        client = queue.client_of(keys.number)
        with redis_errors(client):
            fields = client.hgetall(keys.ledger)
        for name, count in fields.items():
            _, _, column, site = name.decode().split("|", 3)
            if column == "received":
                found[site] += int(count)
    return dict(found)


def _left_over(columns: Counter[str]) -> int:
    """What must lie in the lists: received, less all that has an end and what waits for its view."""
    return columns["received"] - sum(n for name, n in columns.items() if name != "received")


def _concerns(entry: bytes, site: str | None, day: str | None) -> bool:
    hit = envelope(entry)
    return hit is not None and site in (None, hit.site) and day in (None, day_of(hit.received))
