"""What happens now. In: a View. Out: Live: the last half hour by minute, and the newest hits."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dashboard.site.view import View
from query.dimensions import country_name
from query.visited import moment

NEWEST = 12
FIELDS = [
    "@timestamp",
    "url.path",
    "event.name",
    "event.value",
    "page.title",
    "traffic.source",
    "client.geo",
    "user_agent.name",
    "user_agent.device",
    "visit.id",
]


@dataclass(frozen=True)
class Happening:
    kind: str
    what: str
    where: str  # the page of an event
    source: str
    place: str
    agent: str
    at: str  # the time of the site's clocks
    iso: str


@dataclass(frozen=True)
class Live:
    visitors: str
    views: str
    events: str
    newest: tuple[Happening, ...]


def live(view: View) -> Live:
    rows = view.beyond("realtime", limit=1)
    views, events = (sum(row["metrics"][n] for row in rows["results"]) for n in (1, 2))
    count = view.words.count
    return Live(count(rows["now"]["visitors"]), count(views), count(events - views), newest(view))


def newest(view: View) -> tuple[Happening, ...]:
    """Views and events, the newest first."""
    found = [
        (hit, kind)
        for kind in ("view", "event")
        for hit in view.beyond("documents", kind=kind, fields=FIELDS, limit=NEWEST)["results"]
    ]
    found.sort(key=lambda one: -moment(one[0]["@timestamp"]))
    return tuple(happening(view, kind, hit) for hit, kind in found[:NEWEST])


def happening(view: View, kind: str, document: dict[str, Any]) -> Happening:
    at = datetime.fromtimestamp(moment(document["@timestamp"]) / 1000, UTC)
    path = str(at_path(document, "url.path"))
    event = " ".join(filter(None, (at_path(document, "event.name"), at_path(document, "event.value"))))
    geo = document.get("client", {}).get("geo", {})
    country = country_name(geo["country_iso_code"]) if geo.get("country_iso_code") else ""
    return Happening(
        kind=kind,
        what=event if kind == "event" else path,
        where=path if kind == "event" else "",
        source=at_path(document, "traffic.source"),
        place=", ".join(filter(None, (geo.get("city_name"), country))),
        agent=at_path(document, "user_agent.name"),
        at=view.words.time_of_day(at.astimezone(view.zone)),
        iso=at.isoformat(timespec="seconds"),
    )


def at_path(document: dict[str, Any], path: str) -> str:
    """The text there, "" where there is none."""
    value: Any = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return "" if value is None else str(value)
