"""How fast pages are for visitors, and whether visitors come again. In: a View. Out: Vitals, Retention."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dashboard.site.filters import Filter
from dashboard.site.view import View
from query.vitals import LIMITS

TABS = {"vitals": "Web vitals", "retention": "Retention"}
NAMES = {
    "LCP": "Largest paint",
    "INP": "Interaction to next paint",
    "CLS": "Layout shift",
    "FCP": "First paint",
    "TTFB": "First byte",
}
SHADES = 6
MOST_OFFSETS = 12
MOST_COHORTS = 12


@dataclass(frozen=True)
class Vital:
    """`shares` in percent: good, needs improvement, poor; `verdict` is of the 75th percentile."""

    vital: str
    name: str
    value: str
    verdict: str
    count: str
    shares: tuple[float, float, float]
    url: str


@dataclass(frozen=True)
class Vitals:
    """`pages` are those of one vital, `of`."""

    all: tuple[Vital, ...]
    of: str
    pages: tuple[Vital, ...]


def vitals(view: View) -> Vitals:
    found = view.beyond("vitals")["results"]
    of = view.state.own("vital")
    of = of if of in LIMITS else "LCP"
    by_page = view.beyond("vitals", vitals=[of], dimensions=["event:page"], limit=8)["results"] if found else []
    return Vitals(
        tuple(_vital(view, row["dimensions"][0], NAMES[row["dimensions"][0]], row["metrics"]) for row in _in_order(found)),
        of,
        tuple(_vital(view, of, row["dimensions"][0], row["metrics"], is_page=True) for row in by_page),
    )


def _in_order(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted((row for row in rows if row["metrics"][1]), key=lambda row: list(LIMITS).index(row["dimensions"][0]))


def _vital(view: View, vital: str, name: str, metrics: Sequence[Any], is_page: bool = False) -> Vital:
    p75, count, *shares = metrics
    good, poor = LIMITS[vital]
    verdict = "good" if p75 <= good else "fair" if p75 <= poor else "poor"
    state = view.state.filtered(Filter("is", "event:page", (name,))) if is_page else view.state.choose(vital=vital)
    return Vital(vital, name, _value(view, vital, p75), verdict, view.words.count(count), tuple(shares), view.url(state))


def _value(view: View, vital: str, value: float) -> str:
    if vital == "CLS":
        return view.words.decimal(value, 3)
    return f"{view.words.decimal(value / 1000, 2)} s" if value >= 1000 else f"{view.words.count(round(value))} ms"


# --- retention


@dataclass(frozen=True)
class Again:
    """How many of a cohort came so much later; `text` is "" where nobody can know."""

    text: str
    shade: int
    visitors: str


@dataclass(frozen=True)
class Cohort:
    label: str
    size: str
    later: tuple[Again, ...]


@dataclass(frozen=True)
class Retention:
    interval: str
    offsets: tuple[int, ...]
    cohorts: tuple[Cohort, ...]
    note: str
    intervals: tuple[tuple[str, str, bool], ...]

    @property
    def is_known(self) -> bool:
        """Whether of anybody at all it could be known."""
        return any(one.text for cohort in self.cohorts for one in cohort.later)


def retention(view: View) -> Retention:
    """The newest cohorts."""
    by = view.state.own("by")
    answer = view.beyond("retention", interval=by if by in ("day", "week", "month") else None)
    interval = str(answer["query"]["interval"])
    cohorts: dict[str, dict[int, Sequence[Any]]] = {}
    for row in answer["results"]:
        cohort, offset = row["dimensions"]
        cohorts.setdefault(cohort, {})[offset] = row["metrics"]
    newest = sorted(cohorts)[-MOST_COHORTS:]
    most = min(MOST_OFFSETS, max((max(cohorts[one]) for one in newest), default=0))
    offsets = tuple(range(1, most + 1))
    intervals = tuple(
        (label, view.url(view.state.choose(quality="retention", by=one)), one == interval)
        for one, label in (("day", "Days"), ("week", "Weeks"), ("month", "Months"))
    )
    return Retention(
        interval,
        offsets,
        tuple(_cohort(view, interval, one, cohorts[one], offsets) for one in newest),
        str(answer["meta"].get("identity_note") or ""),
        intervals,
    )


def _cohort(view: View, interval: str, label: str, found: dict[int, Sequence[Any]], offsets: Sequence[int]) -> Cohort:
    size = found.get(0, (None, None))[0]
    return Cohort(
        view.words.label(date.fromisoformat(label).isoformat(), interval),
        view.words.metric("visitors", size),
        tuple(_again(view, found.get(offset)) for offset in offsets),
    )


def _again(view: View, metrics: Sequence[Any] | None) -> Again:
    if metrics is None or metrics[1] is None:
        return Again("", 0, "")
    visitors, percent = metrics
    shade = 0 if not percent else min(SHADES, 1 + int(percent / 100 * SHADES * 1.5))
    return Again(view.words.percent(percent), shade, view.words.count(visitors))
