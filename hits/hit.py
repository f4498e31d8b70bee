"""A hit: what a way in hands to the queue, with nothing derived. On the queue it is compact JSON."""

from typing import Any, Literal

import msgspec

VERSION = 1

#: The most characters of each text. A text in CUT is cut there; any other is refused where it came in.
LIMITS = {
    "id": 64,
    "site": 253,
    "view": 64,
    "client_hash": 128,
    "name": 128,
    "url": 8192,
    "referrer": 2048,
    "title": 512,
    "value": 1024,
    "screen": 32,
    "language": 64,
    "time_zone": 64,
    "agent": 1024,
    "accept_language": 256,
    "accept_encoding": 128,
    "hint_brands": 256,
    "hint_platform": 32,
    "encoding": 64,
    "referrer_header": 2048,
}
CUT = frozenset(
    {
        "url",
        "referrer",
        "title",
        "value",
        "screen",
        "language",
        "time_zone",
        "agent",
        "accept_language",
        "accept_encoding",
        "hint_brands",
        "hint_platform",
        "encoding",
        "referrer_header",
    }
)
DATA_KEYS = 30

#: What ends the receipt of a hit that went through the spool.
SPOOLED = "s"

Kind = Literal["view", "event", "engagement"]


class Revenue(msgspec.Struct, frozen=True):
    amount: float
    currency: str


class Hit(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One request of a page, as it stands on the queue.

    `receipt` names this very arrival (UUIDv7, by the collector); `id` is the sender's own name for the hit, by which a
    repeat is known. `site` is a site's permanent id. Times are milliseconds since 1970, UTC; `time` is the hit's own,
    where the sender may set it, else `received`. `engaged` is milliseconds, `scroll` percent, `activity` clicks,
    keys and touches, all of them totals of the view so far.
    `hint_*` are the client hints that Chromium sends by itself (Sec-CH-UA, -Mobile, -Platform), as they came; `webdriver` is
    what the page said of navigator.webdriver. `encoding` (the page's) and `referrer_header` are told by few foreign trackers.
    `traits` are what a site that may do so tells of the visitor. `engaged_more` is engagement since the last such hit, of
    trackers that tell no totals. With `hash` the URL's fragment is part of the page's path.
    """

    v: int = VERSION
    receipt: str
    received: int
    way: str
    kind: Kind
    site: str
    ip: str = ""
    agent: str = ""
    accept_language: str = ""
    accept_encoding: str = ""
    hint_brands: str = ""
    hint_platform: str = ""
    hint_mobile: bool = False

    id: str = ""
    time: int = 0
    url: str = ""
    hash: bool = False
    view: str = ""
    referrer: str = ""
    title: str = ""
    screen: str = ""
    screen_depth: int = 0
    language: str = ""
    time_zone: str = ""
    client_hash: str = ""
    traits: dict[str, Any] = {}
    webdriver: bool = False
    encoding: str = ""
    referrer_header: str = ""

    name: str = ""
    value: str = ""
    data: dict[str, Any] = {}
    revenue: Revenue | None = None
    interactive: bool = True

    engaged: int = 0
    engaged_more: int = 0
    scroll: int = 0
    activity: int = 0

    @property
    def name_of_its_own(self) -> str:
        """What a repeat of this hit would have too: the sender's id, or the receipt where it sent none."""
        return self.id or self.receipt.removesuffix(SPOOLED)

    @property
    def at(self) -> int:
        """The hit's own time, in milliseconds."""
        return self.time or self.received


class UnreadableHit(ValueError):
    """An entry of the queue that no Hit can be read from: it goes to the dead letters."""


class Envelope(msgspec.Struct):
    """What the ledger needs of an entry of the queue."""

    received: int
    way: str
    site: str


_decode_envelope = msgspec.json.Decoder(Envelope).decode
_decode = msgspec.json.Decoder(Hit).decode
encode = msgspec.json.Encoder().encode


def envelope(entry: bytes) -> Envelope | None:
    """None for an entry that nobody can read."""
    try:
        return _decode_envelope(entry)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def decode(entry: bytes) -> Hit:
    """The hit in an entry of the queue; raises UnreadableHit."""
    try:
        hit = _decode(entry)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnreadableHit(str(error)) from None
    if hit.v != VERSION:
        raise UnreadableHit(f"version {hit.v}, and this importer reads {VERSION}")
    return hit
