"""The tables of a question: `gather(asked, source)` plans, and asks the store for the parts of the plan.

Of a long list only the top is asked for where the store can rank it (query/uniques.py); the other parts are then asked about
those rows alone.
"""

from dataclasses import dataclass, field, replace

from query import metrics
from query.conditions import NONE
from query.dates import Range
from query.plan import VISITORS, VISITS, Plan, plan
from query.question import Question
from query.site import Site
from query.tables import DOCS, By, Counted, Key, Numbers, Part, Table, merged, only
from query.uniques import Hits, counted, top, union
from query.where import Where
from store.base import Store

MOST_RANKED = 1000  # rows; of more all are counted


@dataclass(frozen=True)
class Asked:
    """A question about a range of a site, and the range to compare it with; `where` remembers what its searches have found."""

    store: Store
    site: Site
    question: Question
    span: Range
    where: Where
    compared: Range | None = None


@dataclass
class Tables:
    """`visits`, `views` and `events` are those of the plan, `uniques` who and which visits they are of, of whatever source."""

    visits: Table = field(default_factory=dict)
    views: Table = field(default_factory=dict)
    events: Table = field(default_factory=dict)
    uniques: Table = field(default_factory=dict)
    cut: bool = False
    asked_views: Part | None = None
    notes: set[str] = field(default_factory=set)


def gather(asked: Asked, of: str, keys: list[Key] | None = None) -> Tables:
    """`keys`: the only rows that matter."""
    question, store = asked.question, asked.store
    planned = plan(question, asked.site, asked.span, asked.where, of)
    tables = Tables()
    ranked = _ranked(question, planned) if keys is None else None
    if ranked:
        tables.cut = _count_ranked(asked, planned, tables, *ranked)
        if tables.cut:
            keys = _first(tables, *ranked)
    if planned.views is not None:
        tables.asked_views = only(planned.views, keys) if keys is not None and planned.views.groupings else planned.views
    first = ranked[0] if ranked else None
    for name in ("visits", "views", "events"):
        part: Part | None = getattr(planned, name)
        if part is not None and name != first:
            if name == "events" and planned.views and planned.views.query != NONE:
                if planned.views.distinct and not {"events", *metrics.REVENUE} & set(question.metrics):
                    continue
                part = replace(part, distinct={})  # who is in events and not in views is looked up
            narrow = only(part, keys) if keys is not None and part.groupings else part
            setattr(tables, name, counted(store, narrow).table)
    if of == "visit":
        tables.uniques = {
            key: {VISITORS: numbers.get(VISITORS, 0), VISITS: numbers[DOCS]} for key, numbers in tables.visits.items()
        }
    elif first != "views":
        tables.uniques = _either(asked, planned, tables, keys)
    return tables


def _ranked(question: Question, planned: Plan) -> tuple[str, str, int] | None:
    """The part that ranks the rows, its number that does, and how many rows are wanted; None if all have to be counted."""
    if len(question.dimensions) != 1 or not question.order_by or question.include.total_rows:
        return None
    (name, down), *then = question.order_by
    if not down or (then and then[0] != (question.dimensions[0].name, False)):
        return None
    wanted = question.offset + question.limit
    if wanted > MOST_RANKED or question.dimensions[0].level == "time" or question.dimensions[0].named:
        return None
    if planned.source == "visit" and name in (VISITORS, VISITS):
        part, order = "visits", VISITORS if name == VISITORS else DOCS
    elif not planned.views or planned.views.query == NONE:
        return None
    elif name == "pageviews":
        part, order = "views", DOCS
    elif planned.source == "hit" and name == VISITORS:
        part, order = "views", VISITORS
    else:
        return None
    chosen: Part | None = getattr(planned, part)
    return (part, order, wanted) if chosen and isinstance(chosen.groupings[0], By) else None


def _count_ranked(asked: Asked, planned: Plan, tables: Tables, part: str, order: str, wanted: int) -> bool:
    """Count the part that ranks; True if rows were left out."""
    chosen: Part = getattr(planned, part)
    found: Counted = top(asked.store, chosen, wanted, order)
    setattr(tables, part, found.table)
    if part == "views" and planned.source == "hit":
        tables.uniques = _either(asked, planned, tables, list(found.table) if found.cut and order == DOCS else None)
        beyond = [key for key in tables.uniques if key not in found.table]
        if found.cut and beyond:  # rows that events have too: what views had of them was cut
            rest = counted(asked.store, only(chosen, beyond)).table
            tables.views = {**found.table, **rest}
            tables.uniques = merged(tables.uniques, {key: _uniques(numbers, chosen) for key, numbers in rest.items()})
    return found.cut


def _first(tables: Tables, part: str, order: str, wanted: int) -> list[Key]:
    """The rows that will be shown, when all that may be among them are counted; the others are forgotten."""
    table: Table = getattr(tables, part)
    counts = tables.uniques if tables.uniques and order != DOCS else table
    keys = sorted(counts, key=lambda key: (-counts[key].get(order, 0), key))[:wanted]
    setattr(tables, part, {key: table[key] for key in keys if key in table})
    tables.uniques = {key: tables.uniques[key] for key in keys if key in tables.uniques}
    return keys


def _either(asked: Asked, planned: Plan, tables: Tables, keys: list[Key] | None) -> Table:
    """Visitors and visits of hits, whichever of views and events they have."""
    views, events = planned.views, planned.events
    assert views is not None
    assert events is not None
    if not views.distinct:
        return {}
    if views.query == NONE:
        return {key: _uniques(numbers, events) for key, numbers in tables.events.items()}
    ours = {key: _uniques(numbers, views) for key, numbers in tables.views.items()}
    if keys is not None and views.groupings:
        events = only(events, keys)
    hits = Hits(views, events, asked.where.crossing if planned.events_as_views else None)
    table, note = union(asked.store, hits, ours, dict(views.distinct))
    tables.notes |= {note} if note else set()
    return table


def _uniques(numbers: Numbers, part: Part) -> Numbers:
    return {name: numbers.get(name, 0) for name in part.distinct}
