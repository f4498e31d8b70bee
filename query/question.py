"""A question, read: `read(question, site)` gives a Question or raises BadQuestion, which names the place and what is possible.

The JSON is that of Plausible's Stats API v2. What can be said of a question without looking at any document is said here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from query import filters, metrics
from query.dates import read_dates
from query.dimensions import NOT_RECORDED, Dimension, find, possible
from query.errors import BadQuestion
from query.filters import Done, Leaf, Tree
from query.site import Site

KEYS = ("site_id", "metrics", "date_range", "dimensions", "filters", "order_by", "include", "pagination")
MOST_ROWS = 10_000
MOST_OFFSET = 50_000
MOST_DIMENSIONS = 5
FLAGS = ("imports", "imports_meta", "time_labels", "total_rows", "compare_match_day_of_week", "trim_relative_date_range")
MODES = ("previous_period", "year_over_year")


@dataclass(frozen=True)
class Include:
    """`compare`: None, "previous_period", "year_over_year", or a range of dates."""

    time_labels: bool = False
    total_rows: bool = False
    imports: bool = False
    compare: Any = None
    match_day_of_week: bool = False
    trim: bool = False


@dataclass(frozen=True)
class Question:
    """`order_by` holds names of metrics or dimensions, and whether downwards."""

    metrics: tuple[str, ...]
    date_range: Any
    dimensions: tuple[Dimension, ...] = ()
    filters: tuple[Tree, ...] = ()
    order_by: tuple[tuple[str, bool], ...] = ()
    include: Include = Include()
    limit: int = MOST_ROWS
    offset: int = 0

    @property
    def time(self) -> Dimension | None:
        return next((one for one in self.dimensions if one.level == "time"), None)


def read(question: Mapping[str, Any], site: Site) -> Question:
    if not isinstance(question, Mapping):
        raise BadQuestion(
            'A question is an object such as {"site_id": "example.com", "metrics": ["visitors"], "date_range": "7d"}.'
        )
    for key in question:
        if key not in KEYS:
            raise BadQuestion(f"Unknown key {key!r}: a question has {', '.join(KEYS)}.", str(key))
    for key in ("metrics", "date_range"):
        if key not in question:
            raise BadQuestion(f"A question needs {key}.", key)
    pagination = _pagination(question.get("pagination"))
    dimensions = _dimensions(question.get("dimensions"))
    wanted = _metrics(question["metrics"])
    read = Question(
        metrics=wanted,
        date_range=question["date_range"],
        dimensions=dimensions,
        filters=filters.read(question.get("filters"), site),
        order_by=_order_by(question.get("order_by"), wanted, dimensions),
        include=_include(question.get("include"), dimensions),
        limit=pagination[0],
        offset=pagination[1],
    )
    check(read)
    return read


# --- what fits together


def check(question: Question) -> None:
    names = [one.name for one in question.dimensions]
    asked = list(filters.leaves(question.filters, behaviour=False))
    top = [one for one in question.filters if isinstance(one, Leaf)]
    on_goal = "event:goal" in names or any(leaf.dimension.name == "event:goal" for leaf in asked)
    on_page = "event:page" in names or any(leaf.dimension.name == "event:page" for leaf in asked)
    for n, metric in enumerate(question.metrics):
        place = f"metrics.{n}"
        if metric in metrics.CONVERSIONS:
            if not on_goal:
                raise BadQuestion(f"Metric `{metric}` can only be queried with event:goal filters or dimensions.", place)
            deep = [leaf for leaf in _deep(question.filters) if leaf.dimension.is_prop and leaf not in top]
            if deep:
                raise BadQuestion(
                    "Invalid filters. When `conversion_rate` or `group_conversion_rate` metrics are used, "
                    "custom property filters can only be used on top level.",
                    deep[0].place,
                )
        if metric in ("scroll_depth", "time_on_page") and not on_page:
            raise BadQuestion(f"Metric `{metric}` can only be queried with event:page filters or dimensions.", place)
        if metric == "percentage" and not names:
            raise BadQuestion("Metric `percentage` can only be queried with dimensions.", place)
        if metric == "views_per_visit":
            if any(leaf.dimension.name == "event:page" for leaf in asked):
                raise BadQuestion("Metric `views_per_visit` cannot be queried with a filter on `event:page`.", place)
            if [name for name in names if not name.startswith("time")]:
                raise BadQuestion("Metric `views_per_visit` cannot be queried with `dimensions` other than time.", place)
    _check_levels(question)


def _check_levels(question: Question) -> None:
    of_visits = [metric for metric in question.metrics if metrics.ALL[metric].level == "visit"]
    of_hits = [metric for metric in question.metrics if metrics.ALL[metric].level == "hit"]
    about_hits = [one.name for one in question.dimensions if one.level in ("hit", "goal")]
    about_visits = [one.name for one in question.dimensions if one.level == "exit"]
    if of_visits and about_hits and about_hits != ["event:page"]:
        raise _conflict("Session metric(s)", of_visits, "event", about_hits, f"metrics.{question.metrics.index(of_visits[0])}")
    if of_hits and about_visits:
        raise _conflict("Event metric(s)", of_hits, "session", about_visits, f"metrics.{question.metrics.index(of_hits[0])}")
    if about_hits and about_visits:
        raise _conflict("Event dimension(s)", about_hits, "session", about_visits, "dimensions")


def _conflict(what: str, names: Sequence[str], level: str, dimensions: Sequence[str], place: str) -> BadQuestion:
    told = f"{what} `{', '.join(names)}` cannot be queried along with {level} dimension(s) `{', '.join(dimensions)}`"
    return BadQuestion(told, place)


def _deep(trees: Sequence[Tree]) -> list[Leaf]:
    """Conditions below the top level, those of has_done among them."""
    found: list[Leaf] = []
    for tree in trees:
        if not isinstance(tree, Leaf):
            found += filters.leaves([tree.part] if isinstance(tree, Done) else [tree])
    return found


# --- part by part


def _texts(value: Any, name: str, place: str) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise BadQuestion(f"Invalid {name}: it is a list of texts.", place)
    for n, one in enumerate(value):
        if one in value[:n]:
            raise BadQuestion(f"Invalid {name}: {one!r} stands there twice.", f"{place}.{n}")
    return list(value)


def _metrics(value: Any) -> tuple[str, ...]:
    names = _texts(value, "metrics", "metrics")
    if not names:
        raise BadQuestion("Invalid metrics: a question asks for at least one.", "metrics")
    for n, name in enumerate(names):
        if name not in metrics.ALL:
            raise BadQuestion(f"Unknown metric {name!r}: metrics are {', '.join(metrics.ALL)}.", f"metrics.{n}")
    return tuple(names)


def _dimensions(value: Any) -> tuple[Dimension, ...]:
    if value is None:
        return ()
    found: list[Dimension] = []
    for n, name in enumerate(_texts(value, "dimensions", "dimensions")):
        place = f"dimensions.{n}"
        if name in NOT_RECORDED:
            raise BadQuestion(f"Invalid dimension {name!r}: a visit's hostname is not recorded; event:hostname is.", place)
        dimension = find(name)
        if dimension is None:
            raise BadQuestion(f"Invalid dimension {name!r}: {possible('visit', 'exit', 'hit', 'goal', 'time')}.", place)
        if dimension.level == "time" and any(one.level == "time" for one in found):
            raise BadQuestion("Invalid dimensions: there is one of time.", place)
        found.append(dimension)
    if len(found) > MOST_DIMENSIONS:
        raise BadQuestion(f"Invalid dimensions: at most {MOST_DIMENSIONS}.", "dimensions")
    return tuple(found)


def _order_by(value: Any, wanted: Sequence[str], dimensions: Sequence[Dimension]) -> tuple[tuple[str, bool], ...]:
    """Without one, Plausible's: by time if that is asked for, and by the first metric downwards."""
    if value is None:
        time = [(one.name, False) for one in dimensions if one.level == "time"]
        return (*time, (wanted[0], True))
    if not isinstance(value, list | tuple):
        raise BadQuestion('Invalid order_by: it is a list such as [["visitors", "desc"]].', "order_by")
    names = [*wanted, *(one.name for one in dimensions)]
    order: list[tuple[str, bool]] = []
    for n, entry in enumerate(value):
        if not isinstance(entry, list | tuple) or len(entry) != 2 or entry[1] not in ("asc", "desc"):
            raise BadQuestion(f'Invalid order_by entry {entry!r}: it is ["visitors", "desc"] or "asc".', f"order_by.{n}")
        if entry[0] not in names:
            raise BadQuestion(
                f"Invalid order_by entry {entry!r}. Entry is not a queried metric or dimension: {', '.join(names)}.",
                f"order_by.{n}",
            )
        order.append((entry[0], entry[1] == "desc"))
    return tuple(order)


