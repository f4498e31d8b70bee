"""POST /api/send and /api/batch: what Umami's tracker and its node client send, one by one or in a list.

In: {"type": event | identify | performance | engagement, "payload": {website, hostname, url, …}}; its `website` (or `link`, or
`pixel`) is an id of Umami's that is mapped to a site, else the site is that of `hostname`. docs/ways.md has every field.
Out, as in umami-software/umami (src/app/api/send and /batch): {"cache", "sessionId", "visitId"}; {"beep": "boop"} for a bot and
for who wants no tracking; {"error": {"message", "code", "status"}}; of a list {"size", "processed", "errors", "details"}.

The ids are random and say nothing of the visitor; with `x-umami-cache`, which a page sends back, they stay what they were.
"""

import re
from typing import Any, Literal
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID, uuid4

import msgspec

from collect import clean
from collect.arrival import Answer, Arrival, json_answer
from collect.collector import Collector
from collect.data import fitting
from collect.errors import BadField, HostNotAllowed, OverLimit, Refused, TooLarge, Unreadable
from collect.fields import Body, Sender, browser, make_hit, read_json, site_name
from collect.foreign import foreign_site, is_bot, revenue_of
from collect.trust import Trust
from collect.way import Way
from hits.hit import LIMITS, Hit
from hits.snapshot import Snapshot

LIST_LIMIT = 4 << 20
ITEMS = 1000
VITALS = ("lcp", "inp", "cls", "fcp", "ttfb")
OPEN = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Headers", "*"),
    ("Access-Control-Allow-Methods", "GET, DELETE, POST, PUT"),
    ("Access-Control-Max-Age", "86400"),
)
CODES = {400: "bad-request", 403: "forbidden", 413: "payload-too-large", 429: "too-many-requests", 503: "server-error"}
BOOP = {"beep": "boop"}

_TOKEN = re.compile(r"\b([0-9a-f-]{36})\.([0-9a-f-]{36})\b")
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_STRAY = re.compile(r"%(?![0-9A-Fa-f]{2})")
_RESERVED = ";/?:@&=+$,#"  # what JavaScript's decodeURI leaves escaped


class Payload(msgspec.Struct):
    website: str | None = None
    link: str | None = None
    pixel: str | None = None
    hostname: str | None = None
    url: str | None = None
    referrer: str | None = None
    title: str | None = None
    language: str | None = None
    screen: str | None = None
    name: str | None = None
    tag: str | None = None
    id: str | None = None
    data: Any = None
    ip: str | None = None
    userAgent: str | None = None
    timestamp: float | str | None = None
    lcp: float | None = None
    inp: float | None = None
    cls: float | None = None
    fcp: float | None = None
    ttfb: float | None = None
    engagement: float | None = None


class Sent(msgspec.Struct):
    type: Literal["event", "identify", "performance", "engagement"]
    payload: Payload


def send(arrival: Arrival, collector: Collector) -> Answer:
    hits, told = _read(arrival.body, arrival, collector)
    if hits:
        collector.take(hits)
    elif reason := collector.trust.left_out(arrival.header):
        return json_answer(200, told, (("X-FizzStat-Dropped", reason),))._replace(why=reason)
    return json_answer(200, told)


def batch(arrival: Arrival, collector: Collector) -> Answer:
    """One bad item harms no other."""
    items = read_json(arrival.body, list[msgspec.Raw])
    if len(items) > ITEMS:
        raise TooLarge(f"a list has at most {ITEMS} items, and this one has {len(items)}")
    alone = (BadField, HostNotAllowed, Unreadable, OverLimit)
    refused = collector.take_each(items, lambda item: _read(bytes(item), arrival, collector)[0], alone)
    details = [{"index": index, "response": _error(error)} for index, error in refused.items()]
    done = {"processed": len(items) - len(details), "errors": len(details)}
    return json_answer(200, {"size": len(items), **done, "details": details})


def _read(raw: bytes, arrival: Arrival, collector: Collector) -> tuple[list[Hit], dict[str, str]]:
    """The hits of an item, and what its sender is told."""
    sent = read_json(raw, Sent)
    sender = _sender(sent.payload, browser(arrival, collector.trust))
    hits = read(sent, sender, arrival.now, collector.trust, collector.sites.current())
    if collector.trust.left_out(arrival.header):
        return [], BOOP
    return hits, BOOP if is_bot(sender.agent) else _session(arrival)


