"""How long funnels, journeys, flows and retention take: `python -m bench.beyond [views]` (a million).

Made-up visits of 30 days are written into the embedded store and into an Elasticsearch 9 of its own, and each question is asked
three times of each, always anew. Prints medians, and how many visits were read of how many.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import orjson

import settings
from importer.document import iso
from query.flows import flows
from query.funnel import funnel
from query.journeys import journeys
from query.retention import retention
from query.site import Site
from store import open_store
from store.base import Document, Store
from tests.servers import ELASTICSEARCH_9, ElasticsearchServer, open_folder

ROUNDS = 3
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAYS = 30
BATCH = 5000
SITE = Site("example.org", identity="permanent")
DATES = ["2026-10-20", "2026-11-25"]
QUESTIONS: list[tuple[Any, dict[str, Any]]] = [
    (funnel, {"steps": ["/", "/pricing", "signup"]}),
    (funnel, {"steps": ["/", "/docs/**", "/signup"]}),
    (funnel, {"steps": ["/pricing", "/docs", "/signup"], "filters": [["is", "visit:country", ["DE"]]]}),
    (funnel, {"steps": ["/**", "/**", "/**", "/**", "/**"]}),
    (journeys, {"at": "/pricing"}),
    (journeys, {"at": "/**", "by": "path", "events": True}),
    (flows, {"page": "/pricing"}),
    (flows, {}),
    (retention, {"interval": "week"}),
]


def visits(views: int, seed: int = 1) -> Iterator[tuple[str, dict[str, Any]]]:
    """Ids and documents of visits with so many views in all; 2.8 a visit, an event with one view in seven."""
    random = Random(seed)
    popular = {"/": 3000, "/pricing": 600, "/docs": 600, "/signup": 300, "/blog": 500}
    rare = {f"/blog/{n}": 2000 / (n + 10) for n in range(300)} | {f"/docs/{n}": 1500 / (n + 10) for n in range(700)}
    pages, weights = [*popular, *rare], [*popular.values(), *rare.values()]
    ends, made, clients = round(NOW.timestamp() * 1000), 0, max(1, views // 6)
    while made < views:
        seen = random.choices(pages, weights, k=min(1 + int(random.expovariate(0.45)), 60))
        made += len(seen)
        steps: list[tuple[float, str, str]] = []
        second = 0.0
        for page in seen:
            steps.append((second, "view", page))
            if random.random() < 1 / 7:
                steps.append((second + 0.5, "event", random.choice(["signup", "buy", "download", "exit"])))
            second += random.randrange(5, 90)
        start, client = ends - random.randrange(DAYS * 86_400_000), random.randrange(clients) * 7919
        id, names = f"{made:032x}", [name for _, kind, name in steps if kind == "event"]
        yield id, _document(id, client, start, second, seen, names, steps, random.choice(["DE", "FR", "AT"]))


def _document(
    id: str, client: int, start: int, seconds: float, seen: list[str], names: list[str], steps: list[Any], country: str
) -> dict[str, Any]:
    """With as much in it as one of a real visit."""
    agent = {"name": "Chrome", "version": "120.0", "os": {"name": "Windows", "version": "10.0"}, "device": {"type": "desktop"}}
    agent |= {
        "original": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari"
    }
    geo = {"continent_code": "EU", "country_iso_code": country, "region_name": "Wien", "location": {"lat": 48.2, "lon": 16.3}}
    return {
        "@timestamp": iso(start),
        "site": SITE.id,
        "client": {"id": f"{client:032x}", "num": client, "part": client % 64, "geo": geo},
        "user_agent": agent,
        "language": "de-AT",
        "screen": {"size": "1920x1080", "depth": 24},
        "traffic": {"channel": "Organic Search", "source": "Google", "referrer_domain": "google.com"},
        "hit": {"way": "hit", "receipt": "0193612345678abcdef"},
        "visit": {
            "id": id,
            "entry_path": seen[0],
            "exit_path": seen[-1],
            "started": iso(start),
            "ended": iso(start + round(seconds * 1000)),
            "duration_seconds": seconds,
            "views": len(seen),
            "events": len(names),
            "pages": list(dict.fromkeys(seen)),
            "event_names": list(dict.fromkeys(names)),
            "steps": steps,
        },
    }


def fill(store: Store, views: int) -> None:
    store.setup()
    batch: list[Document] = []
    for id, document in visits(views):
        batch.append(Document("visit", "bench-visit-2026.11", id, orjson.dumps(document)))
        if len(batch) == BATCH:
            store.create(batch)
            store.flush()
            batch.clear()
    store.create(batch)
    store.flush()
    store.refresh()


def measure(environ: Mapping[str, str], views: int) -> None:
    writing = open_store(settings.load(environ, Path("/nowhere")), write=True)
    fill(writing, views)
    print(f"\n{writing.url}: {writing.count('visit')} visits with {views} views\n")
    writing.close()
    print("| question | median | CPU of this process | visits read |\n|---|---|---|---|")
    for question, asked in QUESTIONS:
        times, cpu = [], []
        for _ in range(ROUNDS):
            store = open_store(settings.load(environ, Path("/nowhere")))  # answers are remembered by store
            store.count("visit")
            began, worked = time.perf_counter(), time.process_time()
            answer = question(store, {"date_range": DATES, **asked}, SITE, NOW)
            times.append(time.perf_counter() - began)
            cpu.append(time.process_time() - worked)
            store.close()
        sampling = answer["meta"].get("sampling")
        read = f"{sampling['read']} of {sampling['visits']}" if sampling else "all"
        told = orjson.dumps(asked).decode()
        print(
            f"| {question.__name__} `{told}` | {statistics.median(times):.2f} s | {statistics.median(cpu):.2f} s | {read} |",
            flush=True,
        )


def main() -> None:
    views = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder, open_folder("elasticsearch") as server_folder:
        common = {"FIZZSTAT_DATA_DIR": folder, "FIZZSTAT_INDEX_PREFIX": "bench"}
        measure({**common, "FIZZSTAT_STORE_URL": "embedded"}, views)
        server = ElasticsearchServer(server_folder, ELASTICSEARCH_9, "1g", tuned=True)
        try:
            server.start()
            measure({**common, "FIZZSTAT_STORE_URL": server.url}, views)
        finally:
            server.kill()


if __name__ == "__main__":
    main()
