"""Documents: a visit's state in, the JSON of client, visit, view and event documents out. mappings/ describes their fields.

Everything here is a function of its arguments, so the same hits give the same documents whenever they are made again.

What many documents share is written once and kept as `Members`: the inside of a JSON object, as in `"a":1,"b":2`. A document
is members joined. A state holds members too, so that nothing is parsed to be written again.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from msgspec.structs import replace

from importer.bots import bot_kind
from importer.facts import Facts
from importer.state import Client, Dimensions, Known, Seen, Visit

ARRAY = 100  # values
Members = bytes

_encode = msgspec.json.Encoder().encode


def iso(ms: int) -> str:
    """2026-11-25T08:30:00.000Z"""
    return f"{_second(ms // 1000)}.{ms % 1000:03d}Z"


@lru_cache(maxsize=8192)
def _second(s: int) -> str:
    return datetime.fromtimestamp(s, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def milliseconds(iso_text: str) -> int:
    return round(datetime.fromisoformat(iso_text).timestamp() * 1000)


def members(group: Mapping[str, Any]) -> Members:
    return _encode(group)[1:-1]


def whole(parts: Iterable[Members]) -> bytes:
    """A document of members; empty ones are left out."""
    return b"{" + b",".join(filter(None, parts)) + b"}"


def dimensions(facts: Facts) -> Dimensions:
    """What a hit says of its client and of where its visit came from: what all documents of a visit carry."""
    groups: dict[str, Any] = {}
    if facts.user_agent:
        groups["user_agent"] = facts.user_agent
    if facts.language:
        groups["language"] = facts.language
    if facts.language_header:
        groups["language_header"] = facts.language_header
    if facts.screen:
        groups["screen"] = facts.screen
    if facts.encoding:
        groups["document"] = {"encoding": facts.encoding}
    if facts.traffic:
        groups["traffic"] = facts.traffic
    if facts.utm:
        groups["utm"] = facts.utm
    if facts.referrer or facts.referrer_header:
        told = (("referrer", facts.referrer), ("referrer_header", facts.referrer_header))
        groups["http"] = {"request": {name: url for name, url in told if url}}
    return Dimensions(members(groups), _group(facts.geo), facts.path, _group(facts.traits))


def own_part(facts: Facts) -> Members:
    """What a view's or event's document says that no other does."""
    own: dict[str, Any] = {}
    url = {"domain": facts.domain} if facts.domain else {}
    if facts.path:
        url["path"] = facts.path
    if facts.kind == "view":
        if facts.query:
            url["query"] = facts.query
        if facts.title:
            own["page"] = {"title": facts.title}
        if facts.data:
            own["event"] = {"data": facts.data}
    else:
        event = own["event"] = {"name": facts.name}
        if facts.value:
            event["value"] = facts.value
        if facts.number is not None:
            event["number"] = facts.number
        if facts.data:
            event["data"] = facts.data
        if facts.revenue:
            own["revenue"] = facts.revenue
    if url:
        own["url"] = url
    return members(own)


def hit_documents(visit: Visit, hits: Iterable[tuple[Seen, str]]) -> list[bytes]:
    """Views' and events' of a visit; beside each event the id of the view that it belongs to, or ""."""
    common = _common(visit.site, visit.client, visit.bot, visit.start.dimensions)
    group = b'"visit":' + whole([_visit_members(visit.id, visit.start.dimensions)])
    documents = []
    for hit, view in hits:
        if hit.kind == "view":
            seen = b'"view":{"id":"%b","engaged_seconds":%b,"scroll_percent":%d%b}'
            active = b',"activity":%d' % hit.activity if hit.activity else b""
            about = seen % (view.encode(), _encode((hit.engaged + hit.engaged_more) / 1000), hit.scroll, active)
        else:
            about = b'"view":{"id":"%b"}' % view.encode() if view else b""
        parts = (_at(hit.time), common, group, _hit_group(hit.way, hit.receipt), hit.own, about)
        documents.append(whole(parts))
    return documents


def visit_document(visit: Visit, started: int, ended: int) -> bytes:
    hits = sorted(visit.hits.values(), key=lambda hit: hit.order)
    views = [hit for hit in hits if hit.kind == "view"]
    events = [hit for hit in hits if hit.kind == "event"]
    n_views, n_events = len(views) + visit.more_views, len(events) + visit.more_events
    acted = visit.more_events > 0 or any(hit.interactive for hit in events)
    start = visit.start
    first = visit.hits.get(start.id)
    said = {
        "started": iso(started),
        "ended": iso(ended),
        "duration_seconds": (ended - started) / 1000,
        "views": n_views,
        "events": n_events,
        "bounced": int(n_views == 1 and not acted),
        "pages": list(dict.fromkeys([hit.path for hit in views]))[:ARRAY],
        "event_names": list(dict.fromkeys([hit.name for hit in events]))[:ARRAY],
        "steps": [[(hit.time - started) / 1000, hit.kind, hit.name or hit.path] for hit in hits],
    }
    if views:
        said["exit_path"] = views[-1].path
    parts = (
        _at(started),
        _common(visit.site, visit.client, visit.bot, start.dimensions),
        b'"visit":' + whole([_visit_members(visit.id, start.dimensions), members(said)]),
        _hit_group(start.way, first.receipt if first else ""),
    )
    return whole(parts)


def client_document(client: Client, known: Known) -> bytes:
    dimensions = known.dimensions or next(visit.start.dimensions for visit in client.visits if visit.id == known.visit)
    more = {"first_seen": iso(known.first_seen), "last_seen": iso(known.last_seen)}
    if known.hash:
        more["hash"] = known.hash
    traits = _group({name: text for name, (_, text) in known.traits.items()}) or dimensions.traits
    parts = (
        _at(known.first_seen),
        _common(client.site, client.id, known.bot, replace(dimensions, traits=traits), members(more)),
        b'"visit":' + whole([_visit_members(known.visit, dimensions)]),
        _hit_group(known.way, known.receipt),
    )
    return whole(parts)


def known_of(source: Mapping[str, Any]) -> Known:
    """What a client's document says, for one whose state is gone: the inverse of client_document."""
    client = source["client"]
    apart = ("@timestamp", "site", "client", "visit", "hit", "bot")
    groups = {name: group for name, group in source.items() if name not in apart}
    traits, last_seen = client.get("traits", {}), milliseconds(client["last_seen"])
    return Known(
        first_seen=milliseconds(client["first_seen"]),
        last_seen=last_seen,
        visit=source["visit"]["id"],
        way=source["hit"]["way"],
        hash=client.get("hash", ""),
        bot=source.get("bot", {}).get("name", ""),
        receipt=source["hit"].get("receipt", ""),
        dimensions=Dimensions(
            members(groups), _group(client.get("geo", {})), source["visit"].get("entry_path", ""), _group(traits)
        ),
        traits={name: (last_seen, text) for name, text in traits.items()},
    )


