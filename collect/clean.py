"""One value at a time: what a sender wrote in, what a Hit may hold out. A value that cannot be used raises BadField."""

import ipaddress
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import ada_url

from collect.errors import BadField
from hits.hit import CUT, DATA_KEYS, LIMITS

HOST_LIMIT = 253  # RFC 1035, 2.3.4, without the root's dot
ADDRESS_LIMIT = 80  # the 45 characters of an address, its port and a zone
DATA_DEPTH = 8  # objects and arrays within each other
DATA_KEY_LIMIT = 128
DATA_TEXT_LIMIT = 2048  # what a keyword holds
PAST = timedelta(days=3653)  # ten years
AHEAD = timedelta(minutes=5)

_BREAKS = re.compile("[\t-\r\x85\u2028\u2029]+")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]+")
_LABELS = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
#: How nearly every URL begins: it needs no more thought, and its host no more than to be short enough.
_USUAL = re.compile(r"https?://([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::\d{1,4})?(?:[/?#]|\Z)", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_CURRENCY = re.compile("[A-Za-z]{3}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SAFE_INT = 1 << 63
_MS = timedelta(milliseconds=1)


class Page(NamedTuple):
    url: str
    host: str  # lower case, in ASCII, without the root's dot; an IPv6 address stands in brackets


def plain(text: str) -> str:
    """On one line, without control characters or space around it."""
    return text.strip() if text.isprintable() else _CONTROLS.sub("", _BREAKS.sub(" ", text)).strip()


def text(field: str, value: str | None) -> str:
    """Plain, and within the limit of hits.hit: cut there, or refused, as CUT says."""
    if not value:
        return ""
    value, limit = value.strip() if value.isprintable() else plain(value), LIMITS[field]
    if len(value) <= limit:
        return value
    if field not in CUT:
        raise BadField(field, f"{field} is longer than {limit} characters")
    return value[:limit]


def page(value: str | None) -> Page:
    """An http or https URL with a host; a user's name and password in it are left out."""
    if value and not value.isprintable():
        value = _BREAKS.sub("", value)
    url = text("url", value)
    if not url:
        raise BadField("url", "url is missing")
    if (usual := _USUAL.match(url)) and len(usual[1]) <= HOST_LIMIT:
        return Page(url, usual[1])
    try:
        parts = urlsplit(url)
        _ = parts.port
        name = host("url", f"[{parts.hostname}]" if "[" in parts.netloc else parts.hostname or "")
    except ValueError:
        raise BadField("url", "url is none that a browser would open") from None
    if parts.scheme not in ("http", "https"):
        raise BadField("url", "url needs to begin with http:// or https://")
    if "@" in parts.netloc:
        url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return Page(url, name)


def host(field: str, value: str) -> str:
    """A host's name or address, or a site's id, as Page.host says."""
    name = ascii_host(value.strip().lower()).removesuffix(".")
    if not name:
        raise BadField(field, f"{field} has no host")
    if len(name) <= HOST_LIMIT and _LABELS.fullmatch(name):
        return name
    if name[0] == "[" and name[-1] == "]" and "%" not in name:
        with suppress(ValueError):
            return f"[{ipaddress.IPv6Address(name[1:-1])}]"
    raise BadField(field, f"{field} has a host that no page can have")


def ascii_host(name: str) -> str:
    """A host in the letters that DNS knows, as browsers write it (UTS 46); "" if it is none."""
    return name if name.isascii() else ada_url.idna.encode(name).decode()


def whole(field: str, value: float, most: int) -> int:
    """A whole number from 0 to `most`; more is `most`."""
    if not isfinite(value) or value < 0:
        raise BadField(field, f"{field} takes a number from 0 to {most}")
    return min(int(value), most)


def value(given: str | float | bool | None) -> str:
    """An event's value as text; a number in its shortest JSON form."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, float):
        given = str(int(given)) if given.is_integer() and abs(given) < 1e16 else repr(given)
    return text("value", given if isinstance(given, str) or given is None else str(given))


def amount(given: float | str) -> float:
    """A sum of money, as a number or as the text of one."""
    number = given if not isinstance(given, str) else float(given) if _DECIMAL.fullmatch(given.strip()) else float("nan")
    if not isfinite(number):
        raise BadField("revenue", "revenue.amount takes a number")
    return float(number)


def currency(given: str) -> str:
    """An ISO 4217 code."""
    if not _CURRENCY.fullmatch(given.strip()):
        raise BadField("revenue", "revenue.currency takes three letters, such as EUR")
    return given.strip().upper()


def data(given: dict[str, Any]) -> dict[str, Any]:
    """An event's own data: at most DATA_KEYS values by dotted paths, an array being one value."""
    cleaned: dict[str, Any] = _datum(given, DATA_DEPTH)
    if sum(1 for _ in _leaves(cleaned)) > DATA_KEYS:
        raise BadField("data", f"data has more than {DATA_KEYS} keys")
    return cleaned


def _leaves(given: dict[str, Any]) -> Iterator[Any]:
    for inner in given.values():
        if isinstance(inner, dict):
            yield from _leaves(inner)
        else:
            yield inner


def _datum(given: Any, depth: int) -> Any:
    if isinstance(given, str):
        return plain(given)[:DATA_TEXT_LIMIT]
    if isinstance(given, int) and not -_SAFE_INT <= given < _SAFE_INT:
        return str(given)[:DATA_TEXT_LIMIT]
    if not isinstance(given, dict | list):
        return given
    if depth == 0:
        raise BadField("data", f"data is deeper than {DATA_DEPTH} levels")
    if isinstance(given, list):
        return [_datum(inner, depth - 1) for inner in given]
    return {_key(key): _datum(inner, depth - 1) for key, inner in given.items()}


def _key(key: str) -> str:
    name = plain(key)
    if not 0 < len(name) <= DATA_KEY_LIMIT:
        raise BadField("data", f"a key of data has 1 to {DATA_KEY_LIMIT} characters")
    return name


def timestamp(given: str | None, now: int) -> int:
    """ISO 8601 with an offset from UTC, in milliseconds; 0 where none was given."""
    if given is None:
        return 0
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise BadField("timestamp", "timestamp takes ISO 8601, such as 2026-11-25T13:45:00Z") from None
    if moment.tzinfo is None:
        raise BadField("timestamp", "timestamp needs Z or an offset from UTC, such as 2026-11-25T13:45:00+01:00")
    return moment_of("timestamp", (moment - _EPOCH) // _MS, now)


def moment_of(field: str, ms: float, now: int) -> int:
    """Milliseconds since 1970."""
    if not -PAST / _MS <= ms - now <= AHEAD / _MS:
        raise BadField(field, f"{field} lies more than ten years back or more than five minutes ahead")
    return int(ms)


def address(given: str) -> str:
    """An IP address as it is written in short, without port and zone; "" if it is none. An IPv4 in IPv6 is that IPv4."""
    given = given.strip()
    return _address(given) if len(given) <= ADDRESS_LIMIT else ""


def named_address(field: str, given: str | None) -> str:
    """The address that a sender gives for somebody else; "" where none is given. Raises BadField for what is none."""
    found = address(given or "")
    if given and not found:
        raise BadField(field, f"{field} takes an IPv4 or IPv6 address")
    return found


@lru_cache(maxsize=4096)
def _address(given: str) -> str:
    if given.startswith("["):
        given = given[1:].partition("]")[0]
    elif given.count(":") == 1:
        given = given.partition(":")[0]
    with suppress(OSError, ValueError):
        socket.inet_pton(socket.AF_INET, given)  # nearly every address, and a tenth of ipaddress's time
        return given
    try:
        ip = ipaddress.ip_address(given.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(ip, "ipv4_mapped", None) or ip)
