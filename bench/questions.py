"""How long a dashboard's questions take: `python -m bench.questions [VIEWS …] [elasticsearch]` (100,000 and 1,000,000).

A year of traffic (bench/year.py) is written into the embedded store, into SQLite with a covering index for every question, and as
Parquet, which DuckDB reads. Twelve questions as a dashboard asks them, of the last 7 and 30 days and of the year, of all visitors
and of those of one country, are asked of each, in a process of its own, cold (of a store that was just opened) and again. With
`elasticsearch` an Elasticsearch 9 is filled too, and its answers stand beside the same searches sent by hand. Prints medians,
ratios, memory, and what ten times as many views cost.
"""

import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch

import settings
from bench.year import DAY, NOW, PREFIX, SITE, into_parquet, into_sqlite, into_store
from query.ask import ask
from query.site import Goal, Site
from store import open_store
from store.base import Store
from tests.servers import ELASTICSEARCH_9, ROOT, ElasticsearchServer, open_folder

ROUNDS = 5
OURS = Site(SITE, goals=tuple(Goal(n, name, "event", event=name) for n, name in enumerate(("signup", "buy", "download"))))
RANGES = {"7 days": 7, "30 days": 30, "year": 365}
FILTERS: dict[str, list[Any]] = {"all": [], "one country": [["is", "visit:country", ["DE"]]]}
TOP = {"limit": 9, "offset": 0}
#: Each question, and the same in SQL: columns, and what they are grouped by.
QUESTIONS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "totals": (
        {"metrics": ["visitors", "visits", "views_per_visit", "bounce_rate", "visit_duration"]},
        "visit",
        "count(distinct client), count(*), sum(views), sum(bounced), sum(seconds)",
        "",
    ),
    "views": ({"metrics": ["pageviews"]}, "view", "count(*)", ""),
    "by day": ({"metrics": ["visitors"], "dimensions": ["time:day"]}, "visit", "count(distinct client)", f"ts / {DAY}"),
    **{
        f"top {name}": (
            {"metrics": ["visitors"], "dimensions": [dimension], "pagination": TOP},
            "visit",
            "count(distinct client)",
            column,
        )
        for name, dimension, column in (
            ("sources", "visit:source", "source"),
            ("channels", "visit:channel", "channel"),
            ("entries", "visit:entry_page", "entry"),
            ("exits", "visit:exit_page", "exit"),
            ("countries", "visit:country", "country"),
            ("browsers", "visit:browser", "browser"),
            ("devices", "visit:device", "device"),
        )
    },
    "top pages": (
        {"metrics": ["visitors", "pageviews"], "dimensions": ["event:page"], "pagination": TOP},
        "view",
        "count(distinct client), count(*)",
        "what",
    ),
    "goals": (
        {"metrics": ["visitors", "events"], "dimensions": ["event:goal"]},
        "event",
        "count(distinct client), count(*)",
        "what",
    ),
}
Times = dict[str, float]


def span(days: int) -> tuple[int, int]:
    """[start, end) in ms: whole days, the last of them yesterday, as `7d` has it."""
    end = round(NOW.timestamp() * 1000) // DAY * DAY
    return end - days * DAY, end


# --- who is asked


def dashboard(store: Store, days: int, filters: list[Any]) -> Times:
    """Seconds by question."""
    took: Times = {}
    for name, (question, *_) in QUESTIONS.items():
        began = time.perf_counter()
        ask(store, {**question, "site_id": SITE, "date_range": f"{days}d", "filters": filters}, OURS, NOW)
        took[name] = time.perf_counter() - began
    return took


def sql(run: Callable[[str], Any], days: int, filters: list[Any]) -> Times:
    (start, end), took = span(days), {}
    for name, (_, table, columns, group) in QUESTIONS.items():
        lowest = f"ts >= {start - DAY} and ended >= {start}" if table == "visit" else f"ts >= {start}"
        where = f"{lowest} and ts < {end}" + (f" and country = '{filters[0][2][0]}'" if filters else "")
        grouped = f" group by {group} order by 2 desc limit 400" if group else ""
        began = time.perf_counter()
        run(f"select {f'{group}, ' if group else ''}{columns} from {table} where {where}{grouped}")
        took[name] = time.perf_counter() - began
    return took


def asking(which: str, folder: Path) -> Iterator[Callable[[int, list[Any]], Times]]:
    """Who is asked, just opened."""
    if which == "embedded":
        store = _open({"FIZZSTAT_DATA_DIR": str(folder)})
        store.count("visit")
        yield lambda days, filters: dashboard(store, days, filters)
        store.close()
    elif which == "SQLite":
        base = sqlite3.connect(folder / "base.sqlite")
        yield lambda days, filters: sql(lambda text: base.execute(text).fetchall(), days, filters)
        base.close()
    else:
        import duckdb  # here, since the others have no need of its memory

        with duckdb.connect() as duck:
            for table in ("visit", "view", "event"):
                duck.execute(f"create view {table} as select * from read_parquet('{folder}/{table}.parquet')")
            yield lambda days, filters: sql(lambda text: duck.execute(text).fetchall(), days, filters)


def measure(which: str, folder: Path) -> dict[str, Any]:
    """In a process of its own. By range and filter: {"each": seconds by question, "cold": of all, "again": of all}."""
    told: dict[str, Any] = {}
    for label, days in RANGES.items():
        for shown, filters in FILTERS.items():
            rounds: list[tuple[Times, Times]] = []
            for _ in range(ROUNDS):
                for ask_all in asking(which, folder):
                    rounds.append((ask_all(days, filters), ask_all(days, filters)))
            told[f"{label}, {shown}"] = {
                "each": {name: statistics.median(cold[name] for cold, _ in rounds) for name in QUESTIONS},
                "cold": statistics.median(sum(cold.values()) for cold, _ in rounds),
                "again": statistics.median(sum(again.values()) for _, again in rounds),
            }
    told["memory"] = _most_memory()
    return told


