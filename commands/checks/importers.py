"""Do hits become documents, and is each accounted for?"""

from collections.abc import Iterator

from commands.checks.finding import Finding, Ward, error, note, warning
from commands.screen import span
from hits import ledger, workers
from hits.hit import envelope
from hits.keys import salts_made
from hits.pressure import waiting
from hits.redis import redis_errors

SLOW, STUCK = 60.0, 3600.0  # seconds that the oldest hit may wait


def importers_work(ward: Ward) -> Iterator[Finding]:
    """An importer is at work, and every part of the queue has one."""
    alive = workers.importers(ward.queue, ward.settings.lease_seconds)
    if not alive:
        yield error("No importer is at work: hits wait in the queue.", "./fizzstat import (./fizzstat run has one)")
        return
    held = {number for row in alive for number in row.partitions}
    free = [keys.number for keys in ward.queue.partitions if keys.number not in held]
    if free and min(ward.now() * 1000 - row.started for row in alive) > 2000 * ward.settings.lease_seconds:
        yield warning(f"{len(free)} parts of the queue have no importer: their hits wait.", "./fizzstat import")


def queue_moves(ward: Ward) -> Iterator[Finding]:
    """The oldest hit has not waited for long."""
    firsts = ward.queue.ask(lambda pipe, keys: [pipe.lindex(name, 0) for name in (keys.queue, keys.hand)])
    received = [hit.received for entries in firsts.values() for entry in entries if entry and (hit := envelope(entry))]
    waited = ward.now() - min(received) / 1000 if received else 0.0
    if waited > SLOW:
        said = f"The oldest of {waiting(ward.queue):,} hits waits for {span(waited)}."
        mend = "./fizzstat status; the importer's log says what it waits for"
        yield error(said, mend) if waited > STUCK else warning(said, mend)


def queue_is_under_its_limit(ward: Ward) -> Iterator[Finding]:
    """Fewer hits wait than FIZZSTAT_QUEUE_LIMIT, so hits of the past are taken."""
    limit, now = ward.settings.queue_limit, waiting(ward.queue)
    if limit and now > limit:
        yield warning(
            f"{now:,} hits wait, more than FIZZSTAT_QUEUE_LIMIT ({limit:,}): hits of the past are refused until there are fewer.",
            "more ./fizzstat import, or a greater FIZZSTAT_QUEUE_LIMIT",
        )


def ledger_balances(ward: Ward) -> Iterator[Finding]:
    """Every hit that was received is accounted for."""
    if not ledger.read(ward.queue).balanced:
        yield error("The ledger is not balanced: please report it.", "./fizzstat status --json")


def no_hit_is_dead(ward: Ward) -> Iterator[Finding]:
    """The store refused no hit for good."""
    dead = ledger.read(ward.queue).dead
    if dead:
        yield warning(f"{dead:,} hits were refused for good, and wait for a decision.", "./fizzstat dead list")


def salts_were_kept(ward: Ward) -> Iterator[Finding]:
    """No salt was lost before its time, which counts a period's visitors twice."""
    with redis_errors(ward.queue.client):
        made = ward.queue.client.hgetall(salts_made(ward.queue.prefix))
    again = sorted(period.decode() for period, times in made.items() if int(times) > 1)
    if again:
        yield note(f"Redis lost the salts of {', '.join(again[-5:])}: visitors of then are counted anew from the loss on.")


def all_parts_are_in_use(ward: Ward) -> Iterator[Finding]:
    """FIZZSTAT_PARTITIONS is as it ever was."""
    ever, now = len(ward.queue.partitions) // len(ward.queue.shards), ward.settings.partitions
    if ever > now:
        yield note(
            f"The queue once had {ever} parts, and FIZZSTAT_PARTITIONS is {now}: all are imported, {ever - now} get no new hits."
        )


CHECKS = (
    importers_work,
    queue_moves,
    queue_is_under_its_limit,
    ledger_balances,
    no_hit_is_dead,
    salts_were_kept,
    all_parts_are_in_use,
)
