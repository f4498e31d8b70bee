"""Which documents answer a question: `plan(question, …)` gives the parts of a Plan, the same for both stores.

Visitors and visits are counted from visits as long as no dimension and no filter is about hits, so they do not depend on
what else is asked; else from hits, unless metrics or dimensions of visits are asked for, and none of hits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from query import filters, metrics
from query.conditions import NONE, all_of
from query.dates import Bucket, Range, buckets
from query.dimensions import ENTRY, EXIT, Dimension
from query.filters import Leaf, Tree
from query.question import Question
from query.site import Site
from query.tables import Always, By, Grouping, Part, Times
from query.where import DAY, VIEW_NAME, Where

VISITORS, VISITS = "visitors", "visits"
DISTINCT = {VISITORS: "client.num", VISITS: "visit.id"}
SESSION_ONLY = (ENTRY, EXIT)
REVENUE = {
    "terms": {"field": "revenue.currency", "size": 200},
    "aggs": {"amount": {"stats": {"field": "revenue.amount"}}},
}


@dataclass(frozen=True)
class Plan:
    """`source` ("visit" or "hit") is where visitors and visits come from. A part that nobody needs is None."""

    source: str
    visits: Part | None = None
    views: Part | None = None
    events: Part | None = None
    #: an event is grouped and filtered as the view that it names, as long as that is of its page
    events_as_views: bool = False


def source(question: Question) -> str:
    asked = list(filters.leaves(question.filters, behaviour=False))
    if any(one.level in ("hit", "goal") for one in question.dimensions):
        return "hit"
    if not any(leaf.dimension.level in ("hit", "goal") for leaf in asked):
        return "visit"
    levels = {metrics.ALL[metric].level for metric in question.metrics}
    of_visits = any(dimension in SESSION_ONLY for dimension in (*question.dimensions, *(leaf.dimension for leaf in asked)))
    return "visit" if ("visit" in levels or of_visits) and "hit" not in levels else "hit"


def plan(question: Question, site: Site, span: Range, where: Where, source: str) -> Plan:
    wanted = set(question.metrics)
    parts = buckets(span, question.time.interval, site.week_starts) if question.time else []
    distinct = _distinct(wanted)
    visits = views = events = None
    of_hits = any(metrics.ALL[metric].level == "hit" for metric in wanted)
    if source == "visit" or any(metrics.ALL[metric].level == "visit" for metric in wanted):
        visits = _visits(question, where, parts, distinct if source == "visit" else {})
    if source == "hit" or of_hits:
        sums = {"engaged": "view.engaged_seconds"} if "time_on_page" in wanted else {}
        views = _hits("view", question, where, parts, distinct if source == "hit" else {}, sums)
    if source == "hit" or of_hits:
        events = _hits("event", question, where, parts, distinct if source == "hit" else {}, {})
        if wanted & set(metrics.REVENUE):
            revenue = {
                "terms": {"field": "revenue.currency", "size": 200},
                "aggs": {"amount": {"stats": {"field": "revenue.amount"}}},
            }
            events = replace(events, more={"revenue": revenue})
    return Plan(source, visits, views, events, _is_as_view(question))


def _distinct(wanted: set[str]) -> dict[str, str]:
    names = [VISITORS] if wanted & {VISITORS, *metrics.RATES} else []
    return {name: DISTINCT[name] for name in [*names, *([VISITS] if VISITS in wanted else [])]}


def _visits(question: Question, where: Where, parts: Sequence[Bucket], distinct: dict[str, str]) -> Part:
    trees: Sequence[Tree] = question.filters
    wanted, more = set(question.metrics), {}
    on_page = any(one.name == "event:page" for one in question.dimensions)
    if on_page:
        trees = [filters.rename(tree, "event:page", ENTRY) for tree in trees]
    elif "bounce_rate" in wanted and any(isinstance(tree, Leaf) and tree.dimension.name == "event:page" for tree in trees):
        bounced: dict[str, Any] = {"bounced": {"sum": {"field": "visit.bounced"}}}
        more["entered"] = {"filter": where.entered(trees, ENTRY), "aggs": bounced}
    sums = {
        "bounced": "visit.bounced" if "bounce_rate" in wanted and not more else "",
        "seconds": "visit.duration_seconds" if "visit_duration" in wanted else "",
        "views": "visit.views" if "views_per_visit" in wanted else "",
    }
    query = all_of([where.visits_in_range(), where.visits(trees)])
    return Part(
        "visit",
        query,
        tuple(grouping("visit", one, parts) for one in question.dimensions),
        {name: field for name, field in distinct.items() if name != VISITS},  # those are the documents
        {name: field for name, field in sums.items() if field},
        more,
    )


def _hits(
    kind: str, question: Question, where: Where, parts: Sequence[Bucket], distinct: dict[str, str], sums: dict[str, str]
) -> Part:
    matching = where.hits(kind, question.filters)
    query = NONE if matching == NONE else all_of([where.hits_in_range(), matching])
    return Part(kind, query, tuple(grouping(kind, one, parts) for one in question.dimensions), distinct, sums)


def grouping(kind: str, dimension: Dimension, parts: Sequence[Bucket]) -> Grouping:
    if dimension.level == "time":
        if kind == "visit" and parts:  # what began before the range is of its first part
            parts = [replace(parts[0], start=parts[0].start - DAY), *parts[1:]]
        return Times(tuple(parts))
    if dimension.name == "event:name" and kind == "view":
        return Always(VIEW_NAME)
    if dimension.name == "event:page" and kind == "visit":
        return By(ENTRY)
    return By(dimension)


def _is_as_view(question: Question) -> bool:
    asked = [*question.dimensions, *(leaf.dimension for leaf in filters.leaves(question.filters, behaviour=False))]
    return all(one.level in ("visit", "exit") or one.name in ("event:page", "event:hostname") for one in asked)