def _most_memory() -> float:
    """MB that this process had at most."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM:"))


def _open(environ: Mapping[str, str], write: bool = False) -> Store:
    common = {"FIZZSTAT_STORE_URL": "embedded", "FIZZSTAT_INDEX_PREFIX": PREFIX}
    return open_store(settings.load({**common, **environ}, Path("/nowhere")), write=write)


# --- Elasticsearch


class Watched:
    """A store that notes the searches that it is asked."""

    def __init__(self, store: Store):
        self._store = store
        self.searches: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def search(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        self.searches.append((kind, body))
        return self._store.search(kind, body)


def by_hand(url: str, environ: Mapping[str, str]) -> None:
    """Each question, and the searches that it comes to, sent by the client alone; nothing is cached."""
    print("\n| Elasticsearch, 30 days | asked | by hand | ratio |\n|---|---|---|---|")
    with Elasticsearch(url) as client:
        opened = _open(environ)
        for name, (question, *_) in QUESTIONS.items():
            ours, theirs = [], []
            for _ in range(2 * ROUNDS):
                client.indices.clear_cache(index=f"{PREFIX}-*")
                store = Watched(opened)  # answers are remembered by store
                began = time.perf_counter()
                ask(store, {**question, "site_id": SITE, "date_range": "30d"}, OURS, NOW)  # type: ignore[arg-type]
                ours.append(time.perf_counter() - began)
                client.indices.clear_cache(index=f"{PREFIX}-*")
                began = time.perf_counter()
                for kind, body in store.searches:
                    client.search(index=f"{PREFIX}-{kind}-*", body={**body, "track_total_hits": True})
                theirs.append(time.perf_counter() - began)
            asked, sent = (statistics.median(took[1:]) * 1000 for took in (ours, theirs))
            print(f"| {name} | {asked:.1f} ms | {sent:.1f} ms | {asked / sent:.2f} |", flush=True)
        opened.close()


# --- the report


def bench(views: int, with_elasticsearch: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        store = _open({"FIZZSTAT_DATA_DIR": name}, write=True)
        written = into_store(store, views)
        store.close()
        seconds = time.perf_counter() - began
        into_sqlite(folder / "base.sqlite", views)
        into_parquet(folder, views)
        sizes = {"embedded": _size(folder, but=("base.sqlite", ".parquet")), "SQLite": _size(folder, of="base.sqlite")}
        sizes["DuckDB"] = _size(folder, of=".parquet")
        print(f"\n## {views:,} views: {written:,} documents, {written / seconds:,.0f} a second\n")
        for which in sizes:
            command = [sys.executable, "-m", "bench.questions", "measure", which, name]
            found[which] = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
        _report(found, sizes)
    if with_elasticsearch:
        with open_folder("elasticsearch") as server_folder, tempfile.TemporaryDirectory() as name:
            server = ElasticsearchServer(server_folder, ELASTICSEARCH_9, "1g", tuned=True)
            try:
                server.start()
                environ = {"FIZZSTAT_DATA_DIR": name, "FIZZSTAT_STORE_URL": server.url}
                filling = _open(environ, write=True)
                into_store(filling, views)
                filling.close()
                by_hand(server.url, environ)
            finally:
                server.kill()
    return found


def _size(folder: Path, of: str = "", but: tuple[str, ...] = ()) -> float:
    """MB on disk."""
    files = (
        one for one in folder.rglob("*") if one.is_file() and one.name.endswith(of) and not one.name.endswith(but or ("\0",))
    )
    return sum(one.stat().st_size for one in files) / 1e6


def _report(found: Mapping[str, Any], sizes: Mapping[str, float]) -> None:
    names = list(found)
    columns = [key for key in found["embedded"] if key != "memory"]
    print("| embedded, cold, ms | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    for question in QUESTIONS:
        print(f"| {question} | " + " | ".join(f"{found['embedded'][key]['each'][question] * 1000:.1f}" for key in columns) + " |")
    print("\n| the twelve, ms | " + " | ".join(columns) + " | memory | on disk |\n|---|" + "---|" * (len(columns) + 2))
    for name in names:
        for state in ("cold", "again"):
            told = " | ".join(f"{found[name][key][state] * 1000:.0f}" for key in columns)
            print(f"| {name}, {state} | {told} | {found[name]['memory']:.0f} MB | {sizes[name]:.0f} MB |")
    for name in names[1:]:
        ratios = " | ".join(f"{found[name][key]['cold'] / found['embedded'][key]['cold']:.1f}" for key in columns)
        print(f"| {name} / embedded, cold | {ratios} | | |")


def _growth(of_sizes: Mapping[int, Any]) -> None:
    print("\n## Cost against size: the twelve, cold, times what they take of the size before\n")
    sizes = list(of_sizes)
    for before, views in pairwise(sizes):
        for name in of_sizes[views]:
            pairs = (
                (key, of_sizes[views][name][key], of_sizes[before][name][key]) for key in of_sizes[views][name] if key != "memory"
            )
            told = ", ".join(f"{key} {new['cold'] / old['cold']:.1f}" for key, new, old in pairs)
            print(f"- {before:,} → {views:,}, {name}: {told}")


def main(words: list[str]) -> None:
    if words[:1] == ["measure"]:
        print(json.dumps(measure(words[1], Path(words[2]))))
        return
    sizes = [int(word) for word in words if word.isdigit()] or [100_000, 1_000_000]
    _growth({views: bench(views, "elasticsearch" in words) for views in sizes})


if __name__ == "__main__":
    main(sys.argv[1:])
