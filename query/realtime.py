"""Now: the last 30 minutes, minute by minute, and what the visitors of the last 5 see: `realtime(…)`.

The question has `filters` and `limit` (of the lists, 10). A row is [minute], as the site's clocks have it, and visitors,
pageviews and events (views among them) that came in it. Beside the rows stands `now`: visitors, and the first pages and
sources, of views and events of the last 5 minutes, as Plausible's current visitors are.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from query import asked
from query.asked import Asked, row, whole
from query.conditions import NONE, all_of, between
from query.dates import buckets, local
from query.dimensions import ALL
from query.site import Site
from query.tables import DOCS, By, Grouping, Part, Table, Times
from query.uniques import Hits, counted, union
from store.base import Store

MINUTES, NOW = 30, 5
MOST_ROWS = 1000
METRICS = ("visitors", "pageviews", "events")
DISTINCT = {"visitors": "client.num"}


def realtime(store: Store, question: Mapping[str, Any], site: Site, now: datetime) -> dict[str, Any]:
    minute = now.replace(second=0, microsecond=0)
    first, last = minute - timedelta(minutes=MINUTES - 1), minute + timedelta(seconds=59)
    it = asked.read(store, question, site, now, ("limit",), [first.isoformat(), last.isoformat()])
    limit = whole(question, "limit", 10, 1, MOST_ROWS)
    minutes = buckets(it.span, "minute")
    table, views = _visitors(it, it.span.start, (Times(tuple(minutes)),))
    events = counted(store, Part("event", it.hits("event"), (Times(tuple(minutes)),))).table
    results = []
    for one in minutes:
        seen = int(views.get((one.label,), {}).get(DOCS, 0))
        told = int(events.get((one.label,), {}).get(DOCS, 0))
        visitors = int(table.get((one.label,), {}).get("visitors", 0))
        label = local(one.start, it.span.zone).isoformat(timespec="minutes")
        results.append(row([label], [visitors, seen, seen + told]))
    since = it.now - NOW * 60_000
    here = {
        "visitors": int(_visitors(it, since)[0].get((), {}).get("visitors", 0)),
        "pages": _top(it, since, "event:page", limit),
        "sources": _top(it, since, "visit:source", limit),
    }
    return {**it.answer(results, {}, ("minute",), METRICS, limit=limit), "now": here}


def _visitors(it: Asked, since: int, groupings: Sequence[Grouping] = ()) -> tuple[Table, Table]:
    """By `groupings`, those of views and events; and the table of the views alone."""
    views, events = (_part(it, kind, since, groupings) for kind in ("view", "event"))
    table = counted(it.store, views).table
    ours = {key: {"visitors": numbers["visitors"]} for key, numbers in table.items()}
    if views.query == NONE:
        return counted(it.store, events).table, table
    return union(it.store, Hits(views, events, None), ours, DISTINCT)[0], table


def _part(it: Asked, kind: str, since: int, groupings: Sequence[Grouping]) -> Part:
    return Part(kind, all_of([it.hits(kind), between("@timestamp", since, it.span.end)]), tuple(groupings), DISTINCT)


def _top(it: Asked, since: int, dimension: str, limit: int) -> list[dict[str, Any]]:
    table, _ = _visitors(it, since, (By(ALL[dimension]),))
    ranked = sorted(table.items(), key=lambda one: (-one[1]["visitors"], one[0]))
    return [row(key, [int(numbers["visitors"])]) for key, numbers in ranked[:limit]]
