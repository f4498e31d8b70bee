"""Documents: a visit's state in, the JSON of client, visit, view and event documents out. mappings/ describes their fields.

Everything here is a function of its arguments, so the same hits give the same documents whenever they are made again.
"""

from datetime import UTC, datetime
from typing import Any

from importer.facts import Facts
from importer.state import Known, Seen, Visit

ARRAY = 100  # values
#: Groups that stand at a document's top as they stand in `dimensions`.
GROUPS = ("user_agent", "language", "screen", "traffic", "utm", "http")
Json = dict[str, Any]


def iso(ms: int) -> str:
    """2026-11-25T08:30:00.000Z"""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def milliseconds(iso_text: str) -> int:
    return round(datetime.fromisoformat(iso_text).timestamp() * 1000)


def dimensions(facts: Facts) -> Json:
    """What a hit says of its client and of where its visit came from: the groups that all documents of a visit carry."""
    groups: Json = {
        "user_agent": facts.user_agent,
        "geo": facts.geo,
        "language": facts.language,
        "screen": facts.screen,
        "traffic": facts.traffic,
        "utm": facts.utm,
        "http": {"request": {"referrer": facts.referrer}} if facts.referrer else None,
        "entry_path": facts.path,
    }
    return {name: group for name, group in groups.items() if group}


def own_part(facts: Facts) -> Json:
    """What a view's or event's document says that no other does."""
    if facts.kind == "view":
        own: Json = {"page": {"title": facts.title}} if facts.title else {}
        if facts.query:
            own["query"] = facts.query
        return own
    event: Json = {"name": facts.name}
    if facts.value:
        event["value"] = facts.value
    if facts.number is not None:
        event["number"] = facts.number
    if facts.data:
        event["data"] = facts.data
    return {"event": event, "revenue": facts.revenue} if facts.revenue else {"event": event}


def hit_document(visit: Visit, hit: Seen, view: str) -> Json:
    """A view's or an event's; `view` is the id of the view that an event belongs to, or ""."""
    document = _common(hit.time, visit.site, visit.client, visit.id, visit.bot, hit.way, hit.receipt, visit.start.dimensions)
    own = dict(hit.own)
    url = {"domain": hit.domain, "path": hit.path}
    if "query" in own:
        url["query"] = own.pop("query")
    document |= own
    document["url"] = {name: value for name, value in url.items() if value}
    if hit.kind == "view":
        document["view"] = {"id": hit.view, "engaged_seconds": hit.engaged / 1000, "scroll_percent": hit.scroll}
    elif view:
        document["view"] = {"id": view}
    return document


def visit_document(visit: Visit, started: int, ended: int) -> Json:
    hits = sorted(visit.hits.values(), key=lambda hit: (hit.time, hit.id))
    views = [hit for hit in hits if hit.kind == "view"]
    events = [hit for hit in hits if hit.kind == "event"]
    n_views, n_events = len(views) + visit.more_views, len(events) + visit.more_events
    acted = visit.more_events > 0 or any(hit.interactive for hit in events)
    start = visit.start
    first = visit.hits.get(start.id)
    receipt = first.receipt if first else ""
    document = _common(started, visit.site, visit.client, visit.id, visit.bot, start.way, receipt, start.dimensions)
    document["visit"] |= {
        "started": iso(started),
        "ended": iso(ended),
        "duration_seconds": (ended - started) / 1000,
        "views": n_views,
        "events": n_events,
        "bounced": int(n_views == 1 and not acted),
        "pages": list(dict.fromkeys(hit.path for hit in views))[:ARRAY],
        "event_names": list(dict.fromkeys(hit.name for hit in events))[:ARRAY],
        "steps": [[(hit.time - started) / 1000, hit.kind, hit.name or hit.path] for hit in hits],
    }
    if views:
        document["visit"]["exit_path"] = views[-1].path
    return document


def client_document(client: str, site: str, known: Known) -> Json:
    document = _common(known.first_seen, site, client, known.visit, known.bot, known.way, known.receipt, known.dimensions)
    document["client"] |= {"first_seen": iso(known.first_seen), "last_seen": iso(known.last_seen)}
    if known.hash:
        document["client"]["hash"] = known.hash
    return document


def known_of(source: Json) -> Known:
    """What a client's document says, for one whose state is gone: the inverse of client_document."""
    client = source["client"]
    groups: Json = {name: source[name] for name in GROUPS if name in source}
    if "geo" in client:
        groups["geo"] = client["geo"]
    if "entry_path" in source["visit"]:
        groups["entry_path"] = source["visit"]["entry_path"]
    return Known(
        first_seen=milliseconds(client["first_seen"]),
        last_seen=milliseconds(client["last_seen"]),
        visit=source["visit"]["id"],
        way=source["hit"]["way"],
        hash=client.get("hash", ""),
        bot=source.get("bot", {}).get("name", ""),
        receipt=source["hit"].get("receipt", ""),
        dimensions=groups,
    )


def _common(time: int, site: str, client: str, visit: str, bot: str, way: str, receipt: str, dimensions: Json) -> Json:
    number = int(client[:16], 16) & 0x7FFF_FFFF_FFFF_FFFF
    groups = dict(dimensions)
    document: Json = {
        "@timestamp": iso(time),
        "site": site,
        "client": {"id": client, "num": number, "part": number % 64},
        "visit": {"id": visit},
        "hit": {"way": way, "receipt": receipt} if receipt else {"way": way},
    }
    if "geo" in groups:
        document["client"]["geo"] = groups.pop("geo")
    if "entry_path" in groups:
        document["visit"]["entry_path"] = groups.pop("entry_path")
    if bot:
        document["bot"] = {"name": bot}
    return document | groups
