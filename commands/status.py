"""`./fizzstat status`: how all parts are, and what to do where something is wrong."""

from collections.abc import Iterator
from typing import Any

import click
import msgspec

from commands.app import App, pass_app
from commands.failures import sentence
from commands.queue import ledger_tables, when
from commands.redises import AskedRedis, asked, held
from commands.screen import bytes_of, say, say_json, table
from hits import workers
from hits.ledger import Ledger
from hits.redis import without_secrets
from hits.spool import Spool, spool_folder
from store.base import KINDS, StoreError

ASK_SECONDS = 5.0


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@pass_app
def status(app: App, as_json: bool) -> None:
    """Say how all parts are, and what to do if one is not well.

    Exit code 1 when Redis or the store is away.
    """
    found = asked(app.settings, ASK_SECONDS)
    redises = [_redis(app, one) for one in found]
    rows, ledger = _queue(app) if all(one["ok"] for one in redises) else ([], None)
    store = _store(app)
    if as_json:
        say_json(
            {
                "redis": {**redises[0], "others": redises[1:]} if redises[1:] else redises[0],
                "store": store,
                "workers": [msgspec.to_builtins(row) for row in rows],
                "ledger": ledger and ledger.as_dict(),
            }
        )
    else:
        _say(redises, store, rows, ledger, app)
        if ledger:
            say(*_full(app, found))
    away = [part["error"] for part in (*redises, store) if "error" in part]
    for error in away:
        click.echo(f"Error: {error}", err=True)
    if away:
        raise SystemExit(1)


def _redis(app: App, one: AskedRedis) -> dict[str, Any]:
    if one.away:
        spooled = Spool(spool_folder(app.settings.data_dir), limit=0).used()
        return {"url": one.where, "ok": False, "spooled_bytes": spooled, "error": sentence(one.away, app)}
    info = one.info
    told = {
        "version": info["redis_version"],
        "used_memory": info["used_memory"],
        "maxmemory": info["maxmemory"],
        "full": one.full,
        "append_only": bool(info["aof_enabled"]),
        "eviction": info["maxmemory_policy"],
        "uptime_seconds": info["uptime_in_seconds"],
    }
    return {"url": one.where, "ok": True, "private": app.settings.own_redis, **told}


def _queue(app: App) -> tuple[list[workers.WorkerRow], Ledger]:
    ledger = app.ledger()
    return workers.importers(app.queue, app.settings.lease_seconds), ledger


def _store(app: App) -> dict[str, Any]:
    try:
        with app.store() as store:
            documents = {kind: store.count(kind) for kind in KINDS}
            return {"url": store.url, **store.health(), "documents": documents}
    except StoreError as error:
        return {"url": without_secrets(app.settings.store_url), "ok": False, "documents": None, "error": sentence(error, app)}


def _say(
    redises: list[dict[str, Any]], store: dict[str, Any], rows: list[workers.WorkerRow], ledger: Ledger | None, app: App
) -> None:
    parts = [("Redis", _state(one), one["url"]) for one in redises]
    say(table(("Part", "State", "Where"), [*parts, ("Store", _state(store), store["url"])]))
    if store["documents"] is not None:
        say("", table(("Documents", "#"), store["documents"].items()))
    if ledger is None:
        spooled = next(one["spooled_bytes"] for one in redises if not one["ok"])
        say("", f"The spool on this machine's disk holds {spooled:,} bytes of hits; none is lost.")
        return
    say("")
    if rows:
        lines = [
            (row.id, when(row.started), f"{len(row.partitions)} of {len(app.queue.partitions)}", row.imported) for row in rows
        ]
        say(table(("Importer", "Since (UTC)", "Parts of the queue", "#Imported"), lines))
    else:
        say("No importer is at work: hits wait in the queue. Start one with ./fizzstat import (./fizzstat run has one).")
    say("", *ledger_tables(ledger))
    limit = app.settings.queue_limit
    if limit and ledger.queued > limit:
        say("", f"More than {limit:,} hits wait (FIZZSTAT_QUEUE_LIMIT), so hits of the past are not taken until there are fewer.")
    for one in redises:
        name = f"Redis at {one['url']}" if len(redises) > 1 else "Redis"
        if not one["append_only"]:
            lost = "so queued hits are lost if it crashes: set appendonly yes in its configuration."
            say("", f"{name} keeps no append-only file, {lost}")
        if one["eviction"] != "noeviction":
            say("", f"{name} may throw hits away when its memory is full: set maxmemory-policy noeviction in its configuration.")


def _full(app: App, redises: list[AskedRedis]) -> Iterator[str]:
    for one in redises:
        if one.full:
            used = f"{bytes_of(one.used)} of {bytes_of(one.room)}"
            yield ""
            yield f"Redis at {one.where} is full ({used}), so hits go to the spool. {held(app.queue, one.place)}"


def _state(part: dict[str, Any]) -> str:
    if not part["ok"]:
        return "is away" if "error" in part else "is not well"
    return "is full" if part.get("full") else "is well"
