"""Properties of events: which an event has, and which values one of them has: `properties(…)`.

A question has `event` (a name; "pageview" for views, to which other trackers' properties come) and perhaps a `property`.
Without that a row is [property], with it [value]; visitors and events. Events without the property are in no row; one with
several values is in several. The first `limit` (100) rows are told, those with most visitors first.

Stores cannot list the keys of a flattened field. So they are looked for in documents: in the newest ones, then among those that
have none of the keys found, until all have one. `meta.looked_at` says in how many; a key that stands beside
frequent others only, and not in the newest documents, may be missing, and `meta.complete` is false then.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from query import asked
from query.asked import Asked, row, text, whole
from query.conditions import NONE, Query, all_of, missing
from query.dimensions import NONE as NO_VALUE
from query.dimensions import PROPS, Dimension
from query.site import Site
from query.tables import DOCS, By, Part
from query.uniques import counted, top
from query.where import VIEW_NAME
from store.base import Store

METRICS = ("visitors", "events")
MOST_ROWS = 1000
LOOK_AT = 2000  # documents, each time
MOST_LOOKS = 10
MOST_KEYS = 500
DATA = "event.data"


def properties(store: Store, question: Mapping[str, Any], site: Site, now: datetime) -> dict[str, Any]:
    it = asked.read(store, question, site, now, ("event", "property", "limit"))
    event, limit = text(question.get("event"), "event", "event"), whole(question, "limit", 100, 1, MOST_ROWS)
    name = None if question.get("property") is None else text(question["property"], "property", "property")
    return it.remembered(lambda: _answer(it, event, name, limit))


def _answer(it: Asked, event: str, name: str | None, limit: int) -> dict[str, Any]:
    store = it.store
    kind = "view" if event == VIEW_NAME else "event"
    query = it.hits(kind) if kind == "view" else all_of([it.hits(kind), {"term": {"event.name": event}}])
    meta: dict[str, Any] = {}
    if name is None:
        keys, looked_at, complete = _keys(store, kind, query)
        meta = {"looked_at": looked_at, "complete": complete}
        rows = {(key,): _numbers(store, kind, all_of([query, {"exists": {"field": f"{DATA}.{key}"}}])) for key in keys}
    else:
        by = By(Dimension(PROPS + name, "hit", f"{DATA}.{name}", NO_VALUE))
        having = all_of([query, {"exists": {"field": by.field}}])
        table = top(store, Part(kind, having, (by,), {"visitors": "client.num"}), limit, "visitors").table
        rows = {(key[0],): (int(numbers["visitors"]), int(numbers[DOCS])) for key, numbers in table.items()}
    ranked = sorted(rows.items(), key=lambda one: (-one[1][0], -one[1][1], one[0]))
    results = [row(key, numbers) for key, numbers in ranked[:limit]]
    more = {"event": event, "property": name, "limit": limit}
    return it.answer(results, meta, ("property" if name is None else "value",), METRICS, **more)


def _numbers(store: Store, kind: str, query: Query) -> tuple[int, int]:
    numbers = counted(store, Part(kind, query, distinct={"visitors": "client.num"})).table.get((), {})
    return int(numbers.get("visitors", 0)), int(numbers.get(DOCS, 0))


def _keys(store: Store, kind: str, query: Query) -> tuple[list[str], int, bool]:
    """Keys, in how many documents they were looked for, and whether those were all."""
    if query == NONE:
        return [], 0, True
    found: dict[str, None] = {}
    looked_at, rest = 0, all_of([query, {"exists": {"field": DATA}}])
    everything = store.count(kind, rest)
    for _ in range(MOST_LOOKS):
        body = {"size": LOOK_AT, "query": rest, "sort": [{"@timestamp": "desc"}], "_source": [DATA]}
        hits = store.search(kind, body)["hits"]["hits"]
        looked_at += len(hits)
        new = {key for hit in hits for key in flat(hit["_source"]["event"]["data"])} - set(found)
        found |= dict.fromkeys(sorted(new)[: MOST_KEYS - len(found)])
        if not new or len(hits) < LOOK_AT or len(found) == MOST_KEYS:
            break
        rest = all_of([rest, *(missing(f"{DATA}.{key}") for key in sorted(new))])
    return list(found), looked_at, looked_at == everything


def flat(data: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """The dotted keys of what was sent."""
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{path}{key}.")
        elif value is not None and value != []:
            yield f"{path}{key}"
