"""A document's source as JSON bytes, for both stores; `Unwritable` says which field no store can take, and why."""

from collections.abc import Mapping
from typing import Any

import orjson

from store.base import Document, Written

MOST_REASON = 300  # characters


class Unwritable(ValueError):
    """The store will never take this document. The message names the field and quotes no value."""


def encode(document: Document) -> bytes:
    """Raises Unwritable for what is no JSON: half a surrogate pair, a number of more than 64 bits, an object of Python's."""
    try:
        return orjson.dumps(document.source)
    except TypeError as error:
        raise Unwritable(f"[{_culprit(document.source)}] cannot be written as JSON: {error}") from None


def refused(reason: object) -> Written:
    return Written("refused", reason=str(reason)[:MOST_REASON])


def receipt(source: Mapping[str, Any]) -> str:
    """`hit.receipt` of a document that was there."""
    hit = source.get("hit")
    return str(hit.get("receipt", "")) if isinstance(hit, Mapping) else ""


def _culprit(source: Mapping[str, Any], path: str = "", levels: int = 8) -> str:
    """The path of the first value that is no JSON."""
    for name, value in source.items():
        try:
            orjson.dumps({name: value})
        except TypeError:
            here = f"{path}.{name}" if path else str(name)
            return _culprit(value, here, levels - 1) if isinstance(value, Mapping) and value and levels else here
    return path
