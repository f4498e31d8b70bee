"""What a request of Matomo's Tracking HTTP API tells: its parameters in, the bodies of our hits out.

https://developer.matomo.org/api-reference/tracking-api. A request is one action, by the first of these that it has:

| parameters | hit |
|---|---|
| ping | engagement, which keeps the visit going |
| download, link | event `download`, `exit` with the URL as its value |
| e_c and e_a | event of the action's name; its value is e_n, else e_v |
| idgoal=0 with ec_id; without | event `purchase` with the order's number; `cart` |
| idgoal | event `goal` with the goal's number |
| search | event `search` with the keyword |
| c_n | event `content click` with c_i, else `content seen`, with the content's name |
| cra | event `error` with the message |
| ca | engagement: an action of a plugin that is not known here |
| none of them | view |

Page timings (pf_*) are an event of their own, `timing`; its value is their sum, Matomo's page load time, in milliseconds.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from collect import clean
from collect.data import fitting
from collect.errors import BadField
from collect.fields import Body, Sender
from hits.hit import LIMITS, Kind

Parameters = Mapping[str, str]

_MILLISECONDS = re.compile("[0-9]{1,8}", re.ASCII)
_NUMBER = re.compile("0*[1-9][0-9]{0,9}", re.ASCII)

TIMINGS = {
    "pf_net": "network",
    "pf_srv": "server",
    "pf_tfr": "transfer",
    "pf_dm1": "dom_processing",
    "pf_dm2": "dom_completion",
    "pf_onl": "on_load",
}
AMOUNTS = {"ec_st": "subtotal", "ec_tx": "tax", "ec_sh": "shipping", "ec_dt": "discount"}
ITEM = ("sku", "name", "category", "price", "quantity")
PRODUCT = {"_pks": "sku", "_pkn": "name", "_pkc": "category", "_pkp": "price"}
CRASH = {"cra_tp": "type", "cra_ct": "category", "cra_ru": "source", "cra_rl": "line", "cra_rc": "column", "cra_st": "stack"}


class Action(NamedTuple):
    """`earned` is an amount in `currency`, or in the site's where that is ""."""

    body: Body
    earned: float | None = None
    currency: str = ""


def actions(given: Parameters, referer: str) -> Iterator[Action]:
    """One, and another if there are page timings. Raises BadField."""
    yield _action(given, referer)
    timings = {name: int(given[field]) for field, name in TIMINGS.items() if _MILLISECONDS.fullmatch(given.get(field, ""))}
    if timings:
        yield Action(_event(given, referer, "timing", str(sum(timings.values())), timings, interactive=False))


def on_behalf(given: Parameters, sender: Sender, ip: str) -> Sender:
    """Who the visitor is, where a request speaks for one. With an `ip` it does so as a whole: nothing of `sender` counts."""
    agent, language = clean.text("agent", given.get("ua")), clean.text("accept_language", given.get("lang"))
    if ip:
        return Sender(ip, agent, language)
    if agent:  # then the client hints are another browser's
        sender = Sender(sender.ip, agent, sender.accept_language, sender.accept_encoding)
    return sender._replace(accept_language=language) if language else sender


def _action(given: Parameters, referer: str) -> Action:
    goal = given.get("idgoal", "")
    if given.get("ping", "0") != "0":
        return Action(_body(given, referer, "engagement"))
    for field, name in (("download", "download"), ("link", "exit")):
        if given.get(field):
            return Action(_event(given, referer, name, given[field]))
    if given.get("e_c") and given.get("e_a"):
        name, number = given.get("e_n", ""), given.get("e_v", "")
        data = {"category": given["e_c"], "value": number if name else ""}
        return Action(_event(given, referer, given["e_a"], name or number, data))
    if goal == "0":
        return _order(given, referer)
    if goal:
        return _earning(given, _event(given, referer, "goal", goal))
    if given.get("search"):
        data = {"category": given.get("search_cat", ""), "results": given.get("search_count", "")}
        return Action(_event(given, referer, "search", given["search"], data))
    if given.get("c_n"):
        data = {"piece": given.get("c_p", ""), "target": given.get("c_t", ""), "interaction": given.get("c_i", "")}
        clicked = bool(given.get("c_i"))
        name = "content click" if clicked else "content seen"
        return Action(_event(given, referer, name, given["c_n"], data, interactive=clicked))
    if given.get("cra"):
        data = {name: given.get(field, "") for field, name in CRASH.items()}
        return Action(_event(given, referer, "error", given["cra"], data, interactive=False))
    if given.get("ca", "0") != "0":
        return Action(_body(given, referer, "engagement"))
    return Action(_body(given, referer, "view", {"product": _product(given)}))


