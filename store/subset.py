"""The subset of Elasticsearch's search API that both stores answer; what is not in it raises BadSearch.

A body has `query`, `size` (10, at most 10,000 with `from`), `from`, `sort`, `search_after`, `_source`, `aggs`, and
`track_total_hits` (true): false saves counting, and leaves `hits.total` out.

- query: `match_all`, `match_none`, `term`, `terms`, `range` (numbers and dates), `prefix`, `exists`, `ids`, `bool`, in the
  short forms: `{"term": {"url.path": "/"}}`. Fields are those of mappings/, keys inside flattened ones (`event.data.plan`),
  and `_id` and `_index`. Dates are whole milliseconds since 1970.
- sort: `[{"@timestamp": "desc"}, …]`, documents without the field last. `search_after` when the first is a number or date.
- `_source`: true, false, or a list of fields and groups.
- aggs that make buckets and may hold others: `terms`, `date_histogram` (`fixed_interval`), `range` (a `key` for every
  range), `filter`, `filters` (by name), `composite` (outermost only). At most 65,000 buckets an answer. What `missing` of
  `terms` names should be a value that no document has: only Elasticsearch would mix the two.
- aggs that make numbers: `cardinality`, `value_count`, `avg`, `min`, `max`, `sum`, `stats`, `percentiles`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from store.base import BadSearch
from store.mappings import Field, find

MOST_HITS = 10_000
MOST_BUCKETS = 65_000
MOST_TERMS = 65_536
MOST_PREFIX = 900  # bytes: Elasticsearch 8.19 finds the automaton of 1,001 too large
INTERVAL = re.compile(r"([1-9]\d{0,8})(ms|s|m|h|d)")
MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
BOUNDS = ("gt", "gte", "lt", "lte")
CLAUSES = ("must", "filter", "should", "must_not")
METRICS = ("avg", "min", "max", "sum", "stats")


def check_search(kind: str, body: Mapping[str, Any]) -> None:
    place = "search"
    _only(place, body, ("query", "size", "from", "sort", "search_after", "_source", "aggs", "track_total_hits"))
    if not isinstance(body.get("track_total_hits", True), bool):
        raise BadSearch("track_total_hits: takes true or false")
    size = _whole("size", body.get("size", 10), 0, MOST_HITS)
    _whole("from", body.get("from", 0), 0, MOST_HITS - size)
    check_query(kind, body.get("query", {"match_all": {}}))
    _check_sort(kind, body)
    wanted = body.get("_source", True)
    if not isinstance(wanted, bool) and not (_is_list(wanted) and all(isinstance(w, str) and "*" not in w for w in wanted)):
        raise BadSearch("_source: takes true, false or a list of fields and groups")
    if "aggs" in body:
        check_aggs(kind, body["aggs"])


def check_query(kind: str, query: Any, place: str = "query") -> None:
    name, inside = _single(place, query)
    place = f"{place}.{name}"
    check = _QUERIES.get(name)
    if check is None:
        raise BadSearch(f"{place}: no such query here; there are {', '.join(_QUERIES)}")
    check(kind, inside, place)


def check_aggs(kind: str, aggs: Any, place: str = "aggs", outermost: bool = True) -> None:
    for name, agg in _object(place, aggs).items():
        here = f"{place}.{name}"
        if not name or re.search(r"[\[\]>.]", name):
            raise BadSearch(f"{here}: a name has no [ ] > or full stop")
        types = [key for key in _object(here, agg) if key != "aggs"]
        if len(types) != 1:
            raise BadSearch(f"{here}: takes one type, and aggs")
        _check_agg(kind, types[0], agg, here, outermost)


def clauses(of: Mapping[str, Any], occur: str) -> Sequence[Any]:
    """A bool query's queries of one sort: a list, or one alone."""
    inside = of.get(occur, ())
    return inside if _is_list(inside) else [inside]


def interval(text: str) -> int:
    """`1h` in milliseconds."""
    found = INTERVAL.fullmatch(text)
    assert found
    return int(found[1]) * MILLISECONDS[found[2]]


