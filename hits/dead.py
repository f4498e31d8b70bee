"""Dead letters: hits that the store refused for good, or that nobody can read; after privacy, with the reason.

A letter keeps what documents are made from (no address), so that it can be retried once its cause is mended.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from hits.queue import Queue
from hits.redis import redis_errors


class DeadLetter(msgspec.Struct, kw_only=True, omit_defaults=True):
    """`facts` is what the importer knew of the hit (importer/facts.py), empty for an entry that nobody could read."""

    receipt: str
    reason: str
    died: int
    received: int = 0
    way: str = ""
    site: str = ""
    facts: msgspec.Raw = msgspec.Raw(b"{}")

    def as_dict(self) -> dict[str, Any]:
        out: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return out


def letters(queue: Queue, site: str | None = None) -> Iterator[DeadLetter]:
    """All of them, the oldest death first. Raises QueueAway."""
    found = []
    for keys in queue.partitions:
        client = queue.client_of(keys.number)
        with redis_errors(client):
            found += [msgspec.json.decode(text, type=DeadLetter) for text in client.hvals(keys.dead)]
    return iter(sorted((one for one in found if site in (None, one.site)), key=lambda one: (one.died, one.receipt)))


def letter(queue: Queue, receipt: str) -> DeadLetter | None:
    """One letter. Raises QueueAway."""
    for keys in queue.partitions:
        client = queue.client_of(keys.number)
        with redis_errors(client):
            text = client.hget(keys.dead, receipt)
        if text is not None:
            return msgspec.json.decode(text, type=DeadLetter)
    return None
