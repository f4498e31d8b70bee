"""Documents grouped and counted: `count(store, part)` gives a Table, numbers by key.

A Part says which documents of one kind, by what they are grouped and what is counted. Its answer is one search, however
many groupings it has; a Part `by_part` counts visitors by `client.part` and sums them, which stays exact for longer
(DESIGN.md, "The embedded store").
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from query.conditions import NONE, Query, all_of, any_of, missing, one_of
from query.dates import Bucket
from query.dimensions import Dimension
from query.errors import TooMuch
from store.base import BadSearch, Store
from store.subset import MOST_BUCKETS

#: A row's place: a label for each grouping.
Key = tuple[str, ...]
Numbers = dict[str, Any]
Table = dict[Key, Numbers]

PARTS = 64  # values of client.part
#: So many values Elasticsearch counts exactly, plainly and in a part. By its default each of thousands of buckets takes 16 KB.
EXACT_PLAINLY, EXACT_OF_A_PART = 100, 400
DOCS = "documents"
_MISSING = "\ue000"  # a private character: no value of a document


@dataclass(frozen=True)
class By:
    """Group by the values of a field; `only` these labels, if so wished."""

    dimension: Dimension
    only: frozenset[str] | None = None

    @property
    def field(self) -> str:
        return self.dimension.field


@dataclass(frozen=True)
class Times:
    """Group by time; the first bucket of visits begins when the oldest of them did."""

    buckets: tuple[Bucket, ...]


@dataclass(frozen=True)
class Always:
    """All documents have the one label."""

    label: str


Grouping = By | Times | Always


@dataclass(frozen=True)
class Part:
    """`distinct` and `sums` name what is counted: a field by its name in the Table."""

    kind: str
    query: Query
    groupings: tuple[Grouping, ...] = ()
    distinct: Mapping[str, str] = field(default_factory=dict)
    sums: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)  # further aggregations
    by_part: bool = False
    top: int = 0  # of a single By only so many rows, by `order`
    order: str = DOCS


@dataclass(frozen=True)
class Counted:
    """`cut`: rows were left out; `sure`: those that are there are the top ones, and their numbers whole."""

    table: Table
    cut: bool = False
    sure: bool = True


def count(store: Store, part: Part) -> Counted:
    """Raises TooMuch for more groups than an answer holds."""
    if part.query == NONE or any(_is_empty(one) for one in part.groupings):
        return Counted({})
    real = [one for one in part.groupings if not isinstance(one, Always)]
    aggs = _aggs(part) | ({} if real else {DOCS: {"value_count": {"field": "@timestamp"}}})
    body = {"size": 0, "track_total_hits": False, "query": _narrowed(part), "aggs": aggs}
    try:
        answer = store.search(part.kind, body)
    except BadSearch as error:
        if not _is_too_many(error):
            raise
        return Counted(_halves(store, part))
    found = answer["aggregations"]
    table: Table = {}
    for key, numbers in _rows(part, part.groupings, {**found, "doc_count": 1 if real else found[DOCS]["value"]}, ()):
        table[key] = _sum(table[key], numbers) if key in table else numbers
    if not real:
        return Counted(table)
    cut = any(_is_cut(found, len(real)))
    if cut and not part.top:
        raise _too_many(part)
    return Counted(table, cut, not cut or answer["_shards"]["total"] == 1)


def merged(*tables: Table) -> Table:
    """Numbers of the same row beside each other; those of the same name are added."""
    made: Table = {}
    for table in tables:
        for key, numbers in table.items():
            made[key] = _sum(made[key], numbers) if key in made else numbers
    return made


def _sum(one: Any, other: Any) -> Any:
    """Of numbers by name, and of answers to aggregations."""
    if isinstance(one, Mapping):
        both = {name: _sum(one[name], other[name]) for name in one if name in other}
        return {**one, **other, **both}
    if one is None or other is None or isinstance(one, str):
        return other if one is None else one
    return one + other


def only(part: Part, keys: Sequence[Key]) -> Part:
    """The part for some rows, and perhaps for some more."""
    groupings: list[Grouping] = []
    for n, grouping in enumerate(part.groupings):
        labels = frozenset(key[n] for key in keys)
        if isinstance(grouping, By):
            groupings.append(replace(grouping, only=labels))
        elif isinstance(grouping, Times):
            groupings.append(Times(tuple(bucket for bucket in grouping.buckets if bucket.label in labels)))
        else:
            groupings.append(grouping)
    return replace(part, groupings=tuple(groupings), top=0)


# --- to the store


def _narrowed(part: Part) -> Query:
    chosen = [_labelled(one) for one in part.groupings if isinstance(one, By) and one.only is not None]
    return all_of([part.query, *chosen])


def _labelled(by: By) -> Query:
    """Documents with one of the labels that are wanted."""
    assert by.only is not None
    named = one_of(by.field, list(by.only))
    return any_of([named, missing(by.field)]) if by.dimension.missing in by.only else named


def _aggs(part: Part) -> dict[str, Any]:
    aggs: dict[str, Any] = {name: {"sum": {"field": of}} for name, of in part.sums.items()} | dict(part.more)
    precision = EXACT_OF_A_PART if part.by_part else EXACT_PLAINLY
    distinct = {name: {"cardinality": {"field": of, "precision_threshold": precision}} for name, of in part.distinct.items()}
    if part.by_part and distinct:
        aggs["parts"] = {"terms": {"field": "client.part", "size": PARTS}, "aggs": distinct}
    else:
        aggs |= distinct
    for grouping in reversed(part.groupings):
        if isinstance(grouping, By):
            terms: dict[str, Any] = {"field": grouping.field, "size": MOST_BUCKETS}
            if grouping.dimension.missing:
                terms["missing"] = _MISSING
            if part.top:
                terms["size"] = min(part.top, MOST_BUCKETS)
                terms["order"] = {"_count" if part.order == DOCS else part.order: "desc"}
            elif grouping.only is not None:
                terms["size"] = len(grouping.only)
                if grouping.dimension.missing not in grouping.only and "missing" in terms:
                    del terms["missing"]
                    terms["include"] = sorted(grouping.only)
            outer: dict[str, Any] = {"terms": terms}
        elif isinstance(grouping, Times):
            ranges = [{"key": one.label, "from": one.start, "to": one.end} for one in grouping.buckets]
            outer = {"range": {"field": "@timestamp", "ranges": ranges}}
        else:
            continue
        aggs = {"rows": {**outer, "aggs": aggs} if aggs else outer}
    return aggs


# --- from the store


def _rows(part: Part, groupings: Sequence[Grouping], found: Mapping[str, Any], key: Key) -> Iterator[tuple[Key, Numbers]]:
    if not groupings:
        yield key, _numbers(part, found)
        return
    grouping, rest = groupings[0], groupings[1:]
    if isinstance(grouping, Always):
        if found["doc_count"]:
            yield from _rows(part, rest, found, (*key, grouping.label))
        return
    for bucket in found["rows"]["buckets"]:
        if not bucket["doc_count"]:
            continue
        label = bucket["key"]
        if isinstance(grouping, By):
            label = grouping.dimension.missing if label == _MISSING else str(label)
            if grouping.only is not None and label not in grouping.only:
                continue  # of a field with several values
        yield from _rows(part, rest, bucket, (*key, label))


def _numbers(part: Part, found: Mapping[str, Any]) -> Numbers:
    numbers: Numbers = {DOCS: found["doc_count"]}
    for name in part.sums:
        numbers[name] = found[name]["value"] or 0.0
    for name in part.distinct:
        if part.by_part:
            numbers[name] = sum(bucket[name]["value"] for bucket in found["parts"]["buckets"])
        else:
            numbers[name] = found[name]["value"]
    for name in part.more:
        numbers[name] = found[name]
    return numbers


def _is_empty(grouping: Grouping) -> bool:
    return (isinstance(grouping, By) and grouping.only == frozenset()) or (isinstance(grouping, Times) and not grouping.buckets)


def _is_cut(found: Mapping[str, Any], depth: int) -> Iterator[bool]:
    rows = found["rows"] if depth else {}
    yield bool(rows.get("sum_other_doc_count"))
    if depth > 1:
        for bucket in rows["buckets"]:
            yield from _is_cut(bucket, depth - 1)


# --- too many


def _is_too_many(error: BadSearch) -> bool:
    return "limit was exceeded" in str(error) or "too many buckets" in str(error).lower()


def _too_many(part: Part) -> TooMuch:
    return TooMuch(
        f"This question has more than {MOST_BUCKETS} rows: ask with fewer dimensions, a shorter date_range or more filters.",
        "dimensions",
    )


def _halves(store: Store, part: Part) -> Table:
    """The same rows by several searches, each for fewer of them."""
    for n, grouping in enumerate(part.groupings):
        labels = _labels(grouping)
        if len(labels) > 1:
            made: Table = {}
            for half in (labels[: len(labels) // 2], labels[len(labels) // 2 :]):
                narrower = [*part.groupings]
                narrower[n] = _chosen(grouping, half)
                made |= count(store, replace(part, groupings=tuple(narrower))).table
            return made
    raise _too_many(part)


def _labels(grouping: Grouping) -> list[str]:
    if isinstance(grouping, Times):
        return [bucket.label for bucket in grouping.buckets]
    return sorted(grouping.only) if isinstance(grouping, By) and grouping.only else []


def _chosen(grouping: Grouping, labels: Sequence[str]) -> Grouping:
    if isinstance(grouping, Times):
        return Times(tuple(bucket for bucket in grouping.buckets if bucket.label in labels))
    assert isinstance(grouping, By)
    return replace(grouping, only=frozenset(labels))
