"""GET and POST /count, what GoatCounter's count.js sends, and POST /api/v0/count, its API for servers.

/count has its parameters in the query: p path or event's name, t title, r referrer, e event, s screen `width,height,scale`,
q the page's query, b bot, ns no session. The site is the one whose code (`goatcounter:CODE`) begins the host that was asked,
else that of the Referer. As in handlers/count.go the answer is a GIF of 43 bytes, with 400 and the reason in X-Goatcounter where
a hit cannot be used, with 202 and the reason where it is not wanted.

/api/v0/count takes {"no_sessions", "hits": [{path, title, event, ref, size, query, bot, user_agent, ip, created_at, session}]}
with a key that may write. As in handlers/api.go the answer is 202 {"status": "ok"}, or 400 {"errors": {index: sentence}}, and
what is not named there was taken. A key of all sites needs the code in the host. docs/ways.md has every field.
"""

from collections.abc import Sequence
from uuid import uuid4

import msgspec

from collect import clean
from collect.arrival import Answer, Arrival, json_answer
from collect.collector import Collector
from collect.errors import BadField, HostNotAllowed, OverLimit, Refused, Unreadable
from collect.fields import Body, Sender, browser, make_hit, parameters, read_json
from collect.foreign import foreign_site
from collect.trust import writer
from collect.way import Way
from collect.ways.pixel import GIF, HEADERS
from hits.hit import LIMITS, Hit
from hits.snapshot import Snapshot

LIST_LIMIT = 4 << 20
ITEMS = 500
PATH = 2048  # bytes
BOTS = 150  # the first of the numbers by which count.js tells a browser that a program drives
OPEN = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "X-Goatcounter"))
TRUE = frozenset({"1", "t", "true", "y", "yes", "on"})
NO_SESSION = "session or browser/IP not set; use no_sessions if you don't want to track unique visits"


class Counted(msgspec.Struct):
    path: str = ""
    title: str = ""
    event: bool | int | str = False
    ref: str = ""
    size: str | list[float] = ""
    query: str = ""
    bot: int = 0
    user_agent: str = ""
    ip: str = ""
    created_at: str | None = None
    session: str = ""


class Request(msgspec.Struct):
    hits: list[msgspec.Raw] | None = None
    no_sessions: bool = False


def count(arrival: Arrival, collector: Collector) -> Answer:
    if reason := collector.trust.left_out(arrival.header):
        return _image(202, f"ignored because of {reason}")._replace(why=reason)
    given = parameters(arrival.query)
    if len(given.get("p", "").encode("utf-8", "replace")) > PATH:
        return _image(414, f"ignored because path is longer than {PATH} bytes")._replace(why="field")
    if arrival.method != "HEAD":
        collector.take([read(given, arrival, collector)])
    return _image(200)


def read(given: dict[str, str], arrival: Arrival, collector: Collector) -> Hit:
    """The hit of a request; raises what collect.errors lists as 400 and 403."""
    bot = given.get("b", "0") or "0"
    if not bot.isdecimal() or not bot.isascii():
        raise Unreadable(f"error decoding parameters: b: {bot[:20]!r} is no number")
    if bot != "0" and int(bot[:9]) < BOTS:
        raise Unreadable(f"wrong value: b={bot}")
    sites = collector.sites.current()
    referer = clean.page(arrival.header("REFERER")) if arrival.header("REFERER") else None
    site = _coded(arrival, sites) or (referer.host if referer else "")
    if not site:
        raise BadField("site", "no site: the host has no code, and there is no Referer")
    counted = Counted(
        path=given.get("p", ""),
        title=given.get("t", ""),
        event=given.get("e", ""),
        ref=given.get("r", ""),
        size=given.get("s", ""),
        query=given.get("q", ""),
        bot=int(bot[:9]),
        session=str(uuid4()) if _true(given.get("ns", "")) else "",
    )
    sender = browser(arrival, collector.trust)
    return make_hit(_body(counted, site, referer), "goatcounter", arrival.now, sender, collector.trust, sites)


