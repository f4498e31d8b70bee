"""A question's rows: `rows(asked)` has its tables gathered (query/gather.py), and makes metrics of their numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from query import filters, metrics
from query.filters import Leaf, Tree
from query.gather import Asked, Tables, gather
from query.plan import VISITORS, VISITS, source
from query.question import Question
from query.scroll import depths
from query.site import Goal
from query.tables import DOCS, Key, Table
from store.subset import MOST_BUCKETS

SAMPLED = "These are many views: scroll_depth is that of a part of their visitors. Ask for fewer rows or a shorter date_range."


@dataclass(frozen=True)
class Found:
    """Metrics by row, not ordered; perhaps not more than were asked for. `notes` are sentences on how exact they are."""

    rows: dict[Key, list[Any]]
    notes: frozenset[str] = frozenset()


def rows(asked: Asked, keys: list[Key] | None = None) -> Found:
    """`keys`: the only rows that matter; others may be among the answer all the same."""
    if any(one.level == "goal" for one in asked.question.dimensions):
        return _by_goal(asked)
    of = source(asked.question)
    return _found(asked, of, _total(asked, of), keys=keys)


def visitors(asked: Asked, trees: Sequence[Tree], of: str) -> int:
    """Of all rows together, with other filters."""
    plain = replace(asked.question, metrics=(VISITORS,), dimensions=(), filters=tuple(trees), order_by=(), offset=0)
    found = gather(replace(asked, question=plain), of)
    return int(found.uniques.get((), {}).get(VISITORS, 0))


# --- rows by goal


def _by_goal(asked: Asked) -> Found:
    """Each goal is a question of its own, with one dimension less."""
    question = asked.question
    place = next(n for n, one in enumerate(question.dimensions) if one.level == "goal")
    others = tuple(one for one in question.dimensions if one.level != "goal")
    total = _total(asked, "hit")
    made: dict[Key, list[Any]] = {}
    notes: set[str] = set()
    for goal in goals_in(question, asked.site.goals):
        reached = Leaf("is", question.dimensions[place], (goal.name,))
        narrow = replace(
            question, dimensions=others, filters=(*question.filters, reached), order_by=(), limit=MOST_BUCKETS, offset=0
        )
        found = _found(replace(asked, question=narrow), "hit", total, goal)
        made |= {(*key[:place], goal.name, *key[place:]): values for key, values in found.rows.items()}
        notes |= found.notes
    return Found(made, frozenset(notes))


def goals_in(question: Question, goals: Sequence[Goal]) -> list[Goal]:
    """Those that filters on top leave."""
    left = list(goals)
    for leaf in (one for one in question.filters if isinstance(one, Leaf) and one.dimension.level == "goal"):
        named = filters.goals_of(leaf, goals)
        left = [goal for goal in left if (goal in named) != leaf.is_negative]
    return left


# --- totals


def _total(asked: Asked, of: str) -> Mapping[str, int]:
    """What shares are of."""
    question = asked.question
    total: dict[str, int] = {}
    if "percentage" in question.metrics:
        total["percentage"] = visitors(asked, question.filters, of)
    if "conversion_rate" in question.metrics:
        total["conversion_rate"] = visitors(asked, unconverted(question.filters), of)
    return total


def unconverted(trees: Sequence[Tree]) -> list[Tree]:
    """Filters without those on top that are about goals and properties."""
    return [one for one in trees if not (isinstance(one, Leaf) and (one.dimension.level == "goal" or one.dimension.is_prop))]


def _groups(asked: Asked, of: str, keys: Sequence[Key], goal: Goal | None) -> Table:
    """Visitors of the same rows without filters on goals and properties."""
    question = asked.question
    trees = unconverted(question.filters)
    if goal:
        trees.append(question.filters[-1])  # the row's own goal stays
    plain = replace(question, metrics=(VISITORS,), filters=tuple(trees), order_by=(), limit=MOST_BUCKETS, offset=0)
    return gather(replace(asked, question=plain), of, list(keys)).uniques


# --- tables of a question


def _found(asked: Asked, of: str, total: Mapping[str, int], goal: Goal | None = None, keys: list[Key] | None = None) -> Found:
    question = asked.question
    tables = gather(asked, of, keys)
    keys = _keys(question, tables, of)
    if not question.dimensions and not keys and goal is None:
        keys = [()]
    groups = _groups(asked, of, keys, goal) if "group_conversion_rate" in question.metrics else {}
    scrolled: dict[Key, int] = {}
    if tables.asked_views and "scroll_depth" in question.metrics:
        scrolled, sampled = depths(asked.store, tables.asked_views)
        tables.notes |= {SAMPLED} if sampled else set()
    made = {}
    for key in keys:
        row = _Row(tables, key, {**total, "group_conversion_rate": groups.get(key, {}).get(VISITORS, 0)}, scrolled.get(key), goal)
        made[_named(question, key)] = [row.metric(metric) for metric in question.metrics]
    return Found(made, frozenset(tables.notes))


def _keys(question: Question, tables: Tables, of: str) -> list[Key]:
    """Rows in which there is what was asked for: hits, visits, or either."""
    levels = {metrics.ALL[metric].level for metric in question.metrics}
    found: list[Table] = []
    if of == "hit" or "hit" in levels:
        found += [tables.views, tables.events]
    if of == "hit":
        found.append(tables.uniques)
    if ("either" in levels and of == "visit") or (
        "visit" in levels and all(one.level not in ("hit", "goal") for one in question.dimensions)
    ):
        found.append(tables.visits)
    there = (DOCS, VISITORS, VISITS)
    return list(dict.fromkeys(key for table in found for key, row in table.items() if any(row.get(name) for name in there)))


def _named(question: Question, key: Key) -> Key:
    """The labels that are shown."""
    return tuple(
        one.named(label) if one.named and label != one.missing else label
        for one, label in zip(question.dimensions, key, strict=True)
    )


# --- metrics of a row


@dataclass(frozen=True)
class _Row:
    tables: Tables
    key: Key
    total: Mapping[str, int]
    scrolled: int | None
    goal: Goal | None

    def metric(self, name: str) -> Any:
        visits, views, events = (table.get(self.key, {}) for table in (self.tables.visits, self.tables.views, self.tables.events))
        uniques = self.tables.uniques.get(self.key, {})
        match name:
            case "visitors" | "visits":
                return uniques.get(name, 0)
            case "pageviews":
                return views.get(DOCS, 0)
            case "events":
                if self.goal and self.goal.kind == "scroll":
                    return None
                return views.get(DOCS, 0) + events.get(DOCS, 0)
            case "views_per_visit":
                return metrics.mean(visits.get("views", 0), visits.get(DOCS, 0), 2, 0.0)
            case "bounce_rate":
                entered = visits.get("entered")
                bounced = entered["bounced"]["value"] or 0 if entered else visits.get("bounced", 0)
                return metrics.mean(bounced * 100, entered["doc_count"] if entered else visits.get(DOCS, 0), None, 0)
            case "visit_duration":
                return metrics.mean(visits.get("seconds", 0), visits.get(DOCS, 0), None, 0)
            case "time_on_page":
                return metrics.mean(views.get("engaged", 0), views.get(DOCS, 0), None, None)
            case "scroll_depth":
                return self.scrolled
            case "total_revenue" | "average_revenue":
                return _revenue(events.get("revenue"), name)
        nothing = None if name == "percentage" else 0.0
        return metrics.share(uniques.get(VISITORS, 0), self.total[name], nothing)


def _revenue(found: Any, name: str) -> dict[str, Any] | None:
    total: dict[str, float] = {}
    count: dict[str, int] = {}
    for bucket in found["buckets"] if found else []:
        currency, amount = bucket["key"], bucket["amount"]
        if amount["count"]:
            total[currency] = total.get(currency, 0) + amount["sum"]
            count[currency] = count.get(currency, 0) + amount["count"]
    return metrics.money(total if name == "total_revenue" else {one: total[one] / count[one] for one in total})
