"""What the benchmarks of importers share: servers, made-up hits in the queue, and what a process takes."""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.traffic import hits
from hits.hit import encode
from hits.queue import PUSH_MOST, Queue, ledger_field
from tests.servers import ELASTICSEARCH_9, ROOT, ElasticsearchServer, RedisServer, open_folder


@contextmanager
def servers(store: str) -> Iterator[tuple[Path, RedisServer, ElasticsearchServer | None]]:
    """A folder, a Redis, and an Elasticsearch if the store is `elasticsearch`; all gone afterwards."""
    with tempfile.TemporaryDirectory() as folder, open_folder("elasticsearch") as server_folder:
        server = RedisServer(Path(folder))
        server.start()
        elastic = ElasticsearchServer(server_folder, ELASTICSEARCH_9, "1g", tuned=True) if store == "elasticsearch" else None
        try:
            if elastic:
                elastic.start()
            yield Path(folder), server, elastic
        finally:
            server.kill()
            if elastic:
                elastic.kill()


def store_url(elastic: ElasticsearchServer | None) -> str:
    return elastic.url if elastic else "embedded"


def start_importer(environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "cli.py", "import"], cwd=ROOT, env=environ)


def put_off(queue: Queue) -> int:
    """Of how many clients documents are still to be written."""
    return sum(n for (n,) in queue.ask(lambda pipe, keys: pipe.zcard(keys.unwritten)).values())


def fill(queue: Queue, n: int) -> None:
    """Queue hits, as a collector does."""
    groups: dict[int, list[bytes]] = defaultdict(list)
    counts: dict[int, Counter[str]] = defaultdict(Counter)

    def push(number: int) -> None:
        queue.push(number, groups.pop(number), counts.pop(number))

    for hit in hits(n, int(time.time() * 1000)):
        number = queue.partition_of(hit)
        groups[number].append(encode(hit))
        counts[number][ledger_field(hit.received, hit.way, "received", hit.site)] += 1
        if len(groups[number]) == PUSH_MOST:
            push(number)
    for number in list(groups):
        push(number)


def cpu(pid: int) -> float:
    """Seconds, of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> int:
    """Bytes of memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0
