"""A year of a site's traffic for bench/questions.py, the same rows for all: `visits(views)` makes them, `into_store`,
`into_sqlite` and `into_parquet` write them.

2.8 views a visit, an event with every seventh view, 1,000 pages, sources and campaigns as unequal as they are in life; a visitor
is one of a day, as FIZZSTAT_IDENTITY=daily has it.
"""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import accumulate, islice
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import orjson

from importer.document import iso
from store.base import Document, Store, index_name

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SITE, PREFIX = "example.org", "bench"
DAYS, DAY = 365, 86_400_000
BATCH = 5000

PAGES = ["/", "/pricing", "/docs", "/signup", "/blog", *(f"/blog/{n}" for n in range(300)), *(f"/docs/{n}" for n in range(700))]
PAGE_WEIGHTS = list(accumulate([3000, 600, 600, 300, 500, *(2000 / (n + 10) for n in range(1000))]))
SOURCES = ["", "Google", "Bing", "Hacker News", "newsletter", *(f"site{n}.example" for n in range(300))]
SOURCE_WEIGHTS = list(accumulate([400, 400, 60, 40, 50, *(300 / (n + 10) for n in range(300))]))
CHANNELS = {
    "": "Direct",
    "Google": "Organic Search",
    "Bing": "Organic Search",
    "Hacker News": "Organic Social",
    "newsletter": "Email",
}
COUNTRIES = ["US", "DE", "FR", "GB", "AT", "IN", "BR", "JP", "PL", "NL", *(f"X{letter}" for letter in "ABCDEFGHIJKLMNOPQRST")]
COUNTRY_WEIGHTS = list(accumulate(1000 / (n + 2) for n in range(len(COUNTRIES))))
AGENTS = [
    (b, o, d)
    for b in ("Chrome", "Safari", "Firefox", "Edge")
    for o, d in (("Windows", "desktop"), ("iOS", "mobile"), ("Android", "mobile"))
]
NAMES = ("signup", "buy", "download", "exit")

VISIT = (
    "ts",
    "ended",
    "client",
    "visit",
    "source",
    "channel",
    "campaign",
    "country",
    "browser",
    "os",
    "device",
    "entry",
    "exit",
    "bounced",
    "seconds",
    "views",
)
HIT = ("ts", "client", "visit", "country", "what")  # `what` is the page, or the event's name


class Visit(NamedTuple):
    visit: tuple[Any, ...]
    views: list[tuple[Any, ...]]
    events: list[tuple[Any, ...]]


