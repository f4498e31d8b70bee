"""`filter` and `filters` on the embedded store, anywhere in the aggs: each is a search of its own with the narrower query.

Inside buckets, that search makes the same buckets again, and what it finds is grafted to the one with the same key.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tantivy

from store.aggregations import Aggs, aggregate, split
from store.answer import empty
from store.mappings import find
from store.queries import both, count, translate
from store.subset import MOST_BUCKETS


def answer(searcher: tantivy.Searcher, kind: str, query: tantivy.Query, aggs: Aggs) -> dict[str, Any]:
    """The answer to aggs of the subset; they are checked (store/subset.py)."""
    plain = _without_filters(aggs)
    found = aggregate(searcher, kind, query, plain) if plain else {}
    for one in _filters(aggs):
        narrower = both(query, translate(kind, one.query))
        if one.above:
            inside = _nested([_again(kind, step, found) for step in one.steps()], one.below)
            _graft(found, answer(searcher, kind, narrower, inside), one, one.above)
        else:
            _place(found, one, {"doc_count": count(searcher, narrower), **answer(searcher, kind, narrower, one.below)})
    return {name: found[name] for name in aggs}


@dataclass(frozen=True)
class _Filter:
    """`above`: the names and aggregations that it stands in, outermost first; `part`: its name among `filters`."""

    name: str
    part: str | None
    query: Mapping[str, Any]
    below: Aggs
    above: tuple[tuple[str, Aggs], ...]

    def steps(self) -> list[tuple[tuple[str, ...], str, Aggs]]:
        names = tuple(name for name, _ in self.above)
        return [(names[: n + 1], name, agg) for n, (name, agg) in enumerate(self.above)]


def _filters(aggs: Aggs, above: tuple[tuple[str, Aggs], ...] = ()) -> Iterator[_Filter]:
    """The outermost filters: those inside a filter are found when that is asked."""
    for name, agg in aggs.items():
        type_, inside, below = split(agg)
        if type_ == "filter":
            yield _Filter(name, None, inside, below, above)
        elif type_ == "filters":
            for part, query in inside["filters"].items():
                yield _Filter(name, part, query, below, above)
        else:
            yield from _filters(below, (*above, (name, agg)))


def _without_filters(aggs: Aggs) -> dict[str, Any]:
    plain = {}
    for name, agg in aggs.items():
        type_, inside, below = split(agg)
        if type_ not in ("filter", "filters"):
            rest = _without_filters(below)
            plain[name] = {type_: inside, "aggs": rest} if rest else {type_: inside}
    return plain


def _again(kind: str, step: tuple[tuple[str, ...], str, Aggs], found: Aggs) -> tuple[str, Aggs]:
    """An aggregation that makes at least the buckets that were found: terms are asked for by name, where they can be."""
    path, name, agg = step
    type_, inside, _ = split(agg)
    if type_ != "terms":
        return name, {type_: inside}
    terms = {"field": inside["field"], "size": MOST_BUCKETS}
    field = find(kind, inside["field"])
    if "missing" in inside:
        terms["missing"] = inside["missing"]
    elif field and field.is_text:
        terms["include"] = sorted({bucket["key"] for bucket in _buckets(found, path)})
    return name, {"terms": terms}


def _buckets(found: Aggs, path: Sequence[str]) -> Iterator[Aggs]:
    for bucket in found[path[0]]["buckets"]:
        if len(path) == 1:
            yield bucket
        else:
            yield from _buckets(bucket, path[1:])


def _nested(steps: Sequence[tuple[str, Aggs]], below: Aggs) -> dict[str, Any]:
    (name, agg), *rest = steps
    inside = _nested(rest, below) if rest else below
    return {name: {**agg, "aggs": inside} if inside else dict(agg)}


def _graft(found: Any, narrow: Aggs | None, one: _Filter, above: Sequence[tuple[str, Aggs]]) -> None:
    (name, _), *rest = above
    theirs = {_key(bucket): bucket for bucket in narrow[name]["buckets"]} if narrow else {}
    for bucket in found[name]["buckets"]:
        other = theirs.get(_key(bucket))
        if rest:
            _graft(bucket, other, one, rest)
        else:
            _place(
                bucket,
                one,
                {part: other[part] for part in ("doc_count", *one.below)} if other else {"doc_count": 0, **empty(one.below)},
            )


def _key(bucket: Aggs) -> Any:
    key = bucket["key"]
    return tuple(key.values()) if isinstance(key, dict) else key


def _place(bucket: Any, one: _Filter, told: dict[str, Any]) -> None:
    if one.part is None:
        bucket[one.name] = told
    else:
        bucket.setdefault(one.name, {"buckets": {}})["buckets"][one.part] = told
