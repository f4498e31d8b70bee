"""What a hit costs and what a billion a day need: FIGURES in, as the benchmarks print them; tables of docs/scale.md out.

Whoever measures anew changes FIGURES, and runs `.venv/bin/python -m docs.build`.
"""

from math import ceil
from typing import NamedTuple

MEASURED = "25 November 2026, two cores shared with the load, the servers and the builds of others"

DAY = 86_400
HITS = 1_000_000_000
PEAK = 3  # times the mean, in the busiest hours
BUSY = 0.6  # of a core, at the peak: what is left is for merges, restarts, and a machine that is gone
BACKLOG = 3600  # seconds that the store may be away
OPEN = 3600  # seconds that a visit's state stays after its last hit (importer/visits.py, importer/turn.py)


class Figure(NamedTuple):
    """`value` in `unit`; `by` is the benchmark that prints it."""

    what: str
    value: float
    unit: str
    by: str


FIGURES = {
    "app": Figure("collector process", 90, "µs of CPU a hit", "collector"),
    "router": Figure("uWSGI's router before it", 30, "µs of CPU a hit", "collector"),
    "push": Figure("Redis takes it", 27, "µs of CPU a hit", "collector"),
    "claim": Figure("Redis hands it on, and keeps the visits", 20, "µs of CPU a hit", "scale"),
    "importer": Figure("importer", 90, "µs of CPU a hit", "scale"),
    "document": Figure("Elasticsearch", 125, "µs of CPU a document that is kept", "scale"),
    "documents": Figure("documents that are kept", 1.27, "a hit", "scale"),
    "collector MB": Figure("memory of a collector process", 43, "MB", "collector"),
    "importer MB": Figure("memory of an importer", 217, "MB", "scale"),
    "queued": Figure("a queued hit, in Redis", 650, "bytes of memory", "scale"),
    "file": Figure("the same, in its append-only file", 550, "bytes of disk", "scale"),
    "client": Figure("an open visit, of 3.6 hits, in Redis", 1900, "bytes of memory", "scale"),
    "disk": Figure("a document, merged, one copy", 620, "bytes of disk", "scale"),
}
HITS_OF_A_VISIT = 3.6


def costs() -> str:
    rows = [f"| {each.what} | {each.value:g} {each.unit} | `bench.{each.by}` |" for each in FIGURES.values()]
    return "\n".join(["| step | | printed by |", "|---|---|---|", *rows, "", f"Measured on {MEASURED}."])


def cores() -> str:
    """CPU at the mean and at the peak, and how many processes that is."""
    of = {name: each.value for name, each in FIGURES.items()}
    mean = HITS / DAY
    parts = {
        "collector processes": of["app"],
        "their routers": of["router"],
        "Redis (one core each)": of["push"] + of["claim"],
        "importers": of["importer"],
        "Elasticsearch": of["document"] * of["documents"],
    }
    rows = []
    for name, micros in parts.items():
        at_mean, at_peak = mean * micros / 1e6, PEAK * mean * micros / 1e6
        rows.append(f"| {name} | {micros:.0f} µs | {at_mean:.1f} | {at_peak:.1f} | {ceil(at_peak / BUSY)} |")
    head = ["| part | a hit | cores at the mean | at the peak | to have |", "|---|---|---|---|---|"]
    sum_of = sum(parts.values())
    total = sum(ceil(PEAK * mean * micros / 1e6 / BUSY) for micros in parts.values())
    rows.append(
        f"| all | {sum_of:.0f} µs | {mean * sum_of / 1e6:.1f} | {PEAK * mean * sum_of / 1e6:.1f} | {total} |",
    )
    return "\n".join([*head, *rows])


def sizes() -> str:
    """Memory and disk."""
    of = {name: each.value for name, each in FIGURES.items()}
    mean = HITS / DAY
    peak_hour = PEAK * mean * BACKLOG
    visits = PEAK * mean * OPEN / HITS_OF_A_VISIT
    a_day = HITS * of["documents"] * of["disk"]
    rows = [
        ("hits a second", f"{mean:,.0f}, at the peak {PEAK * mean:,.0f}"),
        (
            "Redis, an hour's backlog",
            f"{_bytes(mean * BACKLOG * of['queued'])}, of a peak hour {_bytes(peak_hour * of['queued'])}",
        ),
        ("Redis, visits that are open in a peak hour", f"{visits / 1e6:.0f} million: {_bytes(visits * of['client'])}"),
        ("Redis, its append-only file", f"{_bytes(HITS * of['file'])} a day before it is rewritten"),
        ("documents", f"{HITS * of['documents'] / 1e9:.2f} billion a day"),
        ("disk of Elasticsearch", f"{_bytes(a_day)} a day, with a replica {_bytes(2 * a_day)}"),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {what} | {much} |" for what, much in rows)])


def _bytes(number: float) -> str:
    return f"{number / 1e9:,.0f} GB" if number < 1e12 else f"{number / 1e12:,.1f} TB"
