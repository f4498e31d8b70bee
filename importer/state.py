"""What Redis keeps of a client: its open visits, each with its hits, and engagement that waits for its view.

A visit is a pure function of its hits: everything that documents say of one follows from `Visit` (see document.py), and
Visit follows from the hits, in whatever order they came (see visits.py). What its first hit fixed for good is its id and
the period of its index.
"""

import msgspec

from importer.facts import Facts


class Seen(msgspec.Struct, array_like=True, gc=False):
    """A view or an event of a visit. `view` is the view's id (its own; for an event the one it names, or ""), `own` the
    members of its document that are nobody else's; `engaged` (ms), `scroll` (percent) and `activity` (clicks, keys, touches)
    are a view's totals so far; `engaged_more` (ms) is what trackers that tell no totals have said in all."""

    id: str
    time: int
    kind: str
    receipt: str
    way: str
    domain: str
    path: str
    view: str
    name: str
    interactive: bool
    own: bytes
    engaged: int = 0
    scroll: int = 0
    engaged_more: int = 0
    activity: int = 0

    @property
    def order(self) -> tuple[int, bool, str]:
        """By time; of the same millisecond a view comes before what happened on it."""
        return self.time, self.kind != "view", self.id


class Dimensions(msgspec.Struct, array_like=True, gc=False):
    """What all documents of a visit carry, as JSON (see document.py): members of the document, the `client.geo` group and that of
    `client.traits`."""

    groups: bytes
    geo: bytes
    entry_path: str
    traits: bytes = b""


class Start(msgspec.Struct, array_like=True, gc=False):
    """The earliest hit (as Seen.order has it): what it says of client and source, the whole visit says."""

    time: int
    id: str
    way: str
    dimensions: Dimensions
    kind: str = "view"

    @property
    def order(self) -> tuple[int, bool, str]:
        return self.time, self.kind != "view", self.id


class Visit(msgspec.Struct, array_like=True, gc=False):
    """`pulses` are its engagement hits, id -> time (ms). Past visits.MOST_HITS hits are counted only, in `more_…`."""

    id: str
    client: str
    site: str
    period: str
    bot: str
    start: Start
    hits: dict[str, Seen]
    pulses: dict[str, int]
    more_views: int = 0
    more_events: int = 0
    more_until: int = 0


class Known(msgspec.Struct, array_like=True, gc=False):
    """What the client's document of one period says. `dimensions` are those of the start of `visit`, and stand here only when
    that is not among the open visits. `traits` are by name: when each was last told (ms), and its text."""

    first_seen: int
    last_seen: int
    visit: str
    way: str
    hash: str
    bot: str
    receipt: str
    dimensions: Dimensions | None = None
    traits: dict[str, tuple[int, str]] = {}


class Waiting(msgspec.Struct, array_like=True, gc=False):
    """Engagement whose view has not come, `since` when (ms)."""

    since: int
    facts: Facts


class Unwritten(msgspec.Struct, array_like=True, gc=False):
    """What was put off of a visit: its own document, those of views (ids), or of all its hits."""

    views: list[str]
    whole: bool


class Client(msgspec.Struct, array_like=True, gc=False):
    """`known` is by period, `waiting` by the hit's id. `unwritten` (by visit) and `glimpsed` (by period) say what stands here
    and not yet in the store."""

    id: str
    site: str
    visits: list[Visit]
    known: dict[str, Known]
    waiting: dict[str, Waiting]
    unwritten: dict[str, Unwritten] = {}
    glimpsed: dict[str, Known] = {}


_decoder = msgspec.msgpack.Decoder(Client)
_encoder = msgspec.msgpack.Encoder()


def decode(text: bytes) -> Client:
    return _decoder.decode(text)


def encode(client: Client) -> bytes:
    return _encoder.encode(client)
