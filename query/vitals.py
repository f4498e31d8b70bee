"""Web vitals: how fast pages are for those who visit them, as percentiles: `vitals(…)`.

static/vitals.js tells them as events named `vitals`, whose number is the value and whose property `metric` says which.
A question has `vitals` (all five without it), `percentiles` ([75], the one that a page is judged by), `dimensions` (none, one
or two; not goals or time) and `limit` (values of a dimension, 100). A row is [value of each dimension, vital] and the percentiles
(ms; CLS a sum of scores), count, and the shares of good, needs_improvement and poor in percent. Those with most measurements
come first.

The limits of good and poor are those that web.dev/articles/vitals publishes, and web.dev/articles/fcp and /ttfb for those two
(read November 2026); what is on a limit is on its better side.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from query import asked
from query.asked import Asked, rate, row, whole
from query.conditions import Query, all_of, one_of
from query.dimensions import Dimension, find
from query.errors import BadQuestion
from query.site import Site
from store.base import Store

#: Up to the first a value is good, beyond the second it is poor.
LIMITS = {"LCP": (2500, 4000), "INP": (200, 500), "CLS": (0.1, 0.25), "FCP": (1800, 3000), "TTFB": (800, 1800)}
SHARES = ("good", "needs_improvement", "poor")
MOST_ROWS, MOST_PERCENTILES, MOST_DIMENSIONS = 1000, 10, 2
EVENT = {"term": {"event.name": "vitals"}}
METRIC = "event.data.metric"
_MISSING = "\ue000"  # a private character: no value of a document


def vitals(store: Store, question: Mapping[str, Any], site: Site, now: datetime) -> dict[str, Any]:
    it = asked.read(store, question, site, now, ("vitals", "percentiles", "dimensions", "limit"))
    wanted, percents = _wanted(question.get("vitals")), _percents(question.get("percentiles"))
    dimensions, limit = _dimensions(question.get("dimensions")), whole(question, "limit", 100, 1, MOST_ROWS)
    return it.remembered(lambda: _answer(it, wanted, percents, dimensions, limit))


def _answer(
    it: Asked, wanted: Sequence[str], percents: Sequence[float], dimensions: Sequence[Dimension], limit: int
) -> dict[str, Any]:
    query = all_of([it.hits("event"), EVENT, one_of(METRIC, wanted)])
    aggs = {vital: _agg(vital, percents) for vital in wanted}
    for dimension in reversed(dimensions):
        terms = {"field": dimension.field, "size": limit, "missing": _MISSING}
        aggs = {"rows": {"terms": terms, "aggs": aggs}}
    answer = it.store.search("event", {"size": 0, "query": query, "aggs": aggs})["aggregations"]
    results = list(_rows(answer, dimensions, (), wanted, percents))
    names = [*(f"p{percent:g}" for percent in percents), "count", *SHARES]
    asked_for = {"vitals": list(wanted), "percentiles": list(percents), "limit": limit}
    return it.answer(results, {}, [*(one.name for one in dimensions), "vital"], names, **asked_for)


def _agg(vital: str, percents: Sequence[float]) -> dict[str, Any]:
    good, poor = (math.nextafter(limit, math.inf) for limit in LIMITS[vital])
    ranges = [{"key": "good", "to": good}, {"key": "needs_improvement", "from": good, "to": poor}, {"key": "poor", "from": poor}]
    numbers = {
        "percentiles": {"percentiles": {"field": "event.number", "percents": list(percents)}},
        "shares": {"range": {"field": "event.number", "ranges": ranges}},
    }
    measured: Query = {"exists": {"field": "event.number"}}
    return {"filter": all_of([{"term": {METRIC: vital}}, measured]), "aggs": numbers}


def _rows(
    found: Mapping[str, Any],
    dimensions: Sequence[Dimension],
    key: tuple[str, ...],
    wanted: Sequence[str],
    percents: Sequence[float],
) -> Iterator[dict[str, Any]]:
    if dimensions:
        dimension, rest = dimensions[0], dimensions[1:]
        named = dimension.named or str
        for bucket in found["rows"]["buckets"]:
            label = dimension.missing if bucket["key"] == _MISSING else named(bucket["key"])
            yield from _rows(bucket, rest, (*key, label), wanted, percents)
        return
    for vital in wanted:
        count = found[vital]["doc_count"]
        if count:
            values = found[vital]["percentiles"]["values"]
            shares = {bucket["key"]: bucket["doc_count"] for bucket in found[vital]["shares"]["buckets"]}
            told = [_rounded(vital, values[str(float(percent))]) for percent in percents]
            yield row([*key, vital], [*told, count, *(rate(shares[share], count) for share in SHARES)])


def _rounded(vital: str, value: float) -> float:
    """Whole ms; shifts to three places."""
    return round(value, 3) if vital == "CLS" else round(value)


def _wanted(value: Any) -> list[str]:
    if value is None:
        return list(LIMITS)
    if not isinstance(value, list | tuple) or not value or any(not isinstance(one, str) or one not in LIMITS for one in value):
        raise BadQuestion(f"Invalid vitals: they are a list of {', '.join(LIMITS)}.", "vitals")
    return list(dict.fromkeys(value))


def _percents(value: Any) -> list[float]:
    if value is None:
        return [75]
    numbers = value if isinstance(value, list | tuple) else []
    if not 0 < len(numbers) <= MOST_PERCENTILES or not all(map(_is_percent, numbers)):
        raise BadQuestion(
            f"Invalid percentiles: a list of 1 to {MOST_PERCENTILES} numbers between 0 and 100, of at most one decimal.",
            "percentiles",
        )
    return list(dict.fromkeys(numbers))


def _is_percent(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value < 100 and value == round(value, 1)


def _dimensions(value: Any) -> list[Dimension]:
    if value is None:
        return []
    if not isinstance(value, list | tuple) or len(value) > MOST_DIMENSIONS:
        raise BadQuestion(f"Invalid dimensions: they are a list of at most {MOST_DIMENSIONS}.", "dimensions")
    found = []
    for n, name in enumerate(value):
        dimension = find(name)
        if dimension is None or dimension.level not in ("visit", "hit"):
            raise BadQuestion(
                f"Invalid dimension {name!r}: vitals are grouped by event:page, visit:device and the like.", f"dimensions.{n}"
            )
        found.append(dimension)
    return found
