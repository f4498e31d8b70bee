"""The importer's rate, against what its store takes at most: `python -m bench.importer [elasticsearch|embedded] [HITS]`.

A Redis is filled with made-up hits (bench/traffic.py), then a real importer process empties it, as many times as there are
rounds. Before each round the ceiling is measured: the same documents, ready-made, written by two threads (one, for the
embedded store) with nothing else to do. Rates are medians; memory is the importer's greatest resident set.
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import redis

from bench.stage import cpu, fill, put_off, resident, servers, start_importer, store_url
from hits import ledger
from hits.pressure import waiting
from hits.queue import Queue
from settings import Settings, load
from store import open_store
from store.base import KINDS, Document, Store, index_name
from tests.servers import RedisServer

ROUNDS = 3
WARM_UP = 1  # rounds that do not count: Elasticsearch's Java is at full speed only after half a million documents
PARTITIONS = 16


def main(which: str, n: int) -> None:
    with servers(which) as (folder, server, elastic):
        url = store_url(elastic)
        rounds = [_round(server, folder, url, i, n) for i in range(WARM_UP + ROUNDS)][WARM_UP:]
    rate, ceiling = (median(one[name] for one in rounds) for name in ("rate", "ceiling"))
    print(f"importer, {which}: {rate:,.0f} hits/s of {n:,}, until the last document was written")
    print(f"ceiling of the store: {ceiling:,.0f} documents/s; ratio {median(one['ratio'] for one in rounds):.2f}")
    print(f"CPU of the importer: {median(one['cpu'] for one in rounds):.0f} us a hit")
    print(f"memory at most {max(one['memory'] for one in rounds) / 1e6:,.0f} MB; {json.dumps(rounds)}")


def _round(server: RedisServer, folder: Path, url: str, i: int, n: int) -> dict[str, float]:
    environ = {
        **os.environ,
        "FIZZSTAT_REDIS_URL": server.url,
        "FIZZSTAT_REDIS_PREFIX": f"bench{i}",
        "FIZZSTAT_INDEX_PREFIX": f"bench{i}",
        "FIZZSTAT_STORE_URL": url,
        "FIZZSTAT_DATA_DIR": str(folder / f"data{i}"),
    }
    settings = load(environ)
    queue = Queue(redis.Redis.from_url(server.url), settings.redis_prefix, PARTITIONS)
    fill(queue, n)
    process = start_importer(environ)
    memory, began = 0, 0.0
    try:
        while (left := waiting(queue)) or put_off(queue):
            began = began or (time.perf_counter() if left < n else 0.0)
            memory = max(memory, resident(process.pid))
            time.sleep(0.05)
        seconds = time.perf_counter() - began
        used = cpu(process.pid)
    finally:
        process.terminate()
        process.wait()
    found = ledger.read(queue)
    assert found.balanced, found
    written = _documents(settings)
    documents = [Document(kind, index_name("ceiling", kind, f"{i}"), id, source) for kind, id, source in written]
    ceiling = _ceiling(settings, documents)
    rate = found.received / seconds
    return {"rate": rate, "ceiling": ceiling, "ratio": rate / ceiling, "cpu": used / n * 1e6, "memory": memory}


def _documents(settings: Settings) -> list[tuple[str, str, bytes]]:
    store = open_store(settings)
    store.refresh()
    found = [(kind, hit["_id"], json.dumps(hit["_source"]).encode()) for kind in KINDS for hit in store.scan(kind)]
    store.close()
    return found


def _ceiling(settings: Settings, documents: list[Document]) -> float:
    """Documents a second that the store takes ready-made, in batches as large as the importer's."""
    environ = {"FIZZSTAT_STORE_URL": settings.store_url, "FIZZSTAT_INDEX_PREFIX": "ceiling"}
    environ["FIZZSTAT_DATA_DIR"] = str(settings.data_dir) + "-ceiling"
    streams = 1 if settings.store_url == "embedded" else 2
    stores: list[Store] = [open_store(load(environ), write=True) for _ in range(streams)]
    stores[0].setup()
    began = time.perf_counter()

    def write(which: int) -> None:
        mine: list[Any] = documents[which::streams]
        for at in range(0, len(mine), 2000):
            stores[which].create(mine[at : at + 2000])
            stores[which].flush()

    with ThreadPoolExecutor(streams) as pool:
        list(pool.map(write, range(streams)))
    seconds = time.perf_counter() - began
    for store in stores:
        store.close()
    return len(documents) / seconds


if __name__ == "__main__":
    store, hits_a_round = [*sys.argv[1:], *("elasticsearch", "300000")[len(sys.argv) - 1 :]][:2]
    main(store, int(hits_a_round))
