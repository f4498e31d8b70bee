"""A backlog drained: `python -m bench.backlog [elasticsearch|embedded] [HITS]`.

A Redis is filled with made-up hits in slices (bench/stage.py), then a real importer empties it. Every 10 s: hits left, hits a
second since the line before, the importer's resident set, Redis's memory. At the end: the greatest resident set of the first and
of the last half of the hits, whose ratio says whether memory is flat, and whether the ledger balances (exit code 1 if not).
"""

import os
import sys
import time
from pathlib import Path

import redis

from bench.importer import PARTITIONS
from bench.stage import fill, put_off, resident, servers, start_importer, store_url
from hits import ledger
from hits.pressure import waiting
from hits.queue import Queue
from settings import load
from tests.servers import RedisServer

SLICE = 100_000  # hits made at once
LINE, LOOK = 10.0, 0.2  # seconds


def main(which: str, n: int) -> bool:
    with servers(which) as (folder, server, elastic):
        return drain(server, folder, store_url(elastic), n)


def drain(server: RedisServer, folder: Path, url: str, n: int) -> bool:
    """Whether the ledger balances when nothing waits any more."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FIZZSTAT_")}
    environ |= {
        "FIZZSTAT_REDIS_URL": server.url,
        "FIZZSTAT_STORE_URL": url,
        "FIZZSTAT_DATA_DIR": str(folder / "data"),
        "FIZZSTAT_PARTITIONS": str(PARTITIONS),
    }
    client = redis.Redis.from_url(server.url)
    queue = Queue(client, load(environ, Path("none")).redis_prefix, PARTITIONS)
    for at in range(0, n, SLICE):
        fill(queue, min(SLICE, n - at))
    filled = waiting(queue)
    print(f"{filled:,} hits wait; Redis has {_used(client):,.0f} MB", flush=True)
    began = time.perf_counter()
    process = start_importer(environ)
    most = [0, 0]  # bytes, of the first half and of the last
    told, left_then = began, filled
    try:
        while (left := waiting(queue)) or put_off(queue):
            if process.poll() is not None:
                raise SystemExit(f"the importer ended with {process.returncode} while {left:,} hits waited")
            used, now = resident(process.pid), time.perf_counter()
            half = int(left < filled / 2)
            most[half] = max(most[half], used)
            if now - told >= LINE:
                rate = (left_then - left) / (now - told)
                print(
                    f"{now - began:5.0f} s: {left:>10,} left, {rate:7,.0f} hits/s, "
                    f"importer {used / 1e6:,.0f} MB, Redis {_used(client):,.0f} MB",
                    flush=True,
                )
                told, left_then = now, left
            time.sleep(LOOK)
        seconds = time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()
    found = ledger.read(queue)
    first, last = most
    print(f"{found.received:,} hits in {seconds:,.0f} s from the importer's start: {found.received / seconds:,.0f} hits/s")
    print(f"importer at most {first / 1e6:,.0f} MB in the first half, {last / 1e6:,.0f} MB in the last: ratio {last / first:.2f}")
    print(f"the ledger {'balances' if found.balanced else 'DOES NOT BALANCE'}: {found.as_dict()}")
    return found.balanced


def _used(client: redis.Redis) -> float:
    """MB that Redis uses."""
    return float(client.info("memory")["used_memory"]) / 1e6


if __name__ == "__main__":
    store, hits_in_all = [*sys.argv[1:], *("elasticsearch", "5000000")[len(sys.argv) - 1 :]][:2]
    raise SystemExit(not main(store, int(hits_in_all)))
