"""`./fizzstat status`: how all parts are, and what to do where something is wrong."""

from typing import Any

import click
import msgspec

from commands.app import App, pass_app
from commands.failures import sentence, without_secrets
from commands.queue import ledger_tables, when
from commands.screen import say, say_json, table
from hits import workers
from hits.ledger import Ledger
from hits.redis import QueueAway, redis_errors, redis_url
from hits.spool import Spool, spool_folder
from store.base import KINDS, StoreError


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@pass_app
def status(app: App, as_json: bool) -> None:
    """Say how all parts are, and what to do if one is not well.

    Exit code 1 when Redis or the store is away.
    """
    redis, rows, ledger = _redis(app)
    store = _store(app)
    if as_json:
        say_json(
            {
                "redis": redis,
                "store": store,
                "workers": [msgspec.to_builtins(row) for row in rows],
                "ledger": ledger and ledger.as_dict(),
            }
        )
    else:
        _say(redis, store, rows, ledger, app)
    away = [part["error"] for part in (redis, store) if "error" in part]
    for error in away:
        click.echo(f"Error: {error}", err=True)
    if away:
        raise SystemExit(1)


def _redis(app: App) -> tuple[dict[str, Any], list[workers.WorkerRow], Ledger | None]:
    url = without_secrets(redis_url(app.settings))
    try:
        ledger = app.ledger()
        rows = workers.alive(app.queue, app.settings.lease_seconds)
        with redis_errors():
            info = app.queue.client.info()
    except QueueAway as error:
        spooled = Spool(spool_folder(app.settings.data_dir), limit=0).used()
        return {"url": url, "ok": False, "spooled_bytes": spooled, "error": sentence(error, app)}, [], None
    told = {
        "version": info["redis_version"],
        "used_memory": info["used_memory"],
        "maxmemory": info["maxmemory"],
        "append_only": bool(info["aof_enabled"]),
        "eviction": info["maxmemory_policy"],
        "uptime_seconds": info["uptime_in_seconds"],
    }
    return {"url": url, "ok": True, "private": app.settings.own_redis, **told}, rows, ledger


def _store(app: App) -> dict[str, Any]:
    try:
        with app.store() as store:
            documents = {kind: store.count(kind) for kind in KINDS}
            return {"url": store.url, **store.health(), "documents": documents}
    except StoreError as error:
        return {"url": without_secrets(app.settings.store_url), "ok": False, "documents": None, "error": sentence(error, app)}


def _say(redis: dict[str, Any], store: dict[str, Any], rows: list[workers.WorkerRow], ledger: Ledger | None, app: App) -> None:
    say(table(("Part", "State", "Where"), [("Redis", _state(redis), redis["url"]), ("Store", _state(store), store["url"])]))
    if store["documents"] is not None:
        say("", table(("Documents", "#"), store["documents"].items()))
    if ledger is None:
        say("", f"The spool on this machine's disk holds {redis['spooled_bytes']:,} bytes of hits; none is lost.")
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
    if not redis["append_only"]:
        say(
            "",
            "Redis keeps no append-only file, so queued hits are lost if it crashes: set appendonly yes in its configuration.",
        )
    if redis["eviction"] != "noeviction":
        say("", "Redis may throw hits away when its memory is full: set maxmemory-policy noeviction in its configuration.")


def _state(part: dict[str, Any]) -> str:
    return "is well" if part["ok"] else "is away" if "error" in part else "is not well"
