"""Store queries put together, with what is always or never true folded away: `all_of`, `any_of`, `negated`, `one_of`."""

from collections.abc import Iterable, Sequence
from typing import Any

from store.subset import MOST_TERMS

Query = dict[str, Any]

ALL: Query = {"match_all": {}}
NONE: Query = {"match_none": {}}


def all_of(queries: Iterable[Query]) -> Query:
    """`must_not` of what is inside comes along, so that queries stay flat."""
    wanted: list[Query] = []
    unwanted: list[Query] = []
    for query in queries:
        if query == NONE:
            return NONE
        if list(query) == ["bool"] and not set(query["bool"]) - {"filter", "must_not"}:
            wanted += query["bool"].get("filter", [])
            unwanted += query["bool"].get("must_not", [])
        elif query != ALL:
            wanted.append(query)
    if len(wanted) == 1 and not unwanted:
        return wanted[0]
    inside = {"filter": wanted} if wanted else {}
    return {"bool": inside | ({"must_not": unwanted} if unwanted else {})} if wanted or unwanted else ALL


def any_of(queries: Iterable[Query]) -> Query:
    wanted: list[Query] = []
    for query in queries:
        if query == ALL:
            return ALL
        if query != NONE:
            wanted.append(query)
    if len(wanted) < 2:
        return wanted[0] if wanted else NONE
    return {"bool": {"should": wanted, "minimum_should_match": 1}}


def negated(query: Query) -> Query:
    if query in (ALL, NONE):
        return NONE if query == ALL else ALL
    if list(query) == ["bool"] and list(query["bool"]) == ["must_not"] and len(query["bool"]["must_not"]) == 1:
        found: Query = query["bool"]["must_not"][0]
        return found
    return {"bool": {"must_not": [query]}}


def one_of(field: str, values: Sequence[Any]) -> Query:
    """Any number of values: as many `terms` as that needs."""
    chosen = sorted(set(values))
    if len(chosen) == 1:
        return {"term": {field: chosen[0]}}
    return any_of({"terms": {field: chosen[n : n + MOST_TERMS]}} for n in range(0, len(chosen), MOST_TERMS))


def missing(field: str) -> Query:
    return {"bool": {"must_not": [{"exists": {"field": field}}]}}


def between(field: str, start: int, end: int) -> Query:
    return {"range": {field: {"gte": start, "lt": end}}}
