"""Hits of the embedded store in order: `ordered(...)`, by any number of fields, documents without a field last.

tantivy sorts by one field. So the first field decides what is read, all documents that tie with the last of it are read
too, and the rest is sorted here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

import orjson
import tantivy
from tantivy import Occur, Order, Query

from store.columns import converted
from store.mappings import Field
from store.queries import between, both, count, equal, exists, without

#: A field and whether it goes downwards.
By = tuple[Field, bool]


@dataclass(frozen=True)
class Hit:
    index: str
    id: str
    source: Mapping[str, Any]
    values: tuple[Any, ...] = ()  # that it is sorted by


def load(searcher: tantivy.Searcher, address: tantivy.DocAddress, sort: Sequence[By] = ()) -> Hit:
    row = searcher.doc(address)
    index, id_ = str(row.get_first("_key")).split("/", 1)
    source = orjson.loads(bytes(row.get_first("_source") or b"{}"))
    return Hit(index, id_, source, tuple(id_ if field.path == "_id" else _value(source, field, down) for field, down in sort))


def ordered(
    searcher: tantivy.Searcher, kind: str, query: Query, sort: Sequence[By], limit: int, after: Sequence[Any] | None = None
) -> list[Hit]:
    """The first `limit` hits, or the first after the one with the values `after`."""
    first, down = sort[0]
    hits: list[Hit] = []
    if after is not None:
        hits = [hit for hit in _all(searcher, _tied(kind, query, first, after[0]), sort) if _compare(hit.values, after, sort) > 0]
        query = _beyond(kind, query, first, down, after[0])
    if len(hits) < limit:
        found = searcher.search(
            query, limit=limit - len(hits), count=False, order_by_field=first.path, order=Order.Desc if down else Order.Asc
        ).hits
        if len(sort) > 1 and len(found) == limit - len(hits):
            last = found[-1][0]
            found = [(value, address) for value, address in found if value != last]
            hits += _all(searcher, _tied(kind, query, first, last), sort)
        hits += [load(searcher, address, sort) for _, address in found]
    hits.sort(key=cmp_to_key(lambda one, other: _compare(one.values, other.values, sort)))
    return hits[:limit]


def _all(searcher: tantivy.Searcher, query: Query, sort: Sequence[By]) -> list[Hit]:
    found = searcher.search(query, limit=max(1, count(searcher, query)), count=False).hits
    return [load(searcher, address, sort) for _, address in found]


def _tied(kind: str, query: Query, field: Field, value: Any) -> Query:
    return without(query, exists(field)) if value is None else both(query, equal(kind, field, value))


def _beyond(kind: str, query: Query, field: Field, down: bool, value: Any) -> Query:
    if value is None:
        return Query.empty_query()
    low, high = (None, value) if down else (value, None)
    farther = between(kind, field, low, high, low_in=False, high_in=False)
    return both(query, Query.boolean_query([(Occur.Should, farther), (Occur.Should, without(Query.all_query(), exists(field)))]))


def _value(source: Mapping[str, Any], field: Field, down: bool) -> Any:
    """A document's value to sort by: of several the greatest when downwards, else the least."""
    value: Any = source
    for name in field.path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    values = [converted(field, one) for one in (value if isinstance(value, list) else [value]) if one is not None]
    return (max if down else min)(values, default=None)


def _compare(one: Sequence[Any], other: Sequence[Any], sort: Sequence[By]) -> int:
    for a, b, (_, down) in zip(one, other, sort, strict=True):
        if a != b:
            if a is None or b is None:
                return 1 if a is None else -1
            return -1 if (a < b) != down else 1
    return 0
