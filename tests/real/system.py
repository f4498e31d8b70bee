"""A small FizzStat under test: a Redis and a store of its own names, real importer and drain processes."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

import redis

from hits.drain import spooled
from hits.hit import Hit
from hits.intake import Intake
from hits.ledger import Ledger, read
from hits.queue import open_queue
from hits.spool import Spool, spool_folder
from settings import Settings, load
from store import open_store
from tests.servers import ROOT, until

Start = Callable[..., "System"]


class System:
    """`environ` is what its processes see; they inherit nothing of FIZZSTAT_* from elsewhere."""

    def __init__(self, data_dir: Path, redis_url: str, prefix: str, store_url: str, **more: str):
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("FIZZSTAT_")}
        self.environ |= {
            "FIZZSTAT_DATA_DIR": str(data_dir),
            "FIZZSTAT_REDIS_URL": redis_url,
            "FIZZSTAT_REDIS_PREFIX": prefix,
            "FIZZSTAT_INDEX_PREFIX": prefix,
            "FIZZSTAT_STORE_URL": store_url,
            "FIZZSTAT_PARTITIONS": "2",
            "FIZZSTAT_BATCH_SECONDS": "0.02",
            "FIZZSTAT_LEASE_SECONDS": "1",
            **more,
        }
        self.settings: Settings = load(self.environ, Path("none"))
        self.queue = open_queue(self.settings, wires=True)
        self.client = self.queue.client
        self.intake = Intake(self.queue, self.new_spool())
        self.processes: list[subprocess.Popen[bytes]] = []

    def new_spool(self) -> Spool:
        return Spool(spool_folder(self.settings.data_dir), self.settings.spool_limit << 20)

    def start(self, which: str, moment: str = "never", n: int = 1) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.real.killed", which, moment, str(n)]
        process = subprocess.Popen(command, cwd=ROOT, env=self.environ)
        self.processes.append(process)
        return process

    def kill(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        for shard in self.queue.shards:
            shard.client.close()
            if shard.wire:
                shard.wire.close()

    def ledger(self) -> Ledger:
        return read(self.queue, spooled(self.queue, spool_folder(self.settings.data_dir)))

    def imported(self, seconds: float = 60) -> Ledger:
        """The ledger, once nothing is on its way any more."""

        def done() -> bool:
            now = self.ledger()
            return not (now.spooled or now.in_hand or now.queued or self.put_off())

        until(done, "everything to be imported", seconds)
        return self.ledger()

    def put_off(self) -> int:
        """Of how many clients documents are still to be written."""
        return sum(n for (n,) in self.queue.ask(lambda pipe, keys: pipe.zcard(keys.unwritten)).values())

    def take(self, hits: Sequence[Hit]) -> None:
        self.intake.take(hits)

    def documents(self, kind: str) -> list[Mapping[str, Any]]:
        store = open_store(self.settings)
        try:
            store.refresh()
            return [hit["_source"] for hit in store.scan(kind)]
        finally:
            store.close()

    def told(self) -> dict[str, Any]:
        """What all documents say, but for what differs from one run to another: ids that a random salt made."""
        visits = {source["visit"]["id"]: source for source in self.documents("visit")}
        views, events = self.documents("view"), self.documents("event")
        assert {source["visit"]["id"] for source in views + events} <= set(visits)
        return {
            "clients": len(self.documents("client")),
            "visits": Counter(told_visit(source) for source in visits.values()),
            "views": Counter(_view(source, visits) for source in views),
            "events": Counter(_event(source, visits) for source in events),
        }


class Load:
    """Hits that come in meanwhile, `some` at a time, in a thread of their own; `taken` is how many."""

    def __init__(self, system: System, some: Callable[[], Sequence[Hit]]):
        self._system, self._some = system, some
        self._stop, self._thread = Event(), Thread(target=self._run)
        self.taken = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            hits = self._some()
            self._system.take(hits)
            self.taken += len(hits)


def told_visit(source: Mapping[str, Any]) -> tuple[Any, ...]:
    said = source["visit"]
    names = ("started", "ended", "duration_seconds", "views", "events", "bounced", "entry_path", "exit_path")
    steps = tuple(map(tuple, said["steps"]))
    return (source["site"], *(said.get(name) for name in names), tuple(said["pages"]), tuple(said["event_names"]), steps)


def _view(source: Mapping[str, Any], visits: Mapping[str, Any]) -> tuple[Any, ...]:
    said = source["view"]
    about = (source["@timestamp"], source["url"]["path"], source["traffic"]["channel"], source["page"]["title"])
    return (*about, said["id"], said["engaged_seconds"], said["scroll_percent"], told_visit(visits[source["visit"]["id"]]))


def _event(source: Mapping[str, Any], visits: Mapping[str, Any]) -> tuple[Any, ...]:
    said = source["event"]
    return (
        source["@timestamp"],
        said["name"],
        said.get("value"),
        source.get("view", {}).get("id"),
        told_visit(visits[source["visit"]["id"]]),
    )


def redis_is_there(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
