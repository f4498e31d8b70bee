"""What visitors do: goals, events, properties, revenue, a funnel, journeys. In: a View. Out: what the panel's tab shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.site import lists
from dashboard.site.filters import Filter
from dashboard.site.lists import Cell, List, Row
from dashboard.site.tabs import EVENTS, GOALS, Tab
from dashboard.site.view import View
from query.dimensions import PROPS

TABS = {
    "goals": "Goals",
    "events": "Events",
    "properties": "Properties",
    "revenue": "Revenue",
    "funnel": "Funnel",
    "journeys": "Journeys",
}
REVENUE = Tab("revenue", "Revenue", "event:name", "Event", ("total_revenue", "average_revenue"))
MOST_STEPS = 8
BEFORE, AFTER = 1, 3
ENTRY, EXIT = "(entry)", "(exit)"


def tabs(view: View) -> dict[str, str]:
    """Revenue is one where there is some."""
    if view.given.own("behaviour") == "revenue" or _has_revenue(view):
        return TABS
    return {name: label for name, label in TABS.items() if name != "revenue"}


def _has_revenue(view: View) -> bool:
    query = {"bool": {"filter": [{"term": {"site": view.site.id}}, {"exists": {"field": "revenue.amount"}}]}}
    return view.store.count("event", query) > 0


def chosen(view: View) -> str:
    """The tab: goals where there are some, else events."""
    name = view.state.own("behaviour")
    return name if name in TABS else "goals" if view.site.goals else "events"


def goals(view: View) -> List | None:
    return lists.rows(view, GOALS) if view.site.goals else None


def events(view: View) -> List:
    found = view.ask("visitors", "events", by=EVENTS.dimension, limit=lists.ROWS, filters=lists.extra(EVENTS))
    return lists.made(view, EVENTS, ("visitors", "events"), found)


def revenue(view: View) -> List:
    """By event; longest bars for most of the first currency."""
    found = view.ask(*REVENUE.metrics, by=REVENUE.dimension, limit=200)
    rows = [row for row in found["results"] if row["metrics"][0]]
    shown = tuple(_earned(view, row) for row in rows[: lists.ROWS])
    return List(REVENUE, REVENUE.metrics, shown)


def _earned(view: View, row: dict[str, Any]) -> Row:
    name = row["dimensions"][0]
    cells = tuple(
        Cell(metric, view.words.metric(metric, value)) for metric, value in zip(REVENUE.metrics, row["metrics"], strict=True)
    )
    return Row(name, name, view.url(view.state.filtered(Filter("is", "event:name", (name,)))), 0, cells)


# --- properties


@dataclass(frozen=True)
class Properties:
    """`event` and `property` are what was chosen so far; `url` of a row chooses the next, or filters by a value."""

    event: str
    property: str
    list: List


def properties(view: View) -> Properties | None:
    """None where there is no event yet. Of the event that is most frequent, if none was chosen."""
    event, name = view.state.own("event"), view.state.own("property")
    if not event:
        found = view.ask("events", by="event:name", limit=1, filters=lists.extra(EVENTS))["results"]
        if not found:
            return None
        event = found[0]["dimensions"][0]
    answer = view.beyond("properties", event=event, property=name or None, limit=lists.ROWS)
    tab = Tab("properties", "Properties", f"{PROPS}{name}" if name else "", name or "Property", ("visitors", "events"))
    return Properties(event, name, _chosen(view, tab, event, name, answer["results"]))


def _chosen(view: View, tab: Tab, event: str, name: str, results: Sequence[dict[str, Any]]) -> List:
    most = max((row["metrics"][0] for row in results), default=0)
    rows = []
    for row in results:
        value = row["dimensions"][0]
        cells = tuple(Cell(metric, view.words.count(n)) for metric, n in zip(("visitors", "events"), row["metrics"], strict=True))
        state = (
            view.state.filtered(Filter("is", f"{PROPS}{name}", (value,)))
            if name
            else view.state.choose(behaviour="properties", event=event, property=value)
        )
        rows.append(Row(value, value, view.url(state), round(100 * row["metrics"][0] / most, 1) if most else 0, cells))
    return List(tab, ("visitors", "events"), tuple(rows))


# --- funnel


@dataclass(frozen=True)
class Step:
    text: str
    visitors: str
    bar: float
    of_first: str
    dropped: str


@dataclass(frozen=True)
class Funnel:
    """`given` are the steps in the URL; with fewer than two there is nothing to count."""

    given: tuple[str, ...]
    steps: tuple[Step, ...]
    saved: tuple[tuple[str, str, bool], ...]  # name, URL, whether it is the one shown
    sampled: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """Those of the form: one is free."""
        return (*self.given, *[""] * max(1, 3 - len(self.given)))[:MOST_STEPS]


def funnel(view: View) -> Funnel:
    given = view.state.more.get("step", ())[:MOST_STEPS]
    saved = tuple(
        (one.name, view.url(view.state.choose(behaviour="funnel", step=one.steps)), one.steps == given)
        for one in view.site.funnels
    )
    if len(given) < 2:
        return Funnel(given, (), saved)
    answer = view.beyond("funnel", steps=list(given))
    words = view.words
    steps = []
    for row in answer["results"]:
        visitors, _, dropped, _, of_first = row["metrics"]
        steps.append(
            Step(str(row["dimensions"][1]), words.count(visitors), of_first, words.percent(of_first), words.count(dropped))
        )
    return Funnel(given, tuple(steps), saved, bool(answer["meta"].get("sampling")))


# --- journeys


@dataclass(frozen=True)
class Place:
    name: str
    text: str
    percent: str
    bar: float
    url: str  # "" where a visit began or ended


@dataclass(frozen=True)
class Journeys:
    """`columns` by offset: before, after 1, 2, 3."""

    at: str
    columns: tuple[tuple[str, tuple[Place, ...]], ...]
    sampled: bool = False


def journeys(view: View) -> Journeys | None:
    """None where nothing was seen. From the page that is seen most, if none was chosen."""
    at = view.state.own("at")
    if not at:
        found = view.ask("visitors", by="event:page", limit=1)["results"]
        if not found:
            return None
        at = found[0]["dimensions"][0]
    answer = view.beyond("journeys", at=at, before=BEFORE, after=AFTER, limit=7)
    columns: dict[int, list[Place]] = {offset: [] for offset in range(-BEFORE, AFTER + 1) if offset}
    for row in answer["results"]:
        offset, name = row["dimensions"]
        if offset in columns:
            columns[offset].append(_place(view, name, row["metrics"]))
    heads = {-1: "Before", 1: "Then", 2: "After that", 3: "And then"}
    return Journeys(
        at=at,
        columns=tuple((heads[offset], tuple(places)) for offset, places in columns.items()),
        sampled=bool(answer["meta"].get("sampling")),
    )


def _place(view: View, name: str, metrics: Sequence[Any]) -> Place:
    _, visits, percent = metrics
    url = "" if name in (ENTRY, EXIT) else view.url(view.state.choose(behaviour="journeys", at=name))
    shown = {ENTRY: "The visit began", EXIT: "The visit ended"}.get(name, name)
    return Place(shown, view.words.count(visits), view.words.percent(percent), percent, url)
