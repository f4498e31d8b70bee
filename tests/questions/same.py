"""Whether an answer is what the oracle says: `differences(question, told, expected)`, sentences, none if all is well."""

from collections.abc import Mapping, Sequence
from typing import Any

from query.errors import BadQuestion
from tests.questions.oracle import RATES, About, Expected, Money

Json = Any
MOST_ROWS = 10_000


def differences(question: Json, told: Json | BadQuestion, expected: Expected, loose: float = 0.0) -> list[str]:
    """`loose` is what may be off where uniques are many: a share of the number."""
    if expected.bad:
        return [] if isinstance(told, BadQuestion) else [f"was answered, but is not to be asked: {expected.bad}"]
    if isinstance(told, BadQuestion):
        return [f"was refused: {told.sentence} ({told.place})"]
    metrics, dimensions = question["metrics"], question.get("dimensions") or []
    found = [(tuple(row["dimensions"]), dict(zip(metrics, row["metrics"], strict=True))) for row in told["results"]]
    rows = dict(found)
    wrong = [] if len(rows) == len(found) else ["a row stands there twice"]
    wrong += _order(question, found, dimensions)
    pages = question.get("pagination") or {}
    if pages:
        there = _page(question, expected.rows, dimensions)
        if [key for key, _ in found] != there:
            wrong.append(f"rows are {[key for key, _ in found]}, not {there}")
    else:
        there = list(expected.rows)
        wrong += [f"row {key} is missing: {expected.rows[key]}" for key in there if key not in rows]
        wrong += [f"row {key} is too many: {rows[key]}" for key in rows if key not in expected.rows]
    for key in [key for key in there if key in rows]:
        for metric in metrics:
            if not same(rows[key][metric], expected.rows[key][metric], loose, metric in RATES):
                wrong.append(f"{key}: {metric} is {rows[key][metric]!r}, not {expected.rows[key][metric]!r}")
    wrong += _meta(question, told, expected, dimensions)
    if expected.compared is not None:
        wrong += _comparisons(told["results"], metrics, expected)
    return wrong


def same(told: Any, expected: Any, loose: float = 0.0, share: bool = False) -> bool:
    """Of many a `share` is as loose as their number."""
    if share and loose and isinstance(expected, About) and told is not None:
        return abs(told - expected.exact) <= 0.05 + loose * expected.exact
    if isinstance(expected, About | Money):
        return expected.is_told_by(told)
    if loose and isinstance(expected, int) and expected > 10_000:
        return isinstance(told, int) and abs(told - expected) <= loose * expected
    return bool(told == expected)


def _order(question: Json, found: Sequence[tuple[Any, Any]], dimensions: Sequence[str]) -> list[str]:
    ordered = sorted(found, key=lambda row: row[0])
    for name, down in reversed(order_of(question, dimensions)):
        ordered.sort(key=lambda row, name=name: _sortable(row, name, dimensions), reverse=down)
    return [] if ordered == list(found) else [f"order is {[key for key, _ in found]}, not {[key for key, _ in ordered]}"]


def order_of(question: Json, dimensions: Sequence[str]) -> list[tuple[str, bool]]:
    if question.get("order_by") is not None:
        return [(name, direction == "desc") for name, direction in question["order_by"]]
    return [*((name, False) for name in dimensions if name.startswith("time")), (question["metrics"][0], True)]


def _sortable(row: tuple[Any, Any], name: str, dimensions: Sequence[str]) -> Any:
    if name in dimensions:
        return row[0][dimensions.index(name)]
    value = row[1][name]
    value = value["value"] if isinstance(value, Mapping) else value
    return (value is not None, value or 0)


def _page(question: Json, rows: Mapping[Any, Any], dimensions: Sequence[str]) -> list[Any]:
    """The keys of the rows that are to be shown; orders of rounded numbers are not asked for in such questions."""
    pages = question["pagination"]
    ordered = sorted(rows.items())
    for name, down in reversed(order_of(question, dimensions)):
        ordered.sort(key=lambda row, name=name: _sortable(row, name, dimensions), reverse=down)
    offset = pages.get("offset", 0)
    return [key for key, _ in ordered[offset : offset + pages.get("limit", MOST_ROWS)]]


def _meta(question: Json, told: Json, expected: Expected, dimensions: Sequence[str]) -> list[str]:
    include, meta, wrong = question.get("include") or {}, told["meta"], []
    if include.get("total_rows") and meta.get("total_rows") != len(expected.rows):
        wrong.append(f"total_rows is {meta.get('total_rows')}, not {len(expected.rows)}")
    if include.get("time_labels") and meta.get("time_labels") != expected.labels:
        wrong.append(f"time_labels are {meta.get('time_labels')}, not {expected.labels}")
    return wrong


def _comparisons(results: Json, metrics: Sequence[str], expected: Expected) -> list[str]:
    assert expected.compared is not None
    wrong = []
    for row in results:
        then, values = expected.compared[tuple(row["dimensions"])]
        told = row["comparison"]
        if tuple(told["dimensions"]) != then:
            wrong.append(f"{row['dimensions']} is compared with {told['dimensions']}, not with {then}")
        for n, metric in enumerate(metrics):
            if not same(told["metrics"][n], values[metric]):
                wrong.append(f"{row['dimensions']}: {metric} was {told['metrics'][n]!r}, not {values[metric]!r}")
            change = change_of(metric, row["metrics"][n], told["metrics"][n])
            if told["change"][n] != change:
                wrong.append(f"{row['dimensions']}: {metric} changed by {told['change'][n]!r}, not {change!r}")
    return wrong


def change_of(metric: str, now: Any, before: Any) -> Any:
    """Of two numbers as they are told: percent; of shares the difference."""
    new, old = (value["value"] if isinstance(value, Mapping) else value for value in (now, before))
    if new is None or old is None:
        return None
    if metric == "bounce_rate" or metric in RATES:
        return round(new - old, 1) if old else None
    if not old:
        return 100 if new else 0
    return round((new - old) / old * 100)