def _include(value: Any, dimensions: Sequence[Dimension]) -> Include:
    if value is None:
        return Include()
    if not isinstance(value, Mapping):
        raise BadQuestion('Invalid include: it is an object such as {"time_labels": true}.', "include")
    for key, one in value.items():
        if key not in (*FLAGS, "compare", "comparisons"):
            known = ", ".join((*FLAGS, "compare", "comparisons"))
            raise BadQuestion(f"Invalid include key {key!r}: there are {known}.", f"include.{key}")
        if key in FLAGS and not isinstance(one, bool):
            raise BadQuestion(f"Invalid include: {key} is true or false.", f"include.{key}")
    compare, match = _compare(value)
    include = Include(
        time_labels=value.get("time_labels", False),
        total_rows=value.get("total_rows", False),
        imports=value.get("imports", False) or value.get("imports_meta", False),
        compare=compare,
        match_day_of_week=match,
        trim=value.get("trim_relative_date_range", False),
    )
    if include.time_labels and not any(one.level == "time" for one in dimensions):
        raise BadQuestion("Invalid include.time_labels: requires a time dimension.", "include.time_labels")
    return include


def _compare(include: Mapping[str, Any]) -> tuple[Any, bool]:
    """`compare` as Plausible has it now, or `comparisons` as it had it: {"mode": …, "date_range": …, "match_day_of_week": …}."""
    match = include.get("compare_match_day_of_week", False)
    mode, place = include.get("compare"), "include.compare"
    older = include.get("comparisons")
    if older is not None:
        place = "include.comparisons"
        if not isinstance(older, Mapping) or set(older) - {"mode", "date_range", "match_day_of_week"}:
            raise BadQuestion("Invalid comparisons: they have mode, date_range and match_day_of_week.", place)
        mode = older.get("date_range") if older.get("mode") == "custom" else older.get("mode")
        match = older.get("match_day_of_week", False)
        if mode is None or not isinstance(match, bool):
            raise BadQuestion("Invalid comparisons: custom needs a date_range, and match_day_of_week is true or false.", place)
    if isinstance(mode, list | tuple):
        read_dates(mode, place)
    elif mode is not None and mode not in MODES:
        raise BadQuestion(f"Invalid comparison {mode!r}: it is {', '.join(MODES)}, or a list of two dates.", place)
    return mode, match


def _pagination(value: Any) -> tuple[int, int]:
    if value is None:
        return MOST_ROWS, 0
    if not isinstance(value, Mapping) or set(value) - {"limit", "offset"}:
        raise BadQuestion('Invalid pagination: it is an object such as {"limit": 100, "offset": 0}.', "pagination")
    limit, offset = value.get("limit", MOST_ROWS), value.get("offset", 0)
    if type(limit) is not int or not 1 <= limit <= MOST_ROWS:
        raise BadQuestion(f"Invalid limit: it is a whole number from 1 to {MOST_ROWS}.", "pagination.limit")
    if type(offset) is not int or not 0 <= offset <= MOST_OFFSET:
        raise BadQuestion(f"Invalid offset: it is a whole number from 0 to {MOST_OFFSET}.", "pagination.offset")
    return limit, offset
