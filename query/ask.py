"""`ask(store, question, site, now)`: a question in Plausible's Stats API v2, and its answer, from either store.

The way: query/question.py reads it, query/dates.py says which range it is about, query/plan.py which documents,
query/gather.py asks the store, query/rows.py makes metrics of what it says, and here rows are put in order, cut and told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from query import metrics
from query.cache import remembered
from query.comparison import compare, with_empty_rows
from query.dates import Range, buckets, compared, days, interval_for, local, read_range
from query.dimensions import find
from query.gather import Asked
from query.meta import meta
from query.question import Question, read
from query.rows import Found, rows
from query.site import Site
from query.tables import Key
from query.where import Where
from store.base import Store


def ask(store: Store, question: Mapping[str, Any], site: Site, now: datetime) -> dict[str, Any]:
    """{"results": [{"dimensions": […], "metrics": […]}], "meta": {…}, "query": {…}}. Raises BadQuestion, StoreAway."""
    asked = prepared(store, read(question, site), site, now)
    key = (question, site, asked.span, asked.compared)
    return remembered(store, key, lambda: _answer(asked, question, site))


def _answer(asked: Asked, question: Mapping[str, Any], site: Site) -> dict[str, Any]:
    read = asked.question
    found = rows(asked)
    if read.include.compare and [one.level for one in read.dimensions] == ["time"]:
        found = with_empty_rows(asked, found)
    ordered = in_order(read, found)
    chosen = ordered[read.offset : read.offset + read.limit]
    results = [{"dimensions": list(key), "metrics": values} for key, values in chosen]
    if asked.compared:
        results = compare(asked, asked.compared, results)
    return {"results": results, "meta": meta(asked, len(ordered), found.notes), "query": told(asked, question, site)}


def prepared(store: Store, question: Question, site: Site, now: datetime) -> Asked:
    """The question with its range, and with the interval that `time` stands for."""
    zone = ZoneInfo(site.zone)
    span = read_range(question.date_range, zone, now, lambda: began(store, site, zone))
    if question.time and not question.time.interval:
        exact = find(f"time:{interval_for(span)}")
        assert exact
        question = replace(
            question,
            dimensions=tuple(exact if one is question.time else one for one in question.dimensions),
            order_by=tuple((exact.name if name == "time" else name, down) for name, down in question.order_by),
        )
    if question.include.trim:
        span = _trimmed(span, question.date_range, now)
    mode, match = question.include.compare, question.include.match_day_of_week
    against = compared(span, mode, now, match) if mode else None
    return Asked(store, site, question, span, Where(store, site, span), against)


def began(store: Store, site: Site, zone: ZoneInfo) -> date | None:
    """The day of a site's first visit."""
    body = {"size": 0, "query": {"term": {"site": site.id}}, "aggs": {"first": {"min": {"field": "@timestamp"}}}}
    found = remembered(store, ("began", site.id), lambda: store.search("visit", body)["aggregations"]["first"])
    return None if found["value"] is None else local(int(found["value"]), zone).date()


def _trimmed(span: Range, date_range: Any, now: datetime) -> Range:
    """A day, month or year that is not over ends with today, a day with this hour."""
    today = now.astimezone(span.zone)
    if date_range in ("month", "year"):
        return days(span.first, max(span.first, min(span.last, today.date())), span.zone)
    if date_range == "day":
        hour = next(one for one in buckets(span, "hour") if one.end > now.timestamp() * 1000)
        return replace(span, end=hour.end)
    return span


def in_order(question: Question, found: Found) -> list[tuple[Key, list[Any]]]:
    """As asked; rows that tie, by their dimensions."""
    ordered = sorted(found.rows.items())
    names = [one.name for one in question.dimensions]
    for name, down in reversed(question.order_by):
        if name in names:
            place = names.index(name)
            ordered.sort(key=lambda row: row[0][place], reverse=down)
        else:
            place = question.metrics.index(name)
            ordered.sort(key=lambda row: metrics.sortable(row[1][place]), reverse=down)
    return ordered


def told(asked: Asked, question: Mapping[str, Any], site: Site) -> dict[str, Any]:
    """The question as it was understood."""
    read = asked.question
    include = question.get("include") or {}
    return {
        "site_id": question.get("site_id", site.id),
        "metrics": list(read.metrics),
        "date_range": asked.span.told(),
        "filters": _plain(question.get("filters") or []),
        "dimensions": [one.name for one in read.dimensions],
        "order_by": [[name, "desc" if down else "asc"] for name, down in read.order_by],
        "include": {name: value for name, value in include.items() if value},
        "pagination": {"limit": read.limit, "offset": read.offset},
    }


def _plain(value: Any) -> Any:
    return [_plain(one) for one in value] if isinstance(value, Sequence) and not isinstance(value, str) else value
