"""An object of any size in, what an event's data may hold out: for formats whose senders know nothing of our limits."""

from collections.abc import Iterator, Mapping
from typing import Any

from collect.clean import DATA_DEPTH, DATA_KEY_LIMIT, plain
from hits.hit import DATA_KEYS

ITEMS = 100  # of a list


def fitting(data: Mapping[str, Any]) -> dict[str, Any]:
    """The first DATA_KEYS values, by dotted path; what is empty, or too deep, is left out."""
    kept: dict[str, Any] = {}
    for path, value in _leaves("", data, DATA_DEPTH):
        kept.setdefault(path, value)
        if len(kept) == DATA_KEYS:
            break
    return kept


def _leaves(path: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value[:ITEMS]):
        if value and path:
            yield path, value[:ITEMS]
    elif isinstance(value, Mapping | list):
        items = value.items() if isinstance(value, Mapping) else enumerate(value[:ITEMS])
        for key, item in items if depth else ():
            name = plain(f"{path}.{key}" if path else str(key))[:DATA_KEY_LIMIT]
            yield from _leaves(name, item, depth - 1)
    elif path and value not in (None, ""):
        yield path, value
