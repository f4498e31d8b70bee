"""Documents, as a store returns them, to the rows that the page shows. Pure: no I/O, no HTML."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class HitRow:
    """A view or an event. `what` is a path or an event's name; `detail` the title, or an event's value, data and page."""

    kind: str
    time: datetime
    site: str
    what: str
    detail: str
    source: str
    country: str
    agent: str
    engaged: float


@dataclass(frozen=True)
class VisitRow:
    time: datetime
    site: str
    entry: str
    exit: str
    views: int
    events: int
    seconds: float
    bounced: bool
    source: str
    country: str
    agent: str


def hit_row(kind: str, source: Mapping[str, Any]) -> HitRow:
    return HitRow(
        kind=kind,
        time=moment(at(source, "@timestamp")),
        site=text(source, "site"),
        what=text(source, "url.path") if kind == "view" else text(source, "event.name"),
        detail=text(source, "page.title") if kind == "view" else _event_detail(source),
        source=source_of(source),
        country=text(source, "client.geo.country_iso_code"),
        agent=agent_of(source),
        engaged=float(at(source, "view.engaged_seconds") or 0) if kind == "view" else 0,
    )


def visit_row(source: Mapping[str, Any]) -> VisitRow:
    return VisitRow(
        time=moment(at(source, "visit.started") or at(source, "@timestamp")),
        site=text(source, "site"),
        entry=text(source, "visit.entry_path"),
        exit=text(source, "visit.exit_path"),
        views=int(at(source, "visit.views") or 0),
        events=int(at(source, "visit.events") or 0),
        seconds=float(at(source, "visit.duration_seconds") or 0),
        bounced=bool(at(source, "visit.bounced")),
        source=source_of(source),
        country=text(source, "client.geo.country_iso_code"),
        agent=agent_of(source),
    )


def newest(rows: Iterable[HitRow], most: int) -> list[HitRow]:
    return sorted(rows, key=lambda row: row.time, reverse=True)[:most]


def source_of(source: Mapping[str, Any]) -> str:
    """`Google (Organic Search)`; the channel alone where there is no source; "" for a direct visit."""
    name, channel = text(source, "traffic.source"), text(source, "traffic.channel")
    if channel == "Direct" and name in ("", "Direct", "Direct / None"):
        return ""
    return f"{name} ({channel})" if name and channel else name or channel


def agent_of(source: Mapping[str, Any]) -> str:
    """`Firefox, Linux, desktop`, as far as it is known."""
    names = ("user_agent.name", "user_agent.os.name", "user_agent.device.type")
    return ", ".join(word for word in (text(source, name) for name in names) if word)


def _event_detail(source: Mapping[str, Any]) -> str:
    data = at(source, "event.data")
    pairs = [f"{key}: {value}" for key, value in data.items()] if isinstance(data, Mapping) else []
    revenue = at(source, "revenue.amount")
    if revenue is not None:
        pairs.append(f"{revenue:.2f} {text(source, 'revenue.currency')}")
    return ", ".join(part for part in (text(source, "event.value"), *pairs, text(source, "url.path")) if part)


def at(source: Any, path: str) -> Any:
    """The value at a dotted path of nested JSON; None if there is none."""
    for name in path.split("."):
        if not isinstance(source, Mapping):
            return None
        source = source.get(name)
    return source


def text(source: Mapping[str, Any], path: str) -> str:
    value = at(source, path)
    return "" if value is None else str(value)


def moment(value: Any) -> datetime:
    """A document's date: milliseconds, or ISO 8601."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value / 1000, UTC)
    return datetime.fromisoformat(value).astimezone(UTC) if value else datetime.fromtimestamp(0, UTC)
