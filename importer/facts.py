"""What the pipeline makes of a hit: all that documents are made from, and no address any more."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from importer.shields import Shield


class Drop(StrEnum):
    """Why a hit ends without a document. `sentence` is what people read."""

    BOT = "bot"
    BAD_URL = "bad_url"
    SPAM = "spam"
    SHIELD = "shield"
    REPEAT = "repeat"
    NO_VIEW = "no_view"
    ERASED = "erased"
    DISCARDED = "discarded"

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]


_SENTENCES = {
    Drop.BOT: "A bot, a crawler or a tool sent it, and FIZZSTAT_KEEP_BOTS is off.",
    Drop.BAD_URL: "Its URL is none that a browser would open.",
    Drop.SPAM: "It names a referrer that is known for spam (FIZZSTAT_SPAM_FILE adds to those).",
    Drop.SHIELD: "A shield of its site is against its address, country, host or path (`./fizzstat sites set`).",
    Drop.REPEAT: "The same hit had been stored before.",
    Drop.NO_VIEW: "It tells of a view that did not arrive within a visit's window.",
    Drop.ERASED: "Its site or client was erased after it was received.",
    Drop.DISCARDED: "An operator dropped it from the dead letters.",
}


class Facts(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A hit after privacy. Groups are nested as they stand in documents, are shared between hits, and are never changed in place.

    `id` is the document's (32 hex digits), `receipt` the arrival's. `clients` holds the ids that the visitor may go by:
    that of the hit's own day first, then yesterday's. Times are milliseconds since 1970, `engaged` is milliseconds.
    """

    id: str
    receipt: str
    kind: str
    way: str
    site: str
    time: int
    received: int
    clients: tuple[str, ...] = ()
    client_hash: str = ""
    traits: dict[str, str] = {}
    bot: str = ""

    # put_page
    domain: str = ""
    path: str = ""
    query: str = ""
    title: str = ""
    # `view.id`: of the view itself, or of the view that it names; "" where an event or engagement names none
    view: str = ""

    # put_event
    name: str = ""
    value: str = ""
    number: float | None = None
    data: dict[str, str] = {}
    revenue: dict[str, Any] = {}
    interactive: bool = True

    # engagement
    engaged: int = 0
    engaged_more: int = 0
    scroll: int = 0
    activity: int = 0

    # put_agent, put_place, put_screen, put_headers: what a client's documents say of it
    user_agent: dict[str, Any] = {}
    geo: dict[str, Any] = {}
    language: str = ""
    language_header: str = ""
    screen: dict[str, Any] = {}
    encoding: str = ""

    # put_source: what the visit says of its start
    referrer: str = ""
    referrer_header: str = ""
    traffic: dict[str, str] = {}
    utm: dict[str, str] = {}


@dataclass(frozen=True)
class Context:
    """What steps look things up in; they do no input or output of their own.

    `salts` has the salt of every period that the batch's hits need, by its name (see importer/salts.py);
    `place` tells the `client.geo` group of an address, {} where nothing is known; `allowed_query` has the query parameters
    that a site keeps, by site, and `site_hosts` the hosts that belong to it, without `www.`: no referrer of theirs is one.
    `shields` are those of sites that have any, by site; `spam` has hosts whose referrers, and those of hosts below, are spam;
    `bot_signs` are those of importer/steps/bot.py that count.
    """

    keep_bots: bool
    salts: Mapping[str, bytes]
    place: Callable[[str], dict[str, Any]] = lambda ip: {}
    allowed_query: Mapping[str, frozenset[str]] = field(default_factory=dict)
    site_hosts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    shields: Mapping[str, Shield] = field(default_factory=dict)
    spam: frozenset[str] = frozenset()
    identity: str = "daily"
    bot_signs: frozenset[str] = frozenset({"headless", "webdriver", "no_language"})
    #: site or client id -> hits received up to then (ms) are erased
    erased: Mapping[str, int] = field(default_factory=dict)
