"""What more importers bring, and what each step of a hit costs: `python -m bench.scale [HITS]`.

One Redis and one Elasticsearch; 1, 2 and then 4 importer processes that share out the queue first and are given the same made-up
hits (bench/traffic.py). The clock runs from the first hit pushed until the last document is written. On few cores the
importers, Elasticsearch and Redis share them, so the ratios say what is left for the next importer, and the CPU a hit what it
would need. docs/scale.md reckons with these figures.
"""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from elasticsearch import Elasticsearch

from bench.stage import cpu, fill, put_off, resident, servers, start_importer
from hits import ledger, workers
from hits.hit import Hit
from hits.pressure import waiting
from hits.queue import Queue, open_queue
from settings import load
from tests.servers import ElasticsearchServer, RedisServer, until

HITS = 60_000
IMPORTERS = (1, 2, 4)
LEASE_SECONDS = 3.0


@dataclass
class Tape:
    """Made-up hits as they are pushed, to be played as often as one likes."""

    queue: Queue
    pushes: list[tuple[int, Sequence[bytes], Mapping[str, int]]] = field(default_factory=list)

    def partition_of(self, hit: Hit) -> int:
        return self.queue.partition_of(hit)

    def push(self, partition: int, entries: Sequence[bytes], received: Mapping[str, int]) -> None:
        self.pushes.append((partition, entries, received))

    def play(self, queue: Queue) -> None:
        for push in self.pushes:
            queue.push(*push)


@dataclass(frozen=True)
class Run:
    """`cpu` is microseconds a hit by process, `memory` MB of one importer at most; bytes are of a hit queued in Redis (in memory
    and in its append-only file), of a client whose visit is open, in Redis, and of a document on disk."""

    rate: float
    cpu: Mapping[str, float]
    memory: float
    documents: int
    queued_bytes: float
    file_bytes: float
    document_bytes: float
    client_bytes: float
    hits_of_client: float


def main(n: int = HITS) -> None:
    with servers("elasticsearch") as (folder, server, elastic):
        assert elastic
        tape = Tape(open_queue(load(_environ(folder, server, elastic, "tape"))))
        fill(cast(Queue, tape), n)
        warm, *runs = [
            _run(tape, server, elastic, _environ(folder, server, elastic, f"bench{i}"), k) for i, k in enumerate((1, *IMPORTERS))
        ]
    print(f"Elasticsearch just started: {warm.rate:,.0f} hits/s")
    print(f"{n:,} hits, {os.cpu_count()} cores for all of it, load of the machine {os.getloadavg()[0]:.1f}")
    print("importers  hits/s  ratio   us of CPU a hit: importers, Redis, Elasticsearch   documents a hit   MB an importer")
    for k, run in zip(IMPORTERS, runs, strict=True):
        used = ", ".join(f"{run.cpu[name]:.0f}" for name in ("importers", "redis", "elasticsearch"))
        ratio = run.rate / runs[0].rate
        print(f"{k:9}  {run.rate:6,.0f}  {ratio:5.2f}   {used:52}   {run.documents / n:15.2f}   {run.memory:14.0f}")
    first = runs[0]
    elastic_cpu = first.cpu["elasticsearch"] * n / first.documents
    print(f"a document that is kept: {elastic_cpu:.0f} us of Elasticsearch's CPU, {first.document_bytes:.0f} bytes on disk")
    print(f"a client with an open visit: {first.client_bytes:.0f} bytes in Redis, after {first.hits_of_client:.1f} hits")
    print(f"a queued hit: {first.queued_bytes:.0f} bytes in Redis, {first.file_bytes:.0f} in its append-only file")


