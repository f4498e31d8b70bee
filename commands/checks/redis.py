"""Is Redis one to which hits can be trusted?"""

from collections.abc import Iterator

from commands.checks.finding import Finding, Ward, bytes_of, error, note, warning
from commands.failures import sentence, without_secrets
from hits.redis import QueueAway, redis_url

OLDEST = (6, 2)
NEARLY, FULL = 0.8, 0.95  # of maxmemory


def redis_answers(ward: Ward) -> Iterator[Finding]:
    """Redis can be reached, and takes hits."""
    try:
        info = ward.redis_info
    except QueueAway as away:
        yield error(sentence(away, ward.app), "./fizzstat run" if ward.settings.own_redis else "")
        return
    if info.get("loading"):
        yield warning("Redis is still reading its files; hits go to the spool until it is through.")
    if info["role"] != "master":
        yield error("This Redis is a replica, and takes no hits.", "FIZZSTAT_REDIS_URL must name the primary")
    if info.get("aof_last_write_status", "ok") != "ok":
        yield error(
            "Redis could not write its append-only file: it takes no hits until it can.", "df -h; ls -l the folder of its files"
        )


def redis_is_new_enough(ward: Ward) -> Iterator[Finding]:
    """It is a Redis 6.2 or later, or a Valkey."""
    version = str(ward.redis_info["redis_version"])
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    if numbers < OLDEST:
        yield error(f"Redis is version {version}, and FizzStat needs 6.2.", "install a newer Redis, or a Valkey")


def redis_keeps_what_it_takes(ward: Ward) -> Iterator[Finding]:
    """What it has answered is in a file, and synced every second."""
    info = ward.redis_info
    if not info["aof_enabled"]:
        yield error(
            "Redis keeps no append-only file: queued hits, states of visits and salts are lost when it crashes.",
            "redis-cli CONFIG SET appendonly yes && redis-cli CONFIG REWRITE",
        )
    elif ward.redis_config("appendfsync") == "no":
        yield warning(
            "Redis leaves it to the system when its file is synced: a power failure loses half a minute of hits.",
            "redis-cli CONFIG SET appendfsync everysec && redis-cli CONFIG REWRITE",
        )
    if info.get("aof_last_bgrewrite_status", "ok") != "ok":
        yield warning("Redis could not rewrite its append-only file, which grows and keeps addresses meanwhile.", "df -h")


def redis_throws_nothing_away(ward: Ward) -> Iterator[Finding]:
    """It refuses when it is full, and does not evict."""
    policy, evicted = ward.redis_info["maxmemory_policy"], ward.redis_info["evicted_keys"]
    if policy != "noeviction":
        yield error(
            f"With maxmemory-policy {policy} a full Redis throws hits, states and salts away, silently.",
            "redis-cli CONFIG SET maxmemory-policy noeviction && redis-cli CONFIG REWRITE",
        )
    if evicted:
        yield error(
            f"Redis has thrown away {evicted:,} keys since it started: ./fizzstat ledger says whether hits were among them."
        )


def redis_has_room(ward: Ward) -> Iterator[Finding]:
    """Its memory is not nearly full."""
    info = ward.redis_info
    used, limit = info["used_memory"], info["maxmemory"] or info.get("total_system_memory", 0)
    if not limit or used < NEARLY * limit:
        return
    said = f"Redis uses {bytes_of(used)} of {bytes_of(limit)}: full, it refuses hits, which then go to the spool."
    mend = "start more ./fizzstat import, or redis-cli CONFIG SET maxmemory"
    yield error(said, mend) if used >= FULL * limit else warning(said, mend)


def redis_promises(ward: Ward) -> Iterator[Finding]:
    """What can be promised of a Redis that is not FizzStat's own."""
    if ward.settings.own_redis:
        return
    info = ward.redis_info
    where = without_secrets(redis_url(ward.settings))
    if ward.redis_config("appendonly") is None:
        yield note(f"{where} does not tell its configuration: what a crash or power failure costs is up to whoever runs it.")
    if info["connected_slaves"]:
        yield note(f"{info['connected_slaves']} replicas hold copies of addresses and salts; a failover may lose the last hits.")
    if ward.redis_config("save"):
        yield note(
            "Redis writes snapshots: addresses and dead salts live on in them and their backups.",
            'redis-cli CONFIG SET save "" && redis-cli CONFIG REWRITE',
        )
    yield note(
        "Its append-only file keeps addresses of imported hits until it is rewritten.", "redis-cli BGREWRITEAOF, every hour"
    )


CHECKS = (
    redis_answers,
    redis_is_new_enough,
    redis_keeps_what_it_takes,
    redis_throws_nothing_away,
    redis_has_room,
    redis_promises,
)