def _check_sort(kind: str, body: Mapping[str, Any]) -> None:
    sort = body.get("sort", [])
    if not _is_list(sort):
        raise BadSearch('sort: takes a list, such as [{"@timestamp": "desc"}]')
    for n, one in enumerate(sort):
        name, order = _single(f"sort.{n}", one)
        field = _field(kind, name, f"sort.{n}")
        if field.type in ("flattened", "key", "geo_point") or name.startswith("_"):
            raise BadSearch(f"sort.{n}.{name}: is not sorted by")
        _one_of(f"sort.{n}.{name}", order, "asc", "desc")
    if "search_after" in body:
        after = body["search_after"]
        if not sort or not _is_list(after) or len(after) != len(sort) or body.get("from"):
            raise BadSearch("search_after: takes a list as long as sort, without from")
        if _field(kind, next(iter(sort[0])), "sort.0").is_text:
            raise BadSearch("search_after: needs a number or a date as the first of sort")


# --- queries


def _check_match(kind: str, inside: Any, place: str) -> None:
    _only(place, inside, ())


def _check_term(kind: str, inside: Any, place: str) -> None:
    name, value = _single(place, inside)
    _value(_field(kind, name, place), value, f"{place}.{name}")


def _check_terms(kind: str, inside: Any, place: str) -> None:
    name, values = _single(place, inside)
    field = _field(kind, name, place)
    if not _is_list(values) or len(values) > MOST_TERMS:
        raise BadSearch(f"{place}.{name}: takes a list of at most {MOST_TERMS} values")
    for value in values:
        _value(field, value, f"{place}.{name}")


def _check_range(kind: str, inside: Any, place: str) -> None:
    name, bounds = _single(place, inside)
    field = _number_field(kind, name, place)
    _only(f"{place}.{name}", bounds, BOUNDS)
    for bound, value in bounds.items():
        _value(field, value, f"{place}.{name}.{bound}")


def _check_prefix(kind: str, inside: Any, place: str) -> None:
    name, value = _single(place, inside)
    if not _field(kind, name, place).is_text or not _is_text(value):
        raise BadSearch(f"{place}.{name}: takes the beginning of a keyword")
    if len(value.encode()) > MOST_PREFIX:
        raise BadSearch(f"{place}.{name}: takes at most {MOST_PREFIX} bytes")


def _check_exists(kind: str, inside: Any, place: str) -> None:
    _only(place, inside, ("field",), ("field",))
    _field(kind, inside["field"], place)


def _check_ids(kind: str, inside: Any, place: str) -> None:
    _only(place, inside, ("values",), ("values",))
    values = inside["values"]
    if not _is_list(values) or len(values) > MOST_TERMS or not all(map(_is_text, values)):
        raise BadSearch(f"{place}.values: takes a list of at most {MOST_TERMS} ids")


def _check_bool(kind: str, inside: Any, place: str) -> None:
    _only(place, inside, (*CLAUSES, "minimum_should_match"))
    for occur in CLAUSES:
        for n, query in enumerate(clauses(inside, occur)):
            check_query(kind, query, f"{place}.{occur}.{n}")
    if "minimum_should_match" in inside:
        _whole(f"{place}.minimum_should_match", inside["minimum_should_match"], 1, len(clauses(inside, "should")))


_QUERIES: dict[str, Callable[[str, Any, str], None]] = {
    "match_all": _check_match,
    "match_none": _check_match,
    "term": _check_term,
    "terms": _check_terms,
    "range": _check_range,
    "prefix": _check_prefix,
    "exists": _check_exists,
    "ids": _check_ids,
    "bool": _check_bool,
}


# --- aggregations


def _check_agg(kind: str, type_: str, agg: Mapping[str, Any], here: str, outermost: bool) -> None:
    place, inside = f"{here}.{type_}", agg[type_]
    if type_ == "filter":
        check_query(kind, inside, place)
    elif type_ == "filters":
        _only(place, inside, ("filters",), ("filters",))
        if not _object(f"{place}.filters", inside["filters"]):
            raise BadSearch(f"{place}.filters: takes queries by name")
        for name, query in inside["filters"].items():
            check_query(kind, query, f"{place}.filters.{name}")
    elif type_ == "composite":
        if not outermost:
            raise BadSearch(f"{place}: stands outermost only")
        _check_composite(kind, inside, place)
    elif type_ in _BUCKETS:
        _BUCKETS[type_](kind, inside, place, agg.get("aggs", {}))
    elif type_ in _NUMBERS:
        if "aggs" in agg:
            raise BadSearch(f"{here}.aggs: {type_} makes no buckets")
        _NUMBERS[type_](kind, inside, place)
    else:
        known = (*_BUCKETS, "filter", "filters", "composite", *_NUMBERS)
        raise BadSearch(f"{place}: no such aggregation here; there are {', '.join(known)}")
    if "aggs" in agg:
        check_aggs(kind, agg["aggs"], f"{here}.aggs", outermost=False)


