"""Queries of the subset as tantivy's: `translate(kind, query)`. The query is checked (store/subset.py)."""

from collections.abc import Mapping
from typing import Any

import tantivy
from tantivy import FieldType, Occur, Query

from store.columns import schema
from store.mappings import Field, find
from store.subset import clauses

MATCH_ALL: Mapping[str, Any] = {"match_all": {}}
_OCCUR = {"must": Occur.Must, "filter": Occur.Must, "should": Occur.Should, "must_not": Occur.MustNot}


def translate(kind: str, query: Mapping[str, Any]) -> Query:
    [(name, inside)] = query.items()
    match name:
        case "match_all":
            return Query.all_query()
        case "match_none":
            return Query.empty_query()
        case "ids":
            return Query.term_set_query(schema(kind), "_id", list(inside["values"]))
        case "exists":
            return exists(_field(kind, inside["field"]))
        case "bool":
            return _bool(kind, inside)
    [(path, value)] = inside.items()
    field = _field(kind, path)
    match name:
        case "term":
            return equal(kind, field, value)
        case "terms":
            return Query.term_set_query(schema(kind), path, [_typed(field, one) for one in value])
        case "prefix":
            # an automaton that takes no edit and any ending: unlike a regular expression it needs no quoting
            return Query.fuzzy_term_query(schema(kind), path, value, distance=0, prefix=True)
    return _range(kind, field, value)


def count(searcher: tantivy.Searcher, query: Query) -> int:
    return int(searcher.search(query, limit=1).count)  # type: ignore[attr-defined]  # its stub has not got it


def exists(field: Field) -> Query:
    return Query.exists_query(field.path, json_subpaths=field.type == "flattened")


def equal(kind: str, field: Field, value: Any) -> Query:
    return Query.term_query(schema(kind), field.path, _typed(field, value), index_option="basic")


def both(one: Query, other: Query) -> Query:
    return Query.boolean_query([(Occur.Must, one), (Occur.Must, other)])


def without(one: Query, other: Query) -> Query:
    return Query.boolean_query([(Occur.Must, one), (Occur.MustNot, other)])


def between(kind: str, field: Field, low: Any, high: Any, *, low_in: bool, high_in: bool) -> Query:
    """A side that is None is open."""
    if low is None and high is None:
        return exists(field)
    type_ = FieldType.Float if field.type == "double" else FieldType.Integer
    low, high = (None if bound is None else _typed(field, bound) for bound in (low, high))
    return Query.range_query(schema(kind), field.path, type_, low, high, low_in or low is None, high_in or high is None)


def _range(kind: str, field: Field, bounds: Mapping[str, Any]) -> Query:
    low_in, high_in = "gt" not in bounds, "lt" not in bounds
    low, high = bounds.get("gte" if low_in else "gt"), bounds.get("lte" if high_in else "lt")
    return between(kind, field, low, high, low_in=low_in, high_in=high_in)


def _bool(kind: str, inside: Mapping[str, Any]) -> Query:
    """Without `must` and `filter` one `should` has to match; without `should` too, all match but the `must_not`."""
    parts: list[tuple[Occur, tantivy.Query]] = [
        (occur, translate(kind, query)) for name, occur in _OCCUR.items() for query in clauses(inside, name)
    ]
    occurs = {occur for occur, _ in parts}
    if Occur.Should in occurs:
        least = inside.get("minimum_should_match", 0 if Occur.Must in occurs else 1)
        return Query.boolean_query(parts, minimum_number_should_match=least)
    return Query.boolean_query([(Occur.Must, Query.all_query()), *parts])


def _field(kind: str, name: str) -> Field:
    field = find(kind, name)
    assert field
    return field


def _typed(field: Field, value: Any) -> Any:
    return float(value) if field.type == "double" else value