def _common(site: str, client: str, bot: str, dimensions: Dimensions, more: Members = b"") -> Members:
    """Site, client and the groups that all documents carry; `more` is of the client."""
    number = int(client[:16], 16) & 0x7FFF_FFFF_FFFF_FFFF
    geo = b'"geo":' + dimensions.geo if dimensions.geo else b""
    traits = b'"traits":' + dimensions.traits if dimensions.traits else b""
    group = whole([b'"id":"%b","num":%d,"part":%d' % (client.encode(), number, number % 64), geo, traits, more])
    named = b'"site":%b,"client":%b' % (_encode(site), group)
    if bot:
        named += b',"bot":' + _encode({"name": bot, "kind": bot_kind(bot)})
    return named + b"," + dimensions.groups if dimensions.groups else named


def _visit_members(id: str, dimensions: Dimensions) -> Members:
    named = b'"id":"%b"' % id.encode()
    return named + b',"entry_path":' + _encode(dimensions.entry_path) if dimensions.entry_path else named


def _hit_group(way: str, receipt: str) -> Members:
    return members({"hit": {"way": way, "receipt": receipt} if receipt else {"way": way}})


def _group(group: Mapping[str, Any]) -> bytes:
    return _encode(group) if group else b""


def _at(ms: int) -> Members:
    return b'"@timestamp":"%b"' % iso(ms).encode()
