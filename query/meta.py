"""What an answer says besides its rows: `meta(asked, rows, notes)`."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from query.dates import buckets
from query.gather import Asked

SUM_OF_DAYS = (
    "A visitor is known for one day (UTC), so who came on several days counts once for each: visitors of this date_range are "
    "the sum of its days'."
)
SUM_OF_MONTHS = (
    "A visitor is known for one month (UTC), so who came in several months counts once for each: visitors of this "
    "date_range are the sum of its months'."
)


def meta(asked: Asked, rows: int, notes: Collection[str]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    include, span = asked.question.include, asked.span
    if include.imports:
        told |= {"imports_included": False}
    if include.time_labels and asked.question.time:
        told["time_labels"] = [one.label for one in buckets(span, asked.question.time.interval, asked.site.week_starts)]
    if asked.compared:
        told["comparison_date_range"] = asked.compared.told()
    if include.total_rows:
        told["total_rows"] = rows
    if (warning := _sum(asked)) and "visitors" in asked.question.metrics:
        told["metric_warnings"] = {"visitors": warning}
    if notes:
        told["notes"] = sorted(notes)
    return told


def _sum(asked: Asked) -> dict[str, str] | None:
    """Whether visitors are a sum because of how long they are known."""
    first, last = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (asked.span.start, asked.span.end - 1))
    if asked.site.identity == "daily" and first.date() != last.date():
        return {"code": "visitors_are_sum_of_days", "warning": SUM_OF_DAYS}
    if asked.site.identity == "monthly" and (first.year, first.month) != (last.year, last.month):
        return {"code": "visitors_are_sum_of_months", "warning": SUM_OF_MONTHS}
    return None
