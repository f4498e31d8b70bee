"""POST /event, the way in for servers: one object or a list of up to 1,000, with an API key that may write.

Fields as in POST /hit, and `timestamp`, `path` (with `site`, where there is no url), `agent` and `ip_addr`. The request's
own address and agent are a server's, so they are never taken for a visitor's. An object may have 64 KiB, a list 4 MiB.
The answer is 202 {"accepted": n, "refused": [{"index": i, "field": name, "error": sentence}]}: one bad item harms no other,
but a key of one site that meets another's item is refused with the whole request (403). Where nothing is taken, and some of it
only because hits of the past wait, it is 503 with Retry-After.
"""

import msgspec

from collect import clean
from collect.arrival import Answer, Arrival, json_answer
from collect.collector import Collector
from collect.errors import BadField, HostNotAllowed, OverLimit, TooLarge, Unreadable
from collect.fields import ITEM_LIMIT, Body, Sender, make_hit, read_json, site_name
from collect.trust import Trust, check_bound, writer
from collect.way import Way
from hits.hit import Hit
from hits.snapshot import KeyRow, Snapshot

LIST_LIMIT = 4 << 20
ITEMS = 1000


class EventBody(Body):
    timestamp: str | None = None
    path: str | None = None
    agent: str | None = None
    ip_addr: str | None = None


def answer(arrival: Arrival, collector: Collector) -> Answer:
    key = writer(arrival.header, collector.sites)
    sites = collector.sites.current()
    listed = arrival.body.lstrip().startswith(b"[")
    raws = items(arrival.body) if listed else [arrival.body]
    alone = (BadField, HostNotAllowed, Unreadable, TooLarge, OverLimit) if listed else (BadField, HostNotAllowed)
    refused = collector.take_each(raws, lambda raw: [read(raw, key, arrival.now, collector.trust, sites)], alone)
    told = [{"index": index, "field": error.field, "error": error.sentence} for index, error in refused.items()]
    return json_answer(202, {"accepted": len(raws) - len(told), "refused": told})


def items(body: bytes) -> list[bytes]:
    """The JSON of each item of a list. Raises Unreadable and TooLarge."""
    raws = read_json(body, list[msgspec.Raw])
    if len(raws) > ITEMS:
        raise TooLarge(f"a list has at most {ITEMS} items, and this one has {len(raws)}")
    return [bytes(raw) for raw in raws]


def read(raw: bytes, key: KeyRow, now: int, trust: Trust, sites: Snapshot) -> Hit:
    """The hit of an item. Raises NoRight if it is for a site that the key is not for, and what else makes it unusable."""
    if len(raw) > ITEM_LIMIT:
        raise TooLarge(f"an item is larger than the {ITEM_LIMIT >> 10} KiB that are taken here")
    body = read_json(raw, EventBody)
    body.site = body.site or (key.site if not body.url else None)
    body.url = body.url or _url(body)
    sender = Sender(clean.named_address("ip_addr", body.ip_addr), clean.text("agent", body.agent))
    hit = make_hit(body, "event", now, sender, trust, sites, clean.timestamp(body.timestamp, now))
    check_bound(key, hit.site, "site")
    return hit


def _url(body: EventBody) -> str:
    if not body.path:
        raise BadField("url", "url is missing, and so is path")
    if not body.site:
        raise BadField("site", "with a path instead of a url, site is needed")
    return f"https://{site_name(body.site)}/{body.path.lstrip('/')}"


WAYS = (Way("/event", ("POST",), answer, most=LIST_LIMIT),)
