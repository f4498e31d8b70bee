"""What can be had as CSV. In: a View, and the request's parameters. Out: an answer of query/, for dashboard/api/forms.py."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from dashboard.site import behaviour, lists
from dashboard.site.tabs import DETAILS, Tab
from dashboard.site.top import metrics
from dashboard.site.view import View
from query.errors import BadQuestion

Answer = dict[str, Any]
Args = Mapping[str, str]
MOST_ROWS = 10_000


def _list(tab: Tab, view: View, args: Args) -> Answer:
    filters = [*lists.extra(tab), *lists.searched(tab, args.get("search", "")[:200])]
    return view.ask(*lists.columns(view, tab), by=tab.dimension, limit=MOST_ROWS, filters=filters)


def _chart(view: View, args: Args) -> Answer:
    return view.ask(*metrics(view), by=f"time:{view.span.interval}")


def _properties(view: View, args: Args) -> Answer:
    event = view.state.own("event")
    if not event:
        raise BadQuestion("Choose an event first: its properties are told.", "event")
    return view.beyond("properties", event=event, property=view.state.own("property") or None, limit=1000)


def _revenue(view: View, args: Args) -> Answer:
    return view.ask(*behaviour.REVENUE.metrics, by=behaviour.REVENUE.dimension)


def _funnel(view: View, args: Args) -> Answer:
    return view.beyond("funnel", steps=list(view.state.more.get("step", ())))


def _journeys(view: View, args: Args) -> Answer:
    shown = behaviour.journeys(view)
    at = shown.at if shown else "/"
    return view.beyond("journeys", at=at, before=behaviour.BEFORE, after=behaviour.AFTER, limit=1000)


def _documents(view: View, args: Args) -> Answer:
    return view.beyond("documents", kind=args.get("kind", "view"), limit=MOST_ROWS)


def _retention(view: View, args: Args) -> Answer:
    by = view.state.own("by")
    return view.beyond("retention", interval=by if by in ("day", "week", "month") else None)


def _vitals(view: View, args: Args) -> Answer:
    return view.beyond("vitals", dimensions=["event:page"], limit=1000)


TABLES: Mapping[str, Callable[[View, Args], Answer]] = {
    **{name: partial(_list, tab) for name, tab in DETAILS.items()},
    "chart": _chart,
    "properties": _properties,
    "revenue": _revenue,
    "funnel": _funnel,
    "journeys": _journeys,
    "documents": _documents,
    "retention": _retention,
    "vitals": _vitals,
}
