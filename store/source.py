"""What both stores say of a document's source."""

from collections.abc import Mapping
from typing import Any

from store.base import Written

MOST_REASON = 300  # characters


class Unwritable(ValueError):
    """The store will never take this document. The message names the field and quotes no value."""


def refused(reason: object) -> Written:
    return Written("refused", reason=str(reason)[:MOST_REASON])


def receipt(source: Mapping[str, Any]) -> str:
    """`hit.receipt` of a document that was there."""
    hit = source.get("hit")
    return str(hit.get("receipt", "")) if isinstance(hit, Mapping) else ""
