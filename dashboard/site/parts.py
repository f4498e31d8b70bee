"""The parts of a page. In: a View and a part's name. Out: what its template shows, or what went wrong; several are made at
once, in threads of their own, and a part that fails leaves the others alone."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from dashboard.site import behaviour, chart, lists, live, periods, quality, top, world
from dashboard.site.filters import OPERATORS, SEGMENT, Filter
from dashboard.site.state import COMPARISONS, OWN
from dashboard.site.tabs import LISTS, PANELS, VERSIONS, Panel, Tab
from dashboard.site.view import View
from query.errors import BadQuestion
from store.base import StoreAway

THREADS = 4
AWAY = "The store is away. No hit is lost meanwhile; the numbers are back as soon as it is."

Content = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """`problem` is a sentence where there is no content. `own` names the parameters that no other part depends on."""

    name: str
    content: Content
    problem: str = ""

    @property
    def own(self) -> str:
        return " ".join(OWN[self.name])

    @property
    def template(self) -> str:
        return f"site/parts/{'list' if self.name in PANELS else self.name}.html"


class Parts:
    """Threads begin with the first page: uWSGI forks after the app was made."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, "part")

    def begin(self, view: View, names: Sequence[str]) -> Mapping[str, "Future[Part]"]:
        return {name: self._pool.submit(part, view, name) for name in names}


def names(view: View) -> tuple[str, ...]:
    return tuple(name for name in OWN if name != "live" or view.state.period == "realtime")


def part(view: View, name: str) -> Part:
    try:
        return Part(name, CONTENTS[name](view))
    except BadQuestion as error:
        return Part(name, {}, error.sentence)
    except StoreAway:
        return Part(name, {}, AWAY)


def _bar(view: View) -> Content:
    state, span = view.state, view.span
    before, after = periods.neighbours(state, span.today)
    menu = periods.menu(state, span.today)
    chosen = next((choice.label for group in menu for choice in group if choice.chosen), view.words.range(span.range))
    comparisons = [(label, view.url(state.change(compare=name)), state.compare == name) for name, label in COMPARISONS.items()]
    return {
        "menu": menu,
        "period": chosen,
        "range": view.words.range(span.range),
        "before": view.url(before) if before else "",
        "after": view.url(after) if after else "",
        "comparisons": comparisons,
        "can_compare": state.period not in ("realtime", "all"),
        "other_comparison": view.url(state.change(compare="previous_period" if state.compare == "off" else "off")),
        "chips": [_chip(view, n) for n in range(len(state.filters))],
        "segments": [
            (one.name, view.url(view.state.filtered(Filter("is", SEGMENT, (str(one.id),))))) for one in view.site.segments
        ],
        "first": span.range.first.isoformat(),
        "last": span.range.last.isoformat(),
        "today": span.today.isoformat(),
    }


def _chip(view: View, n: int) -> Content:
    one = view.state.filters[n]
    names = {str(segment.id): segment.name for segment in view.site.segments} if one.dimension == "segment" else {}
    values = [names.get(value, view.words.value(one.dimension, value)) for value in one.values]
    return {
        "about": one.label,
        "operator": OPERATORS[one.operator],
        "values": values,
        "edit": view.url(view.state, "/filter", edit=str(n)),
        "without": view.url(view.state.without(n)),
    }


def _top(view: View) -> Content:
    numbers = top.numbers(view)
    content: Content = {
        "now": view.words.count(top.visitors_now(view)),
        "realtime": view.url(view.state.at("realtime")),
        "numbers": numbers,
        "chart": chart.chart(view),
        "warning": _warning(view),
    }
    if numbers[0].text == view.words.count(0):
        content |= _nothing(view)
    return content


def _warning(view: View) -> str:
    """That visitors of several days are a sum."""
    is_sum = view.site.identity == "daily" and (view.span.range.end - view.span.range.start) > periods.DAY * 1.1
    return "Nobody is known from one day to the next, so visitors are the sum of the days'." if is_sum else ""


def _nothing(view: View) -> Content:
    if view.state.filters:
        return {
            "nothing": "Nothing matches these filters in this time.",
            "way_out": view.url(view.state.change(filters=())),
            "way": "Without filters",
        }
    last = view.last_visit()
    if last is None:
        return {"nothing": "Nothing was seen yet.", "way_out": "", "way": ""}
    day = "" if last == view.today else last.isoformat()
    return {
        "nothing": "Nothing was seen in this time.",
        "way_out": view.url(view.state.at("day", day)),
        "way": f"The last visit was on {view.words.day(last)}",
    }


def _live(view: View) -> Content:
    return {"live": live.live(view)}


def _list(panel: Panel, view: View) -> Content:
    tab = panel.tab(view.state.own(panel.name))
    tab = _finer(view, tab)
    groups: dict[str, list[Tab]] = {}
    for one in panel.tabs:
        groups.setdefault(one.group or one.name, []).append(one)
    content: Content = {
        "panel": panel,
        "tab": tab,
        "tabs": [
            (tabs[0].group or tabs[0].label, view.url(view.state.choose(**{panel.name: tabs[0].name})), _is_in(tab, panel, tabs))
            for tabs in groups.values()
        ],
        "group": [
            (one.label, view.url(view.state.choose(**{panel.name: one.name})), one is tab)
            for one in panel.tabs
            if one.group and one.group == tab.group
        ],
    }
    if tab.name == "map":
        return content | {"world": world.world(view), "details": "countries"}
    return content | {"list": lists.rows(view, tab, lists.ROWS - bool(tab.group)), "details": tab.name}


def _is_in(tab: Tab, panel: Panel, tabs: Sequence[Tab]) -> bool:
    """Whether this is the chosen one; versions are shown in the place of what they are versions of."""
    whole = next((one for one in panel.tabs if VERSIONS.get(one.dimension) is tab), tab)
    return whole in tabs


def _finer(view: View, tab: Tab) -> Tab:
    """Versions, where one browser or system alone is filtered by."""
    alone = any(one.dimension == tab.dimension and one.operator == "is" and len(one.values) == 1 for one in view.state.filters)
    return VERSIONS[tab.dimension] if alone and tab.dimension in VERSIONS else tab


BEHAVIOUR: Mapping[str, Callable[[View], Any]] = {
    "goals": behaviour.goals,
    "events": behaviour.events,
    "properties": behaviour.properties,
    "revenue": behaviour.revenue,
    "funnel": behaviour.funnel,
    "journeys": behaviour.journeys,
}


def _behaviour(view: View) -> Content:
    name = behaviour.chosen(view)
    tabs = [(label, view.url(view.state.choose(behaviour=one)), one == name) for one, label in behaviour.tabs(view).items()]
    return {"tabs": tabs, "chosen": name, "shown": BEHAVIOUR[name](view)}


def _quality(view: View) -> Content:
    name = view.state.own("quality")
    name = name if name in quality.TABS else "vitals"
    tabs = [(label, view.url(view.state.choose(quality=one)), one == name) for one, label in quality.TABS.items()]
    shown: Any = quality.vitals(view) if name == "vitals" else quality.retention(view)
    return {"tabs": tabs, "chosen": name, "shown": shown}


CONTENTS: Mapping[str, Callable[[View], Content]] = {
    "bar": _bar,
    "top": _top,
    "live": _live,
    **{panel.name: partial(_list, panel) for panel in LISTS},
    "behaviour": _behaviour,
    "quality": _quality,
}
