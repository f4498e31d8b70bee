"""Flows: which page led to which, where visits came in and where they left: `flows(…)`.

A row is [from, to], both of them pages, but for "(entry)" and "(exit)"; visits, and moves, of which a visit may have several.
With `page` (`*` and `**` as in goals) it is about what leads to such pages and away from them. The same page again at once is
no move.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from heapq import nsmallest
from typing import Any

from query import asked
from query.asked import Asked, row, text, whole
from query.conditions import all_of, any_of
from query.journeys import ENTRY, EXIT, MOST_ROWS
from query.site import Goal, Site
from query.steps import Marks
from query.terms import page_test
from query.visited import visits
from store.base import Store

METRICS = ("visits", "moves")
Move = tuple[str, str]


def flows(store: Store, question: Mapping[str, Any], site: Site, now: datetime) -> dict[str, Any]:
    it = asked.read(store, question, site, now, ("page", "limit"))
    limit = whole(question, "limit", 100, 1, MOST_ROWS)
    page = None if question.get("page") is None else text(question["page"], "page", "page")
    return it.remembered(lambda: _answer(it, page, limit))


def _answer(it: Asked, page: str | None, limit: int) -> dict[str, Any]:
    wanted: Callable[[str], bool] | None = None
    queries = [it.visits(), {"range": {"visit.views": {"gte": 1}}}]
    if page is not None:
        wanted = page_test(page)
        queries.append(any_of([it.where.reached(Goal(0, page, "page", path=page)), Marks.cut()]))
    read = visits(it.store, all_of(queries))
    of_visits, made = count(([name for _, kind, name in visit.steps if kind == "view"] for visit in read), wanted)
    ranked = nsmallest(limit, of_visits, key=lambda move: (-of_visits[move], -made[move], move))
    results = [row(move, [read.scaled(of_visits[move]), read.scaled(made[move])]) for move in ranked]
    meta = {"total_rows": len(of_visits), **read.meta}
    return it.answer(results, meta, ("from", "to"), METRICS, page=page, limit=limit)


def count(ways: Iterable[Sequence[str]], wanted: Callable[[str], bool] | None = None) -> tuple[dict[Move, int], dict[Move, int]]:
    """Visits, and moves, by move; `wanted` says of a page whether moves to it and from it are."""
    of_visits: dict[Move, int] = {}
    made: dict[Move, int] = {}
    takes: dict[str, bool] = {ENTRY: False, EXIT: False}
    for pages in ways:
        if not pages:
            continue
        moves = [(one, other) for one, other in zip([ENTRY, *pages], [*pages, EXIT], strict=True) if one != other]
        if wanted:
            for name in pages:
                if name not in takes:
                    takes[name] = wanted(name)
            moves = [move for move in moves if takes[move[0]] or takes[move[1]]]
        for move in moves:
            made[move] = made.get(move, 0) + 1
        for move in set(moves) if len(moves) > 2 else moves:
            of_visits[move] = of_visits.get(move, 0) + 1
    return of_visits, made
