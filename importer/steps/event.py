"""What an event tells: name, value, number, data, revenue and whether it is interactive; of other kinds only the data."""

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from babel.core import get_global

from hits.hit import DATA_KEYS, LIMITS, Hit, Revenue
from importer.facts import Context, Facts
from importer.steps.text import KEYWORD, clean
from importer.steps.url import read_url

#: How deep objects and lists in the data are followed; what lies deeper is left out.
DEPTH = 6
#: The most characters of a dotted key (as Plausible's custom properties have it) and the most values of a list.
KEY = 300
LIST = 100

#: A number as JSON and forms write it. Python's float() takes more: `nan`, `1_000`, digits of other scripts.
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
#: ISO 4217, past codes included, as CLDR lists them.
CURRENCIES = frozenset(get_global("all_currencies"))


_QUERY = re.compile(r"[?#]")
_USER = re.compile(r"//[^/@]*@")

#: Events of the tracker whose value is a URL, maybe of another site: where a visitor came from, went to, took a file from.
FOREIGN = frozenset({"entry", "exit", "download"})


def put_event(hit: Hit, facts: Facts, context: Context) -> None:
    if hit.data:
        facts.data = flatten(hit.data)
    if hit.kind != "event":
        return
    facts.name = clean(hit.name, LIMITS["name"])
    facts.interactive = hit.interactive
    if hit.value:
        facts.value = clean(_bare(hit.value) if facts.name in FOREIGN else hit.value, LIMITS["value"])
        facts.number = read_number(facts.value)
    if hit.revenue:
        facts.revenue = read_revenue(hit.revenue)


def _bare(value: str) -> str:
    """A foreign page's URL without its query, which is nobody's business here."""
    url = read_url(value)
    return url.bare if url else _USER.sub("//", _QUERY.split(value, maxsplit=1)[0])


def read_number(text: str) -> float | None:
    """The finite number that a text is, as a whole."""
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def read_revenue(revenue: Revenue) -> dict[str, Any]:
    """{"amount", "currency"}; {} for a currency that ISO 4217 does not know or an amount that is no finite number."""
    currency = revenue.currency.strip().upper()
    if currency not in CURRENCIES or not math.isfinite(revenue.amount):
        return {}
    return {"amount": float(revenue.amount), "currency": currency}


def flatten(data: dict[str, Any]) -> dict[str, str]:
    """The data as texts by dotted key, at most 30, in order: {"cart": {"items": [1, 2]}} is {"cart.items": "1, 2"}.

    Plain values of a list are joined; a list that holds objects or lists is indexed: `items.0.name`. Empty values are left out.
    """
    flat: dict[str, str] = {}
    for key, value in _leaves("", data, DEPTH):
        if value and key:
            flat.setdefault(key, value)
            if len(flat) == DATA_KEYS:
                break
    return flat


def _leaves(path: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, list | tuple) and not any(isinstance(item, dict | list | tuple) for item in value[:LIST]):
        texts = (_text(item) for item in value[:LIST])
        yield path, clean(", ".join(text for text in texts if text))
    elif not isinstance(value, dict | list | tuple):
        yield path, _text(value)
    elif depth:
        items = value.items() if isinstance(value, dict) else enumerate(value[:LIST])
        for key, item in items:
            yield from _leaves(_join(path, key), item, depth - 1)


def _join(path: str, key: object) -> str:
    joined = f"{path}.{key}" if path else str(key)
    return _cached_key(joined) if len(joined) <= KEY else _key(joined)


def _key(text: str) -> str:
    """A dotted key, cut at the limit, without empty parts, which documents cannot have."""
    parts = (clean(part, KEY) for part in text.split("."))
    return ".".join(part for part in parts if part)[:KEY].rstrip(". ")


_cached_key = lru_cache(4096)(_key)


def _text(value: object) -> str:
    """A plain value as JSON would show it, without quotes; "" for null, for what is no number, and for anything else."""
    if isinstance(value, str):
        return clean(value, KEYWORD)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, int):
        return str(value) if value.bit_length() <= KEYWORD else ""
    return ""