def read(sent: Sent, sender: Sender, now: int, trust: Trust, sites: Snapshot) -> list[Hit]:
    """The hits of an item: one for each of its web vitals, none where a site lets nobody be identified. Raises what
    collect.errors lists as 400 and 403."""
    payload = sent.payload
    site, page = _page(payload, sites)
    body = Body(
        site=site,
        url=page,
        hash=True,
        referrer=_referrer(payload, page),
        title=_decoded(payload.title or ""),
        language=payload.language,
        screen=payload.screen,
        client_hash=(payload.id or "")[: LIMITS["client_hash"]],
    )
    if sent.type == "performance":
        vitals = {name: value for name in VITALS if (value := getattr(payload, name)) is not None}
        bodies = [_vital(body, name, value) for name, value in vitals.items()]
    elif sent.type == "engagement":
        bodies = [msgspec.structs.replace(body, kind="engagement", engaged_more=payload.engagement)]
    elif sent.type == "identify":
        data = fitting(payload.data) if isinstance(payload.data, dict) else None
        bodies = [msgspec.structs.replace(body, kind="event", name="identify", traits=data, interactive=False)]
    else:
        bodies = [_event(body, payload)]
    hits = [make_hit(each, "umami", now, sender, trust, sites, _time(payload.timestamp, now)) for each in bodies]
    return hits if sent.type != "identify" else [hit for hit in hits if hit.site in sites.identifying]


def _event(body: Body, payload: Payload) -> Body:
    data = payload.data if isinstance(payload.data, dict) else {}
    body.kind = "event" if payload.name else "view"
    body.data = fitting({**({"tag": payload.tag} if payload.tag else {}), **data})
    if payload.name:
        body.name = payload.name[: LIMITS["name"]]
        body.revenue = revenue_of(data.get("revenue"), data.get("currency"))  # as in Umami's own reports
    return body


def _vital(body: Body, name: str, value: float) -> Body:
    named = {"name": "vitals", "value": value, "data": {"metric": name.upper()}}
    return msgspec.structs.replace(body, kind="event", interactive=False, **named)


def _page(payload: Payload, sites: Snapshot) -> tuple[str, str]:
    """The site, and the page's URL, which old trackers tell as a path that went through encodeURI, as
    the referrer then did too."""
    ids = [id for id in (payload.website, payload.link, payload.pixel) if id]
    if len(ids) != 1:
        raise BadField("website", "Exactly one of website, link, or pixel must be provided")
    try:
        id = str(UUID(ids[0]))
    except ValueError:
        raise BadField("website", "website: Invalid UUID") from None
    host = site_name(payload.hostname) if payload.hostname else ""
    url = (payload.url or "").strip() or "/"
    if not url.startswith(("http://", "https://")):
        base = host or foreign_site(sites, "umami", id)
        if not base:
            raise BadField("hostname", "hostname: with a path for a url, it is needed")
        url = f"https://{base}/{_decoded(url, _RESERVED).lstrip('/')}"
    return foreign_site(sites, "umami", id) or host, url


def _referrer(payload: Payload, page: str) -> str:
    """A path alone is one of the same site."""
    referrer = payload.referrer or ""
    if payload.url != page:
        referrer = _decoded(referrer, _RESERVED)
    if not referrer.startswith("/"):
        return referrer
    parts = urlsplit(clean.page(page).url)
    return f"{parts.scheme}://{parts.netloc}/{referrer.lstrip('/')}"


def _decoded(text: str, kept: str = "") -> str:
    """What JavaScript's decodeURIComponent makes of a text, and, where it keeps some escapes, decodeURI; the text as it is where
    they would fail."""

    def decode(found: re.Match[str]) -> str:
        return "".join(quote(each, safe="") if each in kept else each for each in unquote(found[0], errors="strict"))

    try:
        return text if _STRAY.search(text) else _ESCAPES.sub(decode, text)
    except UnicodeDecodeError:
        return text


def _sender(payload: Payload, browser: Sender) -> Sender:
    """Who a server speaks for: then the request's own headers are not the visitor's."""
    address = clean.named_address("ip", payload.ip)
    if not address and not payload.userAgent:
        return browser
    return Sender(address or browser.ip, clean.text("agent", payload.userAgent) or browser.agent)


def _time(seconds: float | str | None, now: int) -> int:
    """Seconds since 1970, or the text of them, in milliseconds."""
    if seconds in (None, ""):
        return 0
    try:
        ms = float(seconds) * 1000
    except ValueError:
        ms = float("nan")
    return clean.moment_of("timestamp", ms, now)


def _session(arrival: Arrival) -> dict[str, str]:
    found = _TOKEN.search(arrival.header("X_UMAMI_CACHE"))
    session, visit = found.groups() if found else (str(uuid4()), str(uuid4()))
    return {"cache": f"{session}.{visit}", "sessionId": session, "visitId": visit}


def _error(error: Refused) -> dict[str, Any]:
    status = 400 if isinstance(error, HostNotAllowed) else error.status
    message = "Website not found." if isinstance(error, HostNotAllowed) else error.sentence
    return {"error": {"message": message, "code": CODES.get(status, "bad-request"), "status": status}}


def refused(error: Refused) -> Answer:
    told = _error(error)
    return json_answer(told["error"]["status"], told, error.headers)._replace(why=error.reason)


PREFLIGHT = Answer(204, headers=(("Allow", "OPTIONS, POST"),))
WAYS = (
    Way("/api/send", ("POST",), send, headers=OPEN, preflight=PREFLIGHT, refusal=refused),
    Way("/api/batch", ("POST",), batch, most=LIST_LIMIT, headers=OPEN, preflight=PREFLIGHT, refusal=refused),
)
