"""Whether hits of a site came since somebody began to look, and what became of them. In: the ledger, then and now. Out: a
Verdict, in words that say what to do."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.settings.queue import asked_queue
from dashboard.words import reason
from hits import ledger, workers
from hits.redis import QueueAway
from settings import Settings

DROPPED = "dropped:"


@dataclass(frozen=True)
class Verdict:
    """`state` is waits, counted, dropped, queued, or away."""

    state: str
    sentence: str


def counted(settings: Settings, site: str) -> dict[str, int] | None:
    """How many hits of the site were received, stored, and dropped by reason; None while Redis is away."""
    try:
        with asked_queue(settings) as queue:
            found = ledger.read(queue, site=site)
            at_work = bool(workers.alive(queue, settings.lease_seconds))
    except QueueAway:
        return None
    numbers = {"received": found.received, "stored": found.stored, "dead": found.dead, "at_work": int(at_work)}
    return numbers | {f"{DROPPED}{name}": number for name, number in found.dropped.items()}


def verdict(before: Mapping[str, int] | None, now: Mapping[str, int] | None) -> Verdict:
    """`before`: as it was when the page was opened."""
    if now is None or before is None:
        return Verdict("away", "Nobody can tell now: Redis is away. Hits are kept meanwhile.")
    more = {name: number - before.get(name, 0) for name, number in now.items()}
    if more["stored"] > 0:
        return Verdict("counted", f"It works: {_hits(more['stored'])} came, and counted.")
    dropped = [name for name, number in more.items() if name.startswith(DROPPED) and number > 0]
    if dropped:
        return Verdict("dropped", f"A hit came, but was not counted. {reason(dropped[0].removeprefix(DROPPED))}")
    if more["dead"] > 0:
        return Verdict("dropped", "A hit came, but the store refused it: ./fizzstat dead list says why.")
    if more["received"] > 0 and not now["at_work"]:
        return Verdict("queued", "A hit came, and waits: no importer is at work. ./fizzstat import starts one.")
    if more["received"] > 0:
        return Verdict("queued", "A hit came. It is being counted.")
    return Verdict("waits", "No hit yet. Open a page that has the tag, in another tab.")


def _hits(number: int) -> str:
    return "a hit" if number == 1 else f"{number:,} hits"
