"""The same question about another range, beside each row: `compare(asked, span, results)`.

Rows are compared with those of the same dimensions; in time the first part with the first, and so on.
"""

from dataclasses import replace
from typing import Any

from query import metrics
from query.dates import Range, buckets
from query.gather import Asked
from query.rows import Found, rows
from query.tables import Key
from query.where import Where
from store.subset import MOST_BUCKETS


def compare(asked: Asked, span: Range, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    question = replace(asked.question, order_by=(), limit=MOST_BUCKETS, offset=0)
    keys = [tuple(row["dimensions"]) for row in results]
    plain = all(one.level not in ("time", "goal") and not one.named for one in question.dimensions)
    before = replace(asked, question=question, span=span, where=Where(asked.store, asked.site, span), compared=None)
    found = rows(before, keys if plain and keys else None).rows
    moments = _moments(asked, span)
    return [_beside(asked, row, _then(asked, row, moments), found) for row in results]


def with_empty_rows(asked: Asked, found: Found) -> Found:
    """Parts of the time in which nothing was have rows too, so that what was before stands beside them."""
    time = asked.question.time
    assert time
    labels = [one.label for one in buckets(asked.span, time.interval, asked.site.week_starts)]
    return replace(found, rows={(label,): found.rows.get((label,), nothing(asked)) for label in labels})


def nothing(asked: Asked) -> list[Any]:
    return [metrics.ALL[name].nothing for name in asked.question.metrics]


def _moments(asked: Asked, span: Range) -> dict[str, str]:
    """Each part's label, and that of the part that it is compared with."""
    time = asked.question.time
    if time is None:
        return {}
    now, then = (buckets(one, time.interval, asked.site.week_starts) for one in (asked.span, span))
    return {one.label: other.label for one, other in zip(now, then, strict=False)}


def _then(asked: Asked, row: dict[str, Any], moments: dict[str, str]) -> list[str | None]:
    return [
        moments.get(label) if one.level == "time" else label
        for one, label in zip(asked.question.dimensions, row["dimensions"], strict=True)
    ]


def _beside(asked: Asked, row: dict[str, Any], then: list[str | None], found: dict[Key, list[Any]]) -> dict[str, Any]:
    known: Key = tuple(label for label in then if label is not None)
    values = found.get(known) if len(known) == len(then) else None
    before = values or nothing(asked)
    change = [metrics.change(*of) for of in zip(asked.question.metrics, row["metrics"], before, strict=True)]
    return {**row, "comparison": {"dimensions": then, "metrics": before, "change": change}}
