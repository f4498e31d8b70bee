"""The fields that all ways in share: a body's bytes or a query's texts in, a Hit out. Unknown fields are let go."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeVar
from urllib.parse import parse_qsl

import msgspec
from uuid_utils import uuid7

from collect import clean
from collect.arrival import Arrival
from collect.data import fitting
from collect.errors import BadField, Unreadable
from collect.trust import Trust
from hits.days import DAY
from hits.hit import Hit, Revenue
from hits.snapshot import Snapshot

ITEM_LIMIT = 64 << 10  # bytes of one hit's JSON
ACTIVITY = 1_000_000  # the most clicks, keys and touches of a view: people do not get there
PARAMETERS = 200  # of a query
OBJECTS = ("data", "revenue", "traits")  # in a query they are JSON
TEXTS = ("name", "id", "view", "referrer", "title", "screen", "language", "time_zone", "client_hash")  # taken as clean.text does


class SentRevenue(msgspec.Struct):
    amount: float | str
    currency: str


class Body(msgspec.Struct):
    """What a sender may write; null and "" are as good as nothing. Which fields apply depends on the kind."""

    id: str | None = None
    kind: Literal["view", "event", "engagement"] | None = None
    site: str | None = None
    url: str | None = None
    hash: bool | None = None
    view: str | None = None
    referrer: str | None = None
    title: str | None = None
    screen: str | None = None
    screen_depth: float | None = None
    language: str | None = None
    time_zone: str | None = None
    client_hash: str | None = None
    traits: dict[str, Any] | None = None
    webdriver: bool | None = None
    name: str | None = None
    value: str | int | float | bool | None = None
    data: dict[str, Any] | None = None
    revenue: SentRevenue | None = None
    interactive: bool | None = None
    engaged: float | None = None
    engaged_more: float | None = None
    scroll: float | None = None
    activity: float | None = None


class Sender(NamedTuple):
    """Who a hit comes from: the address, and the headers that tell one agent from another (hints: hits/hit.py)."""

    ip: str = ""
    agent: str = ""
    accept_language: str = ""
    accept_encoding: str = ""
    hint_brands: str = ""
    hint_platform: str = ""
    hint_mobile: bool = False


Shape = TypeVar("Shape")


def read_json(raw: bytes, shape: type[Shape]) -> Shape:
    """What JSON text says, in a Body's shape. Raises Unreadable where it has another, BadField where one field has."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as error:
        raise _field_error(error, getattr(shape, "__struct_fields__", ())) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        mended = _mend_surrogates(raw)
        if mended != raw:
            return read_json(mended, shape)
        raise Unreadable(f"this is no JSON: {_reason(error)}") from None


def parameters(query: str, most: int = PARAMETERS) -> dict[str, str]:
    """Those of a query or of a form; of two of a name the last counts. Raises Unreadable."""
    try:
        return dict(parse_qsl(query, max_num_fields=most))
    except ValueError:
        raise Unreadable(f"the query has more than {most} parameters") from None


def read_texts(texts: Mapping[str, str], shape: type[Shape]) -> Shape:
    """The fields in a query's parameters: numbers and flags as text, objects as JSON. Raises BadField."""
    fields: dict[str, Any] = {name: given for name, given in texts.items() if given}
    for name in OBJECTS:
        if name in fields:
            try:
                fields[name] = msgspec.json.decode(fields[name])
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                raise BadField(name, f"{name} takes a JSON object") from None
    try:
        return msgspec.convert(fields, shape, strict=False)
    except msgspec.ValidationError as error:
        raise _field_error(error) from None


def browser(arrival: Arrival, trust: Trust) -> Sender:
    """Who sent a request that comes from the visitor's own browser."""
    header = arrival.header
    return Sender(
        trust.client_address(arrival.peer, header),
        clean.text("agent", header("USER_AGENT")),
        clean.text("accept_language", header("ACCEPT_LANGUAGE")),
        clean.text("accept_encoding", header("ACCEPT_ENCODING")),
        clean.text("hint_brands", header("SEC_CH_UA")),
        clean.text("hint_platform", header("SEC_CH_UA_PLATFORM")),
        header("SEC_CH_UA_MOBILE") == "?1",
    )


def make_hit(body: Body, way: str, now: int, sender: Sender, trust: Trust, sites: Snapshot, time: int = 0) -> Hit:
    """The Hit of a body. Raises BadField and HostNotAllowed."""
    kind = body.kind or ("event" if body.name else "view")
    if kind == "event" and not clean.text("name", body.name):
        raise BadField("name", "an event needs a name")
    page = clean.page(body.url)
    trust.check_host(page.host, "url")
    site = page.host
    if body.site and (site := site_name(body.site)) != page.host:
        trust.check_host(site, "site")
    hit = Hit(
        receipt=uuid7().hex,
        received=now,
        way=way,
        kind=kind,
        site=sites.site_of(site),
        ip=sender.ip,
        agent=sender.agent,
        accept_language=sender.accept_language,
        accept_encoding=sender.accept_encoding,
        hint_brands=sender.hint_brands,
        hint_platform=sender.hint_platform,
        hint_mobile=sender.hint_mobile,
        time=time,
        url=page.url,
        hash=body.hash is True,
        webdriver=body.webdriver is True,
        interactive=body.interactive is not False,
    )
    for field in TEXTS:
        if sent := getattr(body, field):
            setattr(hit, field, clean.text(field, sent))
    if body.screen_depth is not None:
        hit.screen_depth = clean.whole("screen_depth", body.screen_depth, 64)
    if body.value is not None:
        hit.value = clean.value(body.value)
    if body.data:
        hit.data = clean.data(body.data)
    if body.traits and hit.site in sites.identifying:
        hit.traits = clean.data(fitting(body.traits))
    if body.revenue:
        hit.revenue = Revenue(clean.amount(body.revenue.amount), clean.currency(body.revenue.currency))
    if body.engaged is not None:
        hit.engaged = clean.whole("engaged", body.engaged, DAY)  # a visit lasts no longer
    if body.engaged_more is not None:
        hit.engaged_more = clean.whole("engaged_more", body.engaged_more, DAY)
    if body.scroll is not None:
        hit.scroll = clean.whole("scroll", body.scroll, 100)
    if body.activity is not None:
        hit.activity = clean.whole("activity", body.activity, ACTIVITY)
    return hit


def site_name(given: str) -> str:
    """A site as a sender names it: its id, or one of its hosts."""
    return clean.host("site", clean.plain(given))


def _field_error(error: msgspec.ValidationError, places: Sequence[str] = ()) -> BadField | Unreadable:
    """msgspec says "Expected `str | null`, got `int` - at `$.url`", or `$[3]` where fields have places instead of names."""
    message, _, path = str(error).replace(" | null", "").replace("`", "").partition(" - at $")
    place = re.match(r"\[(\d+)\]", path)
    if place and int(place[1]) < len(places):
        path = places[int(place[1])] + path[place.end() :]
    found = re.match(r"\.?(\w+)", path)
    if not found:
        return Unreadable(f"this is no JSON object: {message}")
    return BadField(found[1], f"{path.removeprefix('.')}: {message}")


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is too deep"
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def _mend_surrogates(raw: bytes) -> bytes:
    """JSON in which U+FFFD stands for halves of surrogate pairs: JavaScript leaves one where it cuts a text inside an emoji."""
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found["lone"] else found[0], raw)
