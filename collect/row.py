"""What static/tracker.js posts: a hit as a JSON array in, a Body out.

Names would weigh on every page, and so would what can be worked out here as well: which of its events are no act of the visitor,
what among an event's data is revenue, and what a tagged element says.
"""

from typing import Any, Literal

import msgspec

from collect.errors import BadField
from collect.fields import Body, SentRevenue, read_json

#: Events that the tracker tells by itself, and that no visitor did.
UNDONE = frozenset({"entry", "404"})

#: An element's attributes by name and value; false stands for one that has nothing to say.
Attributes = list[tuple[str, str] | bool]


class Row(msgspec.Struct, array_like=True):
    """The array's places. Pages name released trackers by their hashes, so a place may be added at the end, and none change."""

    kind: Literal["view", "event", "engagement"]
    id: float | None = None
    site: str | None = None
    url: str | None = None
    hash: bool | None = None
    view: float | None = None
    referrer: str | None = None
    title: str | None = None
    screen_width: int | float | None = None
    screen_height: int | float | None = None
    screen_depth: float | None = None
    language: str | None = None
    time_zone: str | None = None
    client_hash: str | None = None
    traits: dict[str, Any] | None = None
    name: str | None = None
    value: str | float | bool | None = None
    data: dict[str, Any] | Attributes | None = None
    engaged: float | None = None
    scroll: float | None = None
    activity: float | None = None


def read_hit(raw: bytes) -> Body:
    """A hit as the tracker or anybody else writes it. Raises Unreadable and BadField."""
    if raw[:1] != b"[":
        return read_json(raw, Body)
    row = read_json(raw, Row)
    # By place, as msgspec takes many names slowly
    body = Body(
        _name(row.id),
        row.kind,
        row.site,
        row.url,
        row.hash,
        _name(row.view),
        row.referrer,
        row.title,
        f"{row.screen_width:.0f}x{row.screen_height:.0f}" if row.screen_width and row.screen_height else None,
        row.screen_depth,
        row.language,
        row.time_zone,
        row.client_hash,
        row.traits,
    )
    if row.kind == "view":
        return body
    body.name, body.value = row.name, row.value
    body.engaged, body.scroll, body.activity = row.engaged, row.scroll, row.activity
    if row.name in UNDONE:
        body.interactive = False
    if isinstance(row.data, dict):
        _put_data(body, row.data)
    elif row.data is not None:
        _put_tag(body, row.data)
    return body


def _name(number: float | None) -> str | None:
    return None if number is None else str(number)


def _put_data(body: Body, data: dict[str, Any]) -> None:
    """An event's data as a page writes them, two of their keys being none of them."""
    if data.pop("interactive", None) in (False, "false"):
        body.interactive = False
    if revenue := data.pop("revenue", None):
        try:
            body.revenue = msgspec.convert(revenue, SentRevenue)
        except msgspec.ValidationError as error:
            raise BadField("revenue", f"revenue: {error}") from None
    body.data = data


def _put_tag(body: Body, attributes: Attributes) -> None:
    """The event of a tagged element: by attributes `data-fizzstat-event`, `-value`, `-revenue` (`12.50 EUR`) and any other, or
    by Plausible's classes (plausible.io/docs/custom-event-goals, /ecommerce-revenue-tracking), `plausible-event-plan=pro` or
    `plausible-event-plan--pro`, where `name` is the event's and `+` is a space."""
    said: dict[str, Any] = {}
    earned: dict[str, str] = {}
    for attribute in attributes:
        if not isinstance(attribute, tuple):
            continue
        name, value = attribute
        if name == "class":
            for word in value.split():
                key, _, text = word.partition("=" if "=" in word else "--")
                if key.startswith("plausible-event-") and text:
                    said[key.removeprefix("plausible-event-")] = text.replace("+", " ")
                elif key.startswith("plausible-revenue-") and text:
                    earned[key.removeprefix("plausible-revenue-")] = text
        elif name.startswith("data-fizzstat-"):
            said[name.removeprefix("data-fizzstat-")] = value
    called = said.pop("name", None)
    body.name = said.pop("event", called)
    body.value = said.pop("value", None)
    if money := said.get("revenue", "").split():
        earned = {"amount": money[0], "currency": money[-1]}
    _put_data(body, {**said, "revenue": earned})
