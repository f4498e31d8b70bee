"""The answer of an aggregation over no documents, in Elasticsearch's shape: where there is no index yet, or no such bucket."""

from collections.abc import Mapping
from typing import Any

_LISTS = {"buckets": [], "sum_other_doc_count": 0, "doc_count_error_upper_bound": 0}
DEFAULT_PERCENTS = (1, 5, 25, 50, 75, 95, 99)


def empty(aggs: Mapping[str, Any]) -> dict[str, Any]:
    """`aggs` is checked (store/subset.py)."""
    return {name: _empty(agg) for name, agg in aggs.items()}


def _empty(agg: Mapping[str, Any]) -> dict[str, Any]:
    [(type_, inside)] = ((key, value) for key, value in agg.items() if key != "aggs")
    below = agg.get("aggs", {})
    match type_:
        case "filter":
            return {"doc_count": 0, **empty(below)}
        case "filters":
            return {"buckets": {name: {"doc_count": 0, **empty(below)} for name in inside["filters"]}}
        case "range":
            return {"buckets": [{**bounds(one), "doc_count": 0, **empty(below)} for one in in_order(inside["ranges"])]}
        case "terms":
            return {**_LISTS, "buckets": []}
        case "date_histogram" | "composite":
            return {"buckets": []}
        case "percentiles":
            return {"values": {str(float(p)): None for p in inside.get("percents", DEFAULT_PERCENTS)}}
        case "stats":
            return {"count": 0, "min": None, "max": None, "avg": None, "sum": 0.0}
        case "cardinality" | "value_count":
            return {"value": 0}
        case "sum":
            return {"value": 0.0}
    return {"value": None}


def bounds(one: Mapping[str, Any]) -> dict[str, Any]:
    """A range as its bucket repeats it."""
    return {"key": one["key"], **{side: float(one[side]) for side in ("from", "to") if side in one}}


def in_order(ranges: Any) -> list[Mapping[str, Any]]:
    """Elasticsearch answers ranges by where they begin, then by where they end."""
    return sorted(ranges, key=lambda one: (one.get("from", float("-inf")), one.get("to", float("inf"))))