def _environ(folder: Path, server: RedisServer, elastic: ElasticsearchServer, prefix: str) -> dict[str, str]:
    return {
        **os.environ,
        "FIZZSTAT_REDIS_URL": server.url,
        "FIZZSTAT_REDIS_PREFIX": prefix,
        "FIZZSTAT_INDEX_PREFIX": prefix,
        "FIZZSTAT_STORE_URL": elastic.url,
        "FIZZSTAT_DATA_DIR": str(folder / prefix),
        "FIZZSTAT_LEASE_SECONDS": str(LEASE_SECONDS),
    }


def _run(tape: Tape, server: RedisServer, elastic: ElasticsearchServer, environ: dict[str, str], importers: int) -> Run:
    settings = load(environ)
    queue = open_queue(settings)
    assert server.process
    assert elastic.process
    queued_bytes, file_bytes = _held(tape, open_queue(load({**environ, "FIZZSTAT_REDIS_PREFIX": "weighed"})))
    processes = [start_importer(environ) for _ in range(importers)]
    pids = [process.pid for process in processes]
    try:
        until(lambda: _shared(queue, importers), "the importers to share out the queue", 60)
        empty: Any = queue.client.info("memory")
        before = {name: _cpu_of(group) for name, group in _groups(pids, server, elastic).items()}
        began, memory = time.perf_counter(), 0
        tape.play(queue)
        while waiting(queue) or put_off(queue):
            memory = max(memory, *map(resident, pids))
            time.sleep(0.05)
        seconds = time.perf_counter() - began
        used = {name: _cpu_of(group) - before[name] for name, group in _groups(pids, server, elastic).items()}
        full: Any = queue.client.info("memory")
        clients = sum(n for (n,) in queue.ask(lambda pipe, keys: pipe.hlen(keys.clients)).values())
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
    found = ledger.read(queue)
    assert found.balanced, found
    assert found.queued == found.waiting, found
    documents, size = _stored(elastic.url, settings.index_prefix)
    return Run(
        rate=found.received / seconds,
        cpu={name: seconds_used / found.received * 1e6 for name, seconds_used in used.items()},
        memory=memory / 1e6,
        documents=documents,
        queued_bytes=queued_bytes,
        file_bytes=file_bytes,
        document_bytes=size / documents,
        client_bytes=(full["used_memory"] - empty["used_memory"]) / clients,
        hits_of_client=found.received / clients,
    )


def _stored(url: str, prefix: str) -> tuple[int, int]:
    """Documents, and their bytes on disk once what was overwritten is merged away."""
    with Elasticsearch(url, request_timeout=60) as client:
        client.indices.forcemerge(index=f"{prefix}-*", max_num_segments=1)
        client.indices.flush(index=f"{prefix}-*")
        client.indices.refresh(index=f"{prefix}-*")
        told = client.indices.stats(index=f"{prefix}-*", metric=["docs", "store"])["_all"]["primaries"]
    return told["docs"]["count"], told["store"]["size_in_bytes"]


def _held(tape: Tape, queue: Queue) -> tuple[float, float]:
    """Bytes a hit, waiting in Redis: of its memory, and of its append-only file."""
    before: Any = queue.client.info()
    tape.play(queue)
    after: Any = queue.client.info()
    n = waiting(queue)
    queue.client.delete(*(name for keys in queue.partitions for name in (keys.queue, keys.ledger)))
    return (after["used_memory"] - before["used_memory"]) / n, (after["aof_current_size"] - before["aof_current_size"]) / n


def _shared(queue: Queue, importers: int) -> bool:
    held = [len(row.partitions) for row in workers.importers(queue, LEASE_SECONDS)]
    return held == [len(queue.partitions) // importers] * importers


def _groups(importers: list[int], server: RedisServer, elastic: ElasticsearchServer) -> dict[str, list[int]]:
    assert server.process
    assert elastic.process
    return {"importers": importers, "redis": [server.process.pid], "elasticsearch": _family(elastic.process.pid)}


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    children = [child for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()]
    return [pid, *(each for child in children for each in _family(int(child)))]


def _cpu_of(pids: list[int]) -> float:
    return sum(map(cpu, pids))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
