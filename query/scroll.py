"""scroll_depth: `depths(…)` gives the mean, over a row's visits, of the greatest scroll among the views that each has of it."""

from collections.abc import Mapping
from dataclasses import replace

from query.conditions import all_of
from query.dimensions import Dimension
from query.errors import TooMuch
from query.tables import DOCS, PARTS, By, Key, Part, Table, count
from store.base import Store

VISIT = By(Dimension("visit.id", "visit", "visit.id", ""))
DEEPEST: Mapping[str, object] = {"deepest": {"max": {"field": "view.scroll_percent"}}}

MOST_VIEWS = 100_000


def depths(store: Store, views: Part) -> tuple[dict[Key, int], bool]:
    """Whole percent by row; and whether it is that of a part of the visitors, since all would be more than MOST_VIEWS views."""
    each = replace(views, groupings=(*views.groupings, VISIT), distinct={}, sums={}, more=DEEPEST)
    rows = count(store, replace(views, distinct={}, sums={}, more={})).table
    views_in_all = sum(numbers[DOCS] for numbers in rows.values())
    parts = PARTS if views_in_all <= MOST_VIEWS else max(1, PARTS * MOST_VIEWS // views_in_all)
    total: dict[Key, float] = {}
    visits: dict[Key, int] = {}
    for key, numbers in _pairs(store, each, 0, parts).items():
        total[key[:-1]] = total.get(key[:-1], 0) + (numbers["deepest"]["value"] or 0)
        visits[key[:-1]] = visits.get(key[:-1], 0) + 1
    return {key: round(total[key] / visits[key]) for key in total}, parts < PARTS


def _pairs(store: Store, each: Part, low: int, high: int) -> Table:
    """Rows and visits, of so many values of client.part at a time as one answer holds."""
    chosen = {"range": {"client.part": {"gte": low, "lt": high}}}
    try:
        return count(store, replace(each, query=all_of([each.query, chosen])) if high - low < PARTS else each).table
    except TooMuch:
        if high - low == 1:
            raise
        middle = (low + high) // 2
        return {**_pairs(store, each, low, middle), **_pairs(store, each, middle, high)}