def api(arrival: Arrival, collector: Collector) -> Answer:
    key = writer(arrival.header, collector.sites)
    sites = collector.sites.current()
    request = read_json(arrival.body, Request)
    if not request.hits:
        raise BadField("hits", "no hits")
    if len(request.hits) > ITEMS:
        raise BadField("hits", f"maximum amount of pageviews in one batch is {ITEMS}")
    site = key.site or _coded(arrival, sites)
    if not site:
        raise BadField("site", f"no site: the key {key.name} is for all, and the host has no code")

    def read_one(raw: msgspec.Raw) -> Sequence[Hit]:
        return [_read(bytes(raw), request.no_sessions, site, arrival.now, collector, sites)]

    refused = collector.take_each(request.hits, read_one, (BadField, Unreadable, HostNotAllowed, OverLimit))
    errors = {str(index): error.sentence for index, error in refused.items()}
    return json_answer(400, {"errors": errors}) if errors else json_answer(202, {"status": "ok"})


def _read(raw: bytes, no_sessions: bool, site: str, now: int, collector: Collector, sites: Snapshot) -> Hit:
    counted = read_json(raw, Counted)
    address = clean.named_address("ip", counted.ip)
    if not counted.session and not (counted.user_agent and address):
        if not no_sessions:
            raise BadField("session", NO_SESSION)
        counted.session = str(uuid4())
    sender = Sender(address, clean.text("agent", counted.user_agent))
    time = clean.timestamp(counted.created_at, now)
    return make_hit(_body(counted, site), "goatcounter-api", now, sender, collector.trust, sites, time)


def _body(counted: Counted, site: str, referer: clean.Page | None = None) -> Body:
    """An event's path is its name, and the page is the one that it came from."""
    if not counted.path.strip():
        raise BadField("path", "path: must be set")
    body = Body(
        site=site,
        referrer=counted.ref,
        title=counted.title,
        screen=_screen(counted.size),
        webdriver=counted.bot > 0,
        client_hash=counted.session[: LIMITS["client_hash"]],
    )
    if _true(counted.event):
        body.kind, body.name = "event", counted.path.strip().lstrip("/")[: LIMITS["name"]]
        body.url = referer.url if referer else f"https://{site}/"
        body.data = {"title": counted.title} if counted.title else None
    else:
        body.kind = "view"
        query = counted.query.lstrip("?")
        joined = "?" + query if query and "?" not in counted.path else ""
        body.url = f"https://{referer.host if referer else site}/{counted.path.strip().lstrip('/')}{joined}"
    return body


def _coded(arrival: Arrival, sites: Snapshot) -> str:
    """The site whose code is the host that was asked, or begins it."""
    host = arrival.header("HOST").partition(":")[0]
    return foreign_site(sites, "goatcounter", host.partition(".")[0]) or foreign_site(sites, "goatcounter", host) or ""


def _screen(size: str | list[float]) -> str:
    sides = size.split(",") if isinstance(size, str) else [str(side) for side in size]
    return "x".join(side.strip().partition(".")[0] for side in sides[:2])


def _true(given: bool | int | str) -> bool:
    return given.strip().lower() in TRUE if isinstance(given, str) else bool(given)


def _image(status: int, why: str = "") -> Answer:
    said = (("X-Goatcounter", clean.plain(why).encode("ascii", "replace").decode()),) if why else ()
    return Answer(status, GIF, (*HEADERS, *said))


def refused_image(error: Refused) -> Answer:
    """A site that is not taken is to GoatCounter one that it does not know."""
    why = error.sentence if isinstance(error, Unreadable) else f"not valid: {error.sentence}"
    answer = _image(400 if error.status == 403 else error.status, why)
    return answer._replace(headers=(*answer.headers, *error.headers), why=error.reason)


def refused(error: Refused) -> Answer:
    return json_answer(error.status, {"error": error.sentence}, error.headers)._replace(why=error.reason)


WAYS = (
    Way("/count", ("GET", "POST"), count, headers=OPEN, preflight=Answer(200), refusal=refused_image),
    Way("/api/v0/count", ("POST",), api, most=LIST_LIMIT, refusal=refused),
)
