"""The rows of a tab. In: a View and a Tab. Out: Rows, with links that filter by them; the details of a tab, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.site.filters import Filter
from dashboard.site.tabs import Tab
from dashboard.site.view import View
from dashboard.site.words import METRICS

ROWS = 9
PAGE = 50
#: Events that scripts of ours send: vitals have a tab of their own.
OWN_EVENTS = ("pageview", "vitals")
MOST_PAGES = 900


@dataclass(frozen=True)
class Cell:
    metric: str
    text: str


@dataclass(frozen=True)
class Row:
    """`bar` is how long its bar is, in percent; `state` the URL with the filter for it."""

    name: str
    label: str
    url: str
    bar: float
    cells: tuple[Cell, ...]
    documents: str = ""


@dataclass(frozen=True)
class List:
    tab: Tab
    metrics: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def heads(self) -> list[str]:
        return [METRICS[name] for name in self.metrics]


def rows(view: View, tab: Tab, limit: int = ROWS) -> List:
    """The first ones, with their share of visitors; where a goal is filtered by, with how many of them reached it."""
    metrics = tuple(tab.metrics) if tab.dimension == "event:goal" else ("visitors", "percentage")
    if view.state.has_goal and tab.dimension not in ("event:goal", "event:name"):
        metrics = ("visitors", "group_conversion_rate")
    answer = view.ask(*metrics, by=tab.dimension, limit=limit, filters=extra(tab))
    return List(tab, metrics, _rows(view, tab, metrics, answer["results"]))


def extra(tab: Tab) -> list[Any]:
    return [["is_not", "event:name", list(OWN_EVENTS)]] if tab.dimension == "event:name" else []


def made(view: View, tab: Tab, metrics: Sequence[str], answer: dict[str, Any]) -> List:
    return List(tab, tuple(metrics), _rows(view, tab, metrics, answer["results"]))


def _rows(view: View, tab: Tab, metrics: Sequence[str], results: Sequence[dict[str, Any]]) -> tuple[Row, ...]:
    most = max((row["metrics"][0] or 0 for row in results), default=0)
    return tuple(_row(view, tab, metrics, row, most) for row in results)


def _row(view: View, tab: Tab, metrics: Sequence[str], row: dict[str, Any], most: float) -> Row:
    name = row["dimensions"][0]
    cells = tuple(
        Cell(metric, view.words.metric(metric, value, short=True)) for metric, value in zip(metrics, row["metrics"], strict=True)
    )
    state = view.state.filtered(Filter("is", tab.dimension, (name,)))
    return Row(
        name=name,
        label=view.words.value(tab.dimension, name),
        url=view.url(state),
        bar=round(100 * (row["metrics"][0] or 0) / most, 1) if most else 0,
        cells=cells,
        documents=view.url(state, "/documents"),
    )


# --- details


@dataclass(frozen=True)
class Head:
    """`sorted` is "ascending", "descending" or ""."""

    label: str
    url: str
    sorted: str = ""


@dataclass(frozen=True)
class Details:
    list: List
    heads: tuple[Head, ...]
    first: int
    total: int
    before: str
    after: str

    @property
    def last(self) -> int:
        return self.first + len(self.list.rows) - 1


def details(view: View, tab: Tab, search: str, sort: str, page: int) -> Details:
    """A page of the rows that have `search` in them; `sort` is a metric, with a - before it upwards."""
    metrics = columns(view, tab)
    up, by = sort.startswith("-"), sort.removeprefix("-")
    by = by if by in metrics else metrics[0]
    page = max(1, min(page, MOST_PAGES))
    answer = view.ask(
        *metrics,
        by=tab.dimension,
        limit=PAGE,
        filters=[*extra(tab), *searched(tab, search)],
        order_by=[[by, "asc" if up else "desc"]],
        include={"total_rows": True},
        pagination={"offset": (page - 1) * PAGE},
    )
    total = answer["meta"]["total_rows"]

    def link(to: int, sort: str) -> str:
        return view.url(view.state, f"/details/{tab.name}", search=search, sort=sort, page=str(to) if to > 1 else "")

    def head(metric: str) -> Head:
        if metric != by:
            return Head(METRICS[metric], link(1, metric))
        return Head(METRICS[metric], link(1, by if up else f"-{by}"), "ascending" if up else "descending")

    return Details(
        list=made(view, tab, metrics, answer),
        heads=tuple(map(head, metrics)),
        first=(page - 1) * PAGE + 1,
        total=total,
        before=link(page - 1, sort) if page > 1 else "",
        after=link(page + 1, sort) if page * PAGE < total else "",
    )


def columns(view: View, tab: Tab) -> tuple[str, ...]:
    is_converting = view.state.has_goal and tab.dimension not in ("event:goal", "event:name")
    return (*tab.metrics, "group_conversion_rate") if is_converting else tab.metrics


def searched(tab: Tab, search: str) -> list[Any]:
    """Countries are searched by their names."""
    if not search:
        return []
    dimension = "visit:country_name" if tab.dimension == "visit:country" else tab.dimension
    return [["contains", dimension, [search], {"case_sensitive": False}]]