def _check_terms_agg(kind: str, inside: Any, place: str, below: Mapping[str, Any]) -> None:
    _only(place, inside, ("field", "size", "order", "missing", "include", "exclude", "min_doc_count"), ("field",))
    field = _field(kind, inside["field"], place)
    if field.type in ("flattened", "geo_point") or field.path == "_id":
        raise BadSearch(f"{place}.field: {field.path} has no terms")
    _whole(f"{place}.size", inside.get("size", 10), 1, MOST_BUCKETS)
    _whole(f"{place}.min_doc_count", inside.get("min_doc_count", 1), 1, 1 << 31)
    if "missing" in inside:
        _value(field, inside["missing"], f"{place}.missing")
        if "include" in inside or "exclude" in inside:
            raise BadSearch(f"{place}.missing: stands without include and exclude")
    for side in ("include", "exclude"):
        if side in inside and not (field.is_text and _is_list(inside[side]) and all(map(_is_text, inside[side]))):
            raise BadSearch(f"{place}.{side}: takes a list of keywords")
    if "order" in inside:
        by, way = _single(f"{place}.order", inside["order"])
        _one_of(f"{place}.order.{by}", way, "asc", "desc")
        _check_order(by, below, f"{place}.order.{by}")


def _check_order(by: str, below: Mapping[str, Any], place: str) -> None:
    name, _, part = by.partition(".")
    agg = below.get(name, {})
    stats = "stats" in agg and part in ("count", "min", "max", "avg", "sum")
    single = not part and any(type_ in agg for type_ in ("cardinality", "value_count", "avg", "min", "max", "sum"))
    if by not in ("_count", "_key") and not stats and not single:
        raise BadSearch(f"{place}: takes _count, _key, or a number of the aggs below, such as `uniques` or `stats.avg`")


def _check_date_histogram(kind: str, inside: Any, place: str, below: Mapping[str, Any]) -> None:
    _only(place, inside, ("field", "fixed_interval", "min_doc_count"), ("field", "fixed_interval"))
    _check_interval(kind, inside, place)
    _whole(f"{place}.min_doc_count", inside.get("min_doc_count", 0), 0, 1 << 31)


def _check_interval(kind: str, inside: Any, place: str) -> None:
    if _field(kind, inside["field"], place).type != "date":
        raise BadSearch(f"{place}.field: takes a date")
    if not isinstance(inside["fixed_interval"], str) or not INTERVAL.fullmatch(inside["fixed_interval"]):
        raise BadSearch(f"{place}.fixed_interval: takes ms, s, m, h or d, such as 1h")


def _check_range_agg(kind: str, inside: Any, place: str, below: Mapping[str, Any]) -> None:
    _only(place, inside, ("field", "ranges"), ("field", "ranges"))
    field = _number_field(kind, inside["field"], place)
    ranges = inside["ranges"]
    if not _is_list(ranges) or not ranges:
        raise BadSearch(f"{place}.ranges: takes a list")
    for n, one in enumerate(ranges):
        _only(f"{place}.ranges.{n}", one, ("key", "from", "to"), ("key",))
        for side in ("from", "to"):
            if side in one:
                _value(field, one[side], f"{place}.ranges.{n}.{side}")
    keys = [one["key"] for one in ranges]
    if not all(isinstance(key, str) for key in keys) or len(set(keys)) < len(keys):
        raise BadSearch(f"{place}.ranges: keys are texts, each once")


def _check_composite(kind: str, inside: Any, place: str) -> None:
    _only(place, inside, ("size", "sources", "after"), ("size", "sources"))
    _whole(f"{place}.size", inside["size"], 1, MOST_BUCKETS)
    if not _is_list(inside["sources"]) or not inside["sources"]:
        raise BadSearch(f"{place}.sources: takes a list")
    names = []
    for n, source in enumerate(inside["sources"]):
        name, of = _single(f"{place}.sources.{n}", source)
        type_, params = _single(f"{place}.sources.{n}.{name}", of)
        here = f"{place}.sources.{n}.{name}.{type_}"
        names.append(name)
        if type_ == "terms":
            _only(here, params, ("field", "missing_bucket", "order"), ("field",))
            if _field(kind, params["field"], here).type in ("flattened", "key", "geo_point"):
                raise BadSearch(f"{here}.field: takes a keyword, a number or a date")
        elif type_ == "date_histogram":
            _only(here, params, ("field", "fixed_interval", "order"), ("field", "fixed_interval"))
            _check_interval(kind, params, here)
        else:
            raise BadSearch(f"{here}: takes terms or date_histogram")
        _one_of(f"{here}.order", params.get("order", "asc"), "asc", "desc")
    if "after" in inside and sorted(_object(f"{place}.after", inside["after"])) != sorted(names):
        raise BadSearch(f"{place}.after: takes an after_key as it was answered")


