"""Can hits be trusted to every Redis?"""

from collections.abc import Iterator

from commands.checks.finding import Finding, Ward, error, note, warning
from commands.failures import sentence
from commands.redises import held
from commands.screen import bytes_of
from hits.redis import redis_errors

OLDEST = (6, 2)
NEARLY = 0.8  # of what it may use


def redis_answers(ward: Ward) -> Iterator[Finding]:
    """Redis can be reached, and takes hits."""
    for one in ward.every_redis:
        name = ward.named(one)
        if one.away:
            yield error(sentence(one.away, ward.app), "./fizzstat run" if ward.settings.own_redis else "")
            continue
        if one.info.get("loading"):
            yield warning(f"{name} is still reading its files; hits go to the spool until it is through.")
        if one.info["role"] != "master":
            yield error(f"{name} is a replica, and takes no hits.", "FIZZSTAT_REDIS_URL must name the primary")
        if one.info.get("aof_last_write_status", "ok") != "ok":
            yield error(
                f"{name} could not write its append-only file: it takes no hits until it can.",
                "df -h; ls -l the folder of its files",
            )


def redis_is_in_its_place(ward: Ward) -> Iterator[Finding]:
    """Each Redis stands in FIZZSTAT_REDIS_URL where it always did."""
    for one in ward.redis:
        if one.info.get("cluster_enabled"):
            continue
        with redis_errors(one.client):
            first = one.client.get(f"{ward.settings.redis_prefix}:place")
        if first is not None and int(first) != one.place:
            yield error(
                f"{ward.named(one)} was number {int(first) + 1} of FIZZSTAT_REDIS_URL when it was first used, and is number "
                f"{one.place + 1} now: visits in progress, salts and orders are not found where they were.",
                "the order of before; a Redis more goes to the end",
            )


def redis_is_new_enough(ward: Ward) -> Iterator[Finding]:
    """It is a Redis 6.2 or later, or a Valkey."""
    for one in ward.redis:
        version = str(one.info["redis_version"])
        numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
        if numbers < OLDEST:
            yield error(f"{ward.named(one)} is version {version}, and FizzStat needs 6.2.", "install a newer Redis, or a Valkey")


def redis_keeps_what_it_takes(ward: Ward) -> Iterator[Finding]:
    """What it has answered is in a file, and synced every second."""
    for one in ward.redis:
        name = ward.named(one)
        if not one.info["aof_enabled"]:
            yield error(
                f"{name} keeps no append-only file: queued hits, states of visits and salts are lost when it crashes.",
                "redis-cli CONFIG SET appendonly yes && redis-cli CONFIG REWRITE",
            )
        elif one.config("appendfsync") == "no":
            yield warning(
                f"{name} leaves it to the system when its file is synced: a power failure loses half a minute of hits.",
                "redis-cli CONFIG SET appendfsync everysec && redis-cli CONFIG REWRITE",
            )
        if one.info.get("aof_last_bgrewrite_status", "ok") != "ok":
            yield warning(f"{name} could not rewrite its append-only file, which grows and keeps addresses meanwhile.", "df -h")


def redis_throws_nothing_away(ward: Ward) -> Iterator[Finding]:
    """It refuses when it is full, and does not evict."""
    for one in ward.redis:
        name, policy, evicted = ward.named(one), one.info["maxmemory_policy"], one.info["evicted_keys"]
        if policy != "noeviction":
            yield error(
                f"With maxmemory-policy {policy} a full {name} throws hits, states and salts away, silently.",
                "redis-cli CONFIG SET maxmemory-policy noeviction && redis-cli CONFIG REWRITE",
            )
        if evicted:
            yield error(
                f"{name} has thrown away {evicted:,} keys since it started: ./fizzstat ledger says whether hits were among them."
            )


def redis_has_room(ward: Ward) -> Iterator[Finding]:
    """Its memory is not nearly full."""
    for one in ward.redis:
        if not one.room or one.used < NEARLY * one.room:
            continue
        used = f"{ward.named(one)} uses {bytes_of(one.used)} of {bytes_of(one.room)}"
        said = f"{used}: full, it refuses hits, which then go to the spool. {held(ward.queue, one.place)}"
        mend = f"redis-cli CONFIG SET maxmemory {2 * max(one.used, one.room)} && redis-cli CONFIG REWRITE"
        yield error(said, mend) if one.full else warning(said, mend)


def redis_promises(ward: Ward) -> Iterator[Finding]:
    """What can be promised of a Redis that is not FizzStat's own."""
    if ward.settings.own_redis:
        return
    for one in ward.redis:
        name, replicas = ward.named(one), one.info["connected_slaves"]
        if one.config("appendonly") is None:
            yield note(
                f"{one.where} does not tell its configuration: what a crash or power failure costs is up to whoever runs it."
            )
        if replicas:
            yield note(f"{replicas} replicas of {name} hold copies of addresses and salts; a failover may lose the last hits.")
        if one.config("save"):
            yield note(
                f"{name} writes snapshots: addresses and dead salts live on in them and their backups.",
                'redis-cli CONFIG SET save "" && redis-cli CONFIG REWRITE',
            )
        yield note(
            f"{name}: its append-only file keeps addresses of imported hits until it is rewritten.",
            "redis-cli BGREWRITEAOF, every hour",
        )


CHECKS = (
    redis_answers,
    redis_is_in_its_place,
    redis_is_new_enough,
    redis_keeps_what_it_takes,
    redis_throws_nothing_away,
    redis_has_room,
    redis_promises,
)