def visits(views: int, seed: int = 1) -> Iterator[Visit]:
    """In order of time, evenly over the year, until there are so many views."""
    random, made = Random(seed), 0
    ends = round(NOW.timestamp() * 1000)
    start, step = ends - DAYS * DAY, DAYS * DAY / (views / 2.8)
    at, number = float(start), 0
    a_day = max(1, round(views / 2.8 / DAYS / 1.3))  # visitors
    while made < views:
        at, number = min(at + random.expovariate(1 / step), ends - 1), number + 1
        pages = random.choices(PAGES, cum_weights=PAGE_WEIGHTS, k=min(1 + int(random.expovariate(0.45)), 40))
        made += len(pages)
        source = random.choices(SOURCES, cum_weights=SOURCE_WEIGHTS)[0]
        country = random.choices(COUNTRIES, cum_weights=COUNTRY_WEIGHTS)[0]
        client = hash((int(at) // DAY, random.randrange(a_day))) & 0x7FFF_FFFF_FFFF_FFFF
        moment, seen, told = int(at), [], []
        for page in pages:
            seen.append((moment, client, number, country, page))
            if random.random() < 1 / 7:
                told.append((moment + 500, client, number, country, random.choice(NAMES)))
            moment += random.randrange(5000, 90_000)
        last = max(seen[-1][0], told[-1][0] if told else 0)
        campaign = f"campaign{random.randrange(20)}" if random.random() < 0.1 else ""
        visit = (
            int(at),
            last,
            client,
            number,
            source,
            CHANNELS.get(source, "Referral"),
            campaign,
            country,
            *random.choice(AGENTS),
        )
        yield Visit(
            (*visit, pages[0], pages[-1], int(len(pages) == 1 and not told), (last - int(at)) / 1000, len(pages)), seen, told
        )


# --- FizzStat


def into_store(store: Store, views: int) -> int:
    """The number of documents."""
    store.setup()
    made, number = documents(views), 0
    while batch := list(islice(made, BATCH)):
        store.create(batch)
        store.flush()
        number += len(batch)
    store.refresh()
    return number


def documents(views: int) -> Iterator[Document]:
    for n, (visit, seen, told) in enumerate(visits(views)):
        of = dict(zip(VISIT, visit, strict=True))
        client, id = of["client"], f"{n:032x}"
        shared: dict[str, Any] = {
            "site": SITE,
            "client": {"id": f"{client:032x}", "num": client, "part": client % 64, "geo": {"country_iso_code": of["country"]}},
            "user_agent": {"name": of["browser"], "os": {"name": of["os"]}, "device": {"type": of["device"]}},
            "traffic": {"channel": of["channel"], **({"source": of["source"]} if of["source"] else {})},
            **({"utm": {"campaign": of["campaign"]}} if of["campaign"] else {}),
        }
        group = {"id": id, "entry_path": of["entry"]}
        for m, (ts, *_, page) in enumerate(seen):
            view = {
                "url": {"domain": SITE, "path": page},
                "view": {"id": f"{id}{m}", "engaged_seconds": 9.5, "scroll_percent": 60},
            }
            yield _document("view", f"{id}{m}", ts, {**shared, "visit": group, **view})
        for m, (ts, *_, name) in enumerate(told):
            named = {"event": {"name": name}, "url": {"domain": SITE, "path": of["entry"]}, "view": {"id": f"{id}0"}}
            yield _document("event", f"e{id}{m}", ts, {**shared, "visit": group, **named})
        group = {**group, "exit_path": of["exit"], "started": iso(of["ts"]), "ended": iso(of["ended"]), "bounced": of["bounced"]}
        group |= {"duration_seconds": of["seconds"], "views": of["views"], "events": len(told)}
        group |= {"pages": sorted({one[-1] for one in seen}), "event_names": sorted({one[-1] for one in told})}
        yield _document("visit", id, of["ts"], {**shared, "visit": group})


def _document(kind: str, id: str, ts: int, source: dict[str, Any]) -> Document:
    moment = iso(ts)
    name = index_name(PREFIX, kind, moment[:7].replace("-", "."))
    return Document(kind, name, id, orjson.dumps({"@timestamp": moment, **source}))


# --- SQLite, with an index for every question, with and without the filter

DIMENSIONS = ("source", "channel", "campaign", "country", "browser", "device", "entry", "exit")


def into_sqlite(file: Path, views: int) -> None:
    with sqlite3.connect(file) as base:
        base.execute("pragma journal_mode=off")
        base.execute("pragma synchronous=off")
        for table, columns in (("visit", VISIT), ("view", HIT), ("event", HIT)):
            base.execute(f"create table {table} ({', '.join(columns)})")
        made = visits(views)
        while batch := list(islice(made, BATCH)):
            base.executemany(f"insert into visit values ({', '.join('?' * len(VISIT))})", [one.visit for one in batch])
            for table, rows in (
                ("view", [row for one in batch for row in one.views]),
                ("event", [row for one in batch for row in one.events]),
            ):
                base.executemany(f"insert into {table} values ({', '.join('?' * len(HIT))})", rows)
        for first in ("", "country, "):
            name = first[:2]
            base.execute(f"create index visit_{name} on visit ({first}ts, ended, client, bounced, seconds, views)")
            for column in DIMENSIONS:
                base.execute(f"create index visit_{name}_{column} on visit ({first}ts, ended, {column}, client)")
            for table in ("view", "event"):
                base.execute(f"create index {table}_{name} on {table} ({first}ts, what, client)")
        base.execute("analyze")
    base.close()


# --- Parquet, for DuckDB


def into_parquet(folder: Path, views: int) -> None:
    """Sorted by time, so that row groups that are not asked for are passed over."""
    import pyarrow as pa  # here, since who only asks has no need of its memory
    import pyarrow.parquet as pq

    writers: dict[str, pq.ParquetWriter] = {}
    made = visits(views)
    while batch := list(islice(made, 50_000)):
        tables = {"visit": (VISIT, [one.visit for one in batch])}
        tables["view"] = (HIT, sorted(row for one in batch for row in one.views))
        tables["event"] = (HIT, sorted(row for one in batch for row in one.events))
        for name, (columns, rows) in tables.items():
            table = pa.table({column: [row[n] for row in rows] for n, column in enumerate(columns)})
            if name not in writers:
                writers[name] = pq.ParquetWriter(folder / f"{name}.parquet", table.schema)
            writers[name].write_table(table)
    for writer in writers.values():
        writer.close()