def _check_metric(kind: str, inside: Any, place: str) -> None:
    _only(place, inside, ("field",), ("field",))
    _number_field(kind, inside["field"], place)


def _check_percentiles(kind: str, inside: Any, place: str) -> None:
    _only(place, inside, ("field", "percents"), ("field",))
    _number_field(kind, inside["field"], place)
    percents = inside.get("percents", [50])
    if not _is_list(percents) or not percents or not all(_is_number(p) and 0 <= p <= 100 for p in percents):
        raise BadSearch(f"{place}.percents: takes a list of numbers from 0 to 100")


def _check_cardinality(kind: str, inside: Any, place: str) -> None:
    _only(place, inside, ("field", "precision_threshold"), ("field",))
    _counted(kind, inside, place)


def _check_value_count(kind: str, inside: Any, place: str) -> None:
    _only(place, inside, ("field",), ("field",))
    _counted(kind, inside, place)


def _counted(kind: str, inside: Any, place: str) -> None:
    field = _field(kind, inside["field"], place)
    if field.type in ("flattened", "geo_point") or field.path == "_id":
        raise BadSearch(f"{place}.field: {field.path} has no values to count")


_BUCKETS: dict[str, Callable[[str, Any, str, Mapping[str, Any]], None]] = {
    "terms": _check_terms_agg,
    "date_histogram": _check_date_histogram,
    "range": _check_range_agg,
}
_NUMBERS: dict[str, Callable[[str, Any, str], None]] = {
    "cardinality": _check_cardinality,
    "value_count": _check_value_count,
    "percentiles": _check_percentiles,
    **dict.fromkeys(METRICS, _check_metric),
}


# --- what values look like


def _field(kind: str, name: Any, place: str) -> Field:
    field = find(kind, name) if isinstance(name, str) else None
    if field is None:
        raise BadSearch(f"{place}: a {kind} has no field {name!r} to search")
    return field


def _number_field(kind: str, name: Any, place: str) -> Field:
    field = _field(kind, name, place)
    if not field.is_number and field.type != "date":
        raise BadSearch(f"{place}: {name} is neither a number nor a date")
    return field


def _value(field: Field, value: Any, place: str) -> None:
    if field.is_text:
        if not _is_text(value):
            raise BadSearch(f"{place}: takes a text")
    elif field.type in ("flattened", "geo_point"):
        raise BadSearch(f"{place}: has no values of its own")
    elif not _is_number(value) or (field.type != "double" and (not isinstance(value, int) or abs(value) >= 1 << 63)):
        raise BadSearch(f"{place}: takes a {'' if field.type == 'double' else 'whole '}number")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value - value == 0


def _is_text(value: Any) -> bool:
    """Half a surrogate pair is no text: no store can be asked for it."""
    return isinstance(value, str) and (value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value))


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _object(place: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise BadSearch(f"{place}: takes an object")
    return value


def _single(place: str, value: Any) -> tuple[str, Any]:
    if len(_object(place, value)) != 1:
        raise BadSearch(f"{place}: takes an object with one name")
    [(name, inside)] = value.items()
    return name, inside


def _only(place: str, value: Any, known: Sequence[str], needed: Sequence[str] = ()) -> None:
    unknown = [key for key in _object(place, value) if key not in known]
    if unknown:
        raise BadSearch(f"{place}.{unknown[0]}: is not known here" + (f"; known are {', '.join(known)}" if known else ""))
    for name in needed:
        if name not in value:
            raise BadSearch(f"{place}.{name}: is missing")


def _whole(place: str, value: Any, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadSearch(f"{place}: takes a whole number from {least} to {most}")
    return value


def _one_of(place: str, value: Any, *known: str) -> None:
    if value not in known:
        raise BadSearch(f"{place}: takes {' or '.join(known)}")