def _order(given: Parameters, referer: str) -> Action:
    """An order is earned. What lies in a cart is not yet: its amount is data."""
    data = {name: given.get(field, "") for field, name in AMOUNTS.items()} | {"items": _items(given.get("ec_items", ""))}
    if given.get("ec_id"):
        return _earning(given, _event(given, referer, "purchase", given["ec_id"], data))
    return Action(_event(given, referer, "cart", given.get("revenue", ""), data))


def _earning(given: Parameters, body: Body) -> Action:
    amount = given.get("revenue")
    return Action(body, clean.amount(amount), given.get("currency", "")) if amount else Action(body)


def _event(
    given: Parameters, referer: str, name: str, value: str, data: Mapping[str, Any] | None = None, interactive: bool = True
) -> Body:
    body = _body(given, referer, "event", data)
    body.name = clean.plain(name)[: LIMITS["name"]]
    body.value, body.interactive = value, interactive
    return body


def _body(given: Parameters, referer: str, kind: Kind, data: Mapping[str, Any] | None = None) -> Body:
    """What all actions tell. Names of views are six characters, so the visitor's random id stands before them."""
    view = given.get("pv_id", "")
    url = given.get("url") or ("" if given.get("urlref") else referer)
    return Body(
        kind=kind,
        url=url,
        view=f"{given.get('_id', '')}.{view}"[-LIMITS["view"] :] if view else None,
        referrer=given.get("urlref"),
        title=given.get("action_name"),
        screen=given.get("res"),
        language=given.get("lang"),
        client_hash=given.get("uid") or given.get("cid"),
        data=fitting({**_dimensions(given), **(data or {})}) or None,
    )


def _dimensions(given: Parameters) -> dict[str, Any]:
    """Custom dimensions under their own names, custom variables (of the page, then of the visit) under those they were given."""
    found: dict[str, Any] = {
        name: text for name, text in given.items() if name.startswith("dimension") and name.removeprefix("dimension").isdecimal()
    }
    for field in ("cvar", "_cvar"):
        variables = _json(given.get(field, ""))
        for pair in variables.values() if isinstance(variables, dict) else ():
            if isinstance(pair, list) and len(pair) == 2:
                found.setdefault(str(pair[0]), pair[1])
    return found


def _items(text: str) -> dict[str, list[str]]:
    """The items of an order, `[[sku, name, category, price, quantity], …]`, turned: a list of each."""
    rows = _json(text)
    rows = [row for row in rows if isinstance(row, list)] if isinstance(rows, list) else []
    columns = {name: [_text(row[n]) for row in rows if n < len(row)] for n, name in enumerate(ITEM)}
    return {name: column for name, column in columns.items() if any(column)}


def _product(given: Parameters) -> dict[str, str]:
    """What a page of a product or of a category shows; several categories come as a JSON list."""
    told = {name: given.get(field, "") for field, name in PRODUCT.items()}
    return {name: _text(_json(text)) if text.startswith("[") else text for name, text in told.items()}


def _text(value: Any) -> str:
    return "/".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _json(text: str) -> Any:
    """None for what is no JSON: as in Matomo, such a parameter is as good as none."""
    try:
        return msgspec.json.decode(text) if text else None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def check_recorded(given: Parameters) -> bool:
    """Whether a request wants to be recorded: `rec=1`. Raises BadField for an `idsite` that is none, as Matomo does first."""
    if not _NUMBER.fullmatch(given.get("idsite", "")):
        raise BadField("idsite", "idsite takes the number of a site")
    return given.get("rec", "") not in ("", "0")
