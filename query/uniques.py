"""Distinct visitors, and visits, of documents: exact to 10,000, within 1 % above.

`counted(store, part)` counts plainly first, and by `client.part` those rows again that plain counting may have wrong.
`union(store, views, events)` counts who is in either of two kinds: the visitors of views, and those of events who are not
among them. They are looked up one by one, and beyond a number of them in some values of `client.part` for all.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from query.conditions import NONE, Query, all_of, any_of, missing, one_of
from query.dimensions import Dimension
from query.tables import DOCS, PARTS, By, Counted, Key, Part, Table, Times, count, merged, only
from store.base import Store
from store.subset import MOST_BUCKETS

PLAINLY = 64  # so many are counted exactly by both stores without parts
BATCH = 300  # rows that are counted by parts in one search: each has 64 sketches in memory
MOST_MOMENTS = 62  # buckets of time alone that are, at once
ALL_LOOKED_UP = 5_000
LOOKED_UP = 20_000
BY_THEIR_VIEW = "These are many events: the visitor of an event that names its view is taken to have viewed the event's page."
SAMPLED = "These are many events: visitors who sent one and viewed nothing of the row are estimated from a part of them."
CLIENTS = 5_000  # that are looked up in one search


def counted(store: Store, part: Part) -> Counted:
    """All rows of a part, with their distinct counts."""
    moments = sum(len(one.buckets) for one in part.groupings if isinstance(one, Times))
    if not part.distinct or (moments <= MOST_MOMENTS and not any(isinstance(one, By) for one in part.groupings)):
        return count(store, replace(part, by_part=True))
    found = count(store, part)
    large = [key for key, numbers in found.table.items() if any(numbers[name] > PLAINLY for name in part.distinct)]
    return replace(found, table=found.table | by_parts(store, part, large))


def top(store: Store, part: Part, first: int, order: str) -> Counted:
    """The first rows of a part that has a single grouping, by documents or by a distinct count, and perhaps some more.

    A row has no more visitors than documents. So rows are ranked by documents, which is cheap, and visitors are counted of
    as many as may have more than the last that is wanted.
    """
    asked = 4 * first + 50
    while True:
        cheap = count(store, replace(part, distinct={}, more={}, sums={}, top=min(asked, MOST_BUCKETS)))
        keys = sorted(cheap.table, key=lambda key: (-cheap.table[key][DOCS], key))
        some = keys[: first if order == DOCS and cheap.sure else first + 2 if cheap.sure else 2 * first + 10]
        table = by_parts(store, part, some)
        if order == DOCS:
            return Counted(table, len(table) < len(keys) or cheap.cut)
        ranked = sorted((numbers[order] for numbers in table.values()), reverse=True)
        least = ranked[first - 1] if len(ranked) >= first else 0
        rest = [key for key in keys[len(some) :] if cheap.table[key][DOCS] >= least]
        if cheap.cut and cheap.table[keys[-1]][DOCS] >= least and asked < MOST_BUCKETS:
            asked *= 8
            continue
        table |= by_parts(store, part, rest)
        return Counted(table, len(table) < len(keys) or cheap.cut)


def by_parts(store: Store, part: Part, keys: Sequence[Key]) -> Table:
    table: Table = {}
    for n in range(0, len(keys), BATCH):
        batch = keys[n : n + BATCH]
        found = count(store, replace(only(part, batch), by_part=True)).table
        table |= {key: found[key] for key in batch if key in found}
    return table


# --- in either of two kinds


@dataclass(frozen=True)
class Hits:
    """Views and events of a question. `crossing`: if an event's visitor is in the row of the view that it names, finds
    events whose view may not be in the range; else None."""

    views: Part
    events: Part
    crossing: Callable[[], Query] | None


def union(store: Store, hits: Hits, table: Table, distinct: dict[str, str]) -> tuple[Table, str]:
    """`table` is that of the views, with their distinct counts; what events add is added. With it comes a note on how exact
    that is, if there is something to say."""
    if hits.events.query == NONE or hits.views.query == NONE:
        return table, ""
    note = ""
    candidates = hits.events
    total = _documents(store, candidates)
    if total > ALL_LOOKED_UP and hits.crossing is not None:
        alone = any_of([missing("view.id"), hits.crossing()])
        candidates = replace(candidates, query=all_of([candidates.query, alone]))
        note = BY_THEIR_VIEW
        total = _documents(store, candidates)
    if not total:
        return table, note
    extra: dict[Key, dict[str, float]] = {}
    parts = max(1, PARTS * LOOKED_UP // total) if total > LOOKED_UP else PARTS
    if parts < PARTS:
        note = SAMPLED
        candidates = replace(candidates, query=all_of([candidates.query, {"range": {"client.part": {"lt": parts}}}]))
    for name, field in distinct.items():
        theirs = _pairs(store, candidates, field)
        ours = _known(store, hits.views, field, theirs)
        for key in {key[:-1] for key in theirs - ours}:
            extra.setdefault(key, {})
        for key in theirs - ours:
            extra[key[:-1]][name] = extra[key[:-1]].get(name, 0) + PARTS / parts
    added: Table = {key: {DOCS: 0, **{name: round(numbers.get(name, 0)) for name in distinct}} for key, numbers in extra.items()}
    return merged(table, added), note


def _documents(store: Store, part: Part) -> int:
    return int(count(store, Part(part.kind, part.query)).table[()][DOCS])


def _pairs(store: Store, part: Part, field: str) -> set[Key]:
    """Every row with everybody who is in it."""
    who = By(Dimension(field, "visit", field, ""))
    return set(count(store, Part(part.kind, part.query, (*part.groupings, who))).table)


def _known(store: Store, views: Part, field: str, pairs: set[Key]) -> set[Key]:
    """Those of the pairs, and perhaps others, that views have."""
    people: dict[str, list[Key]] = {}
    for key in pairs:
        people.setdefault(key[-1], []).append(key[:-1])
    found: set[Key] = set()
    for batch in batched(sorted(people), CLIENTS):
        whose = one_of(field, [int(one) for one in batch] if field == "client.num" else batch)
        rows = only(replace(views, query=all_of([views.query, whose])), [row for one in batch for row in people[one]])
        found |= _pairs(store, rows, field)
    return found


def batched(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for n in range(0, len(values), size):
        yield values[n : n + size]
