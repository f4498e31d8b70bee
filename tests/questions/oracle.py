"""What a question's answer must be, counted from visits as plainly as can be: `Oracle(visits, site, now).answer(question)`.

Follows CONTRACT.md ("Metrics", "Filters", "Accuracy") to the letter, and where that is silent Plausible's documentation. Numbers
that are told rounded are given whole here, as `About`.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from query.site import Goal, Site
from tests.questions.clock import Clock
from tests.questions.filters import goals_of, hits_that, is_of_hits, leaves, missing, spelled, visits_that
from tests.questions.visits import Hit, Visit

Json = Any
Key = tuple[str, ...]
Row = dict[str, Any]

OF_VISITS = ("views_per_visit", "bounce_rate", "visit_duration")
OF_HITS = ("pageviews", "events", "scroll_depth", "time_on_page", "average_revenue", "total_revenue")
RATES = ("percentage", "conversion_rate", "group_conversion_rate")
CONVERSIONS = RATES[1:]
EITHER = ("visitors", "visits", *RATES)  # of visits or of hits, as the question decides
NOTHING = {"visit_duration": None, "scroll_depth": None, "time_on_page": None, "average_revenue": None, "total_revenue": None}


@dataclass(frozen=True)
class About:
    """A number that an answer tells rounded to so many digits."""

    exact: float
    digits: int = 0

    def is_told_by(self, told: Any) -> bool:
        half = 0.5 / 10**self.digits
        return isinstance(told, int | float) and abs(told - self.exact) <= half + 1e-6


@dataclass(frozen=True)
class Money:
    by_currency: tuple[tuple[str, float], ...]

    def is_told_by(self, told: Any) -> bool:
        if not isinstance(told, Mapping) or set(told["by_currency"]) != dict(self.by_currency).keys():
            return False
        close = all(abs(told["by_currency"][currency] - amount) < 0.002 for currency, amount in self.by_currency)
        one = self.by_currency[0] if len(self.by_currency) == 1 else (None, None)
        return close and told["currency"] == one[0] and told["value"] == told["by_currency"].get(one[0])


@dataclass(frozen=True)
class Expected:
    """`bad`: the question is to be refused, and why. Else rows by key, and what `meta` and comparisons must say."""

    bad: str = ""
    rows: dict[Key, Row] = field(default_factory=dict)
    labels: list[str] | None = None
    #: by a row's key the key and metrics of what it is compared with
    compared: dict[Key, tuple[tuple[str | None, ...], Row]] | None = None


@dataclass
class Oracle:
    """`visits` are all of the site's."""

    visits: Sequence[Visit]
    site: Site
    now: datetime

    def __post_init__(self) -> None:
        self.clock = Clock(self.site.zone, self.site.week_starts)
        self.hits = sorted((hit for visit in self.visits for hit in visit.hits), key=lambda hit: hit.time)
        self.times = [hit.time for hit in self.hits]
        self.ends = {visit: visit.end for visit in self.visits}

    def span(self, wanted: Any) -> tuple[int, int]:
        return self.clock.range(wanted, self.now, min((visit.start for visit in self.visits), default=None))

    def answer(self, question: Json) -> Expected:
        asked = _Asked(self, question)
        if bad := asked.impossible():
            return Expected(bad)
        rows = asked.rows()
        include = question.get("include") or {}
        labels = self.clock.labels(asked.span, asked.interval) if asked.interval else None
        against = include.get("compare")
        if not against:
            return Expected(rows=rows, labels=labels)
        if asked.dimensions and all(name.startswith("time") for name in asked.dimensions):
            assert labels
            nothing = asked.nothing()
            rows = {(label,): rows.get((label,), nothing) for label in labels}
        return Expected(rows=rows, labels=labels, compared=self._compared(asked, rows, against))

    def _compared(self, asked: "_Asked", rows: Mapping[Key, Row], against: Any) -> dict[Key, Any]:
        other = _Asked(self, asked.question, self.clock.compared(asked.span, against, self.now), asked.interval)
        before, moments = other.rows(), {}
        if asked.interval:
            there = (self.clock.labels(one.span, asked.interval) for one in (asked, other))
            moments = dict(zip(*there, strict=False))
        made = {}
        for key in rows:
            named = zip(asked.dimensions, key, strict=True)
            then = tuple(moments.get(label) if name.startswith("time") else label for name, label in named)
            made[key] = (then, before.get(then, asked.nothing()))  # type: ignore[arg-type]
        return made


class _Asked:
    def __init__(self, oracle: Oracle, question: Json, span: tuple[int, int] | None = None, interval: str = ""):
        self.oracle, self.question, self.site = oracle, question, oracle.site
        self.metrics: list[str] = question["metrics"]
        self.dimensions: list[str] = question.get("dimensions") or []
        self.filters = spelled(question.get("filters") or [], self.site)
        self.span = span or oracle.span(question["date_range"])
        self.interval = interval
        for name in self.dimensions:
            if name.startswith("time"):
                self.interval = interval or name.partition(":")[2] or oracle.clock.interval(self.span)
        self.leaves = leaves(self.filters)

    # --- what cannot be asked

    def impossible(self) -> str:
        names = [leaf[1] for leaf in self.leaves]
        about = [*self.dimensions, *names]
        has_done = leaves(self.filters, inside_done=True)
        for metric in self.metrics:
            if metric in CONVERSIONS and "event:goal" not in about:
                return f"{metric} without a goal"
            if metric in CONVERSIONS and any(
                leaf[1].startswith("event:props:") and leaf not in self.filters for leaf in has_done
            ):
                return f"{metric} with filters on properties below the top"
            if metric in ("scroll_depth", "time_on_page") and "event:page" not in about:
                return f"{metric} without a page"
            if metric == "percentage" and not self.dimensions:
                return "percentage without dimensions"
            if metric == "views_per_visit" and ("event:page" in names or [one for one in self.dimensions if one[:4] != "time"]):
                return "views_per_visit with pages or dimensions"
        of_visits, of_hits = ([metric for metric in self.metrics if metric in several] for several in (OF_VISITS, OF_HITS))
        about_hits = [one for one in self.dimensions if is_of_hits(one)]
        if of_visits and about_hits and about_hits != ["event:page"]:
            return "metrics of visits by dimensions of hits"
        if "visit:exit_page" in self.dimensions and (of_hits or about_hits):
            return "exit pages with hits"
        if self.interval == "minute" and self.span[1] - self.span[0] > 30 * 3_600_000:
            return "too many minutes"
        return ""

    # --- which documents

    @property
    def source(self) -> str:
        """Whether visitors and visits are those of visits, or of hits."""
        if any(map(is_of_hits, self.dimensions)):
            return "hit"
        names = [leaf[1] for leaf in self.leaves]
        if not any(map(is_of_hits, names)):
            return "visit"
        of_visits = {"visit:entry_page", "visit:exit_page"} & {*names, *self.dimensions} or {*OF_VISITS} & {*self.metrics}
        return "visit" if of_visits and not {*OF_HITS} & {*self.metrics} else "hit"

    def hits_of(self, filters: Sequence[Json]) -> list[Hit]:
        first, beyond = (bisect_left(self.oracle.times, at) for at in self.span)
        return list(filter(hits_that(filters, self.site), self.oracle.hits[first:beyond]))

    def visits_of(self, filters: Sequence[Json]) -> list[Visit]:
        (start, end), wanted = self.span, visits_that(filters, self.site)
        return [one for one in self.oracle.visits if one.start < end and self.oracle.ends[one] >= start and wanted(one)]

    def visitors(self, filters: Sequence[Json], source: str) -> int:
        found: Iterable[Visit] = self.visits_of(filters) if source == "visit" else (hit.visit for hit in self.hits_of(filters))
        return len({visit.client for visit in found})

    # --- rows

    def rows(self) -> dict[Key, Row]:
        if "event:goal" not in self.dimensions:
            return self._rows(self.dimensions, self.filters, self.source)
        made: dict[Key, Row] = {}
        place = self.dimensions.index("event:goal")
        others = [name for name in self.dimensions if name != "event:goal"]
        for goal in self._goals():
            reached = ["is", "event:goal", [goal.name]]
            for key, row in self._rows(others, [*self.filters, reached], "hit", goal).items():
                made[*key[:place], goal.name, *key[place:]] = row
        return made

    def _goals(self) -> list[Goal]:
        left = list(self.site.goals)
        for leaf in self.filters:
            if leaf[1] == "event:goal":
                named = goals_of(leaf, self.site)
                left = [goal for goal in left if (goal in named) != leaf[0].endswith("_not")]
        return left

    def _rows(self, dimensions: Sequence[str], filters: list[Json], source: str, goal: Goal | None = None) -> dict[Key, Row]:
        on_page = "event:page" in dimensions
        hits = _grouped(self.hits_of(filters), lambda hit: self._key(dimensions, hit.visit, hit))
        of_visits = (*OF_VISITS, *(EITHER if source == "visit" else ()))
        visits: dict[Key, list[Visit]] = {}
        if {*of_visits} & {*self.metrics}:
            wanted = _about_entries(filters) if on_page else filters
            visits = _grouped(self.visits_of(wanted), lambda visit: self._key(dimensions, visit, None))
        whole = {"percentage": self.filters, "conversion_rate": _unconverted(self.filters)}
        total = {name: self.visitors(of, source) for name, of in whole.items() if name in self.metrics}
        groups: dict[Key, set[str]] = defaultdict(set)
        if "group_conversion_rate" in self.metrics:
            plain = _unconverted(self.filters) + ([filters[-1]] if goal else [])
            found = (
                [(visit, None) for visit in self.visits_of(plain)]
                if source == "visit"
                else [(hit.visit, hit) for hit in self.hits_of(plain)]
            )
            for visit, hit in found:
                groups[self._key(dimensions, visit, hit)].add(visit.client)
        about_hits = any(map(is_of_hits, dimensions))
        counts_hits = {*OF_HITS, *(EITHER if source == "hit" else ())} & {*self.metrics}
        keys = hits if about_hits else {**visits, **(hits if counts_hits else {})}
        if not dimensions and goal is None:
            keys = {(): []}
        made = {}
        for key in keys:
            of_key = _Row(hits.get(key, []), visits.get(key, []), source, goal)
            shares = {**total, "group_conversion_rate": len(groups[key])}
            made[key] = {metric: self._metric(metric, of_key, shares, filters, on_page) for metric in self.metrics}
        return made

    def _key(self, dimensions: Sequence[str], visit: Visit, hit: Hit | None) -> Key:
        return tuple(self._label(name, visit, hit) for name in dimensions)

    def _label(self, name: str, visit: Visit, hit: Hit | None) -> str:
        if name.startswith("time"):
            return self.oracle.clock.label(hit.time if hit else visit.start, self.interval, self.span)
        if is_of_hits(name) and hit:
            return hit.says.get(name, missing(name))
        return visit.says.get("visit:entry_page" if name == "event:page" else name, missing(name))

    def _metric(self, name: str, row: "_Row", shares: Mapping[str, int], filters: Sequence[Json], on_page: bool) -> Any:
        if name in RATES:
            nothing = None if name == "percentage" else 0.0
            return About(100 * row.visitors / shares[name], 1) if shares[name] else nothing
        if name == "bounce_rate":
            entries = [leaf for leaf in filters if leaf[1] == "event:page"]
            among = row.visits
            if entries and not on_page:
                among = list(filter(visits_that(_about_entries(entries), self.site), among))
            return About(100 * sum(visit.bounced for visit in among) / len(among)) if among else 0
        return row.visited if name == "visits" else getattr(row, name)

    def nothing(self) -> Row:
        return {name: NOTHING.get(name, 0) for name in self.metrics}


@dataclass
class _Row:
    hits: list[Hit]
    visits: list[Visit]
    source: str
    goal: Goal | None

    @property
    def _visited(self) -> list[Visit]:
        return self.visits if self.source == "visit" else [hit.visit for hit in self.hits]

    @property
    def visitors(self) -> int:
        return len({visit.client for visit in self._visited})

    @property
    def visited(self) -> int:
        return len(set(self._visited))

    @property
    def views(self) -> list[Hit]:
        return [hit for hit in self.hits if hit.kind == "view"]

    @property
    def pageviews(self) -> int:
        return len(self.views)

    @property
    def events(self) -> int | None:
        return None if self.goal and self.goal.kind == "scroll" else len(self.hits)

    @property
    def views_per_visit(self) -> Any:
        return About(sum(len(visit.views) for visit in self.visits) / len(self.visits), 2) if self.visits else 0

    @property
    def visit_duration(self) -> Any:
        seconds = sum(visit.end - visit.start for visit in self.visits) / 1000
        return About(seconds / len(self.visits)) if self.visits else 0

    @property
    def time_on_page(self) -> Any:
        return About(sum(view.engaged for view in self.views) / 1000 / len(self.views)) if self.views else None

    @property
    def scroll_depth(self) -> Any:
        deepest: dict[Visit, int] = {}
        for view in self.views:
            deepest[view.visit] = max(deepest.get(view.visit, 0), view.scroll)
        return About(sum(deepest.values()) / len(deepest)) if deepest else None

    def _revenue(self) -> dict[str, list[float]]:
        amounts: dict[str, list[float]] = defaultdict(list)
        for hit in self.hits:
            if hit.revenue:
                amounts[hit.revenue[1]].append(hit.revenue[0])
        return amounts

    @property
    def total_revenue(self) -> Any:
        return _money({currency: sum(amounts) for currency, amounts in self._revenue().items()})

    @property
    def average_revenue(self) -> Any:
        return _money({currency: sum(amounts) / len(amounts) for currency, amounts in self._revenue().items()})


def _money(by_currency: Mapping[str, float]) -> Money | None:
    return Money(tuple(sorted(by_currency.items()))) if by_currency else None


def _grouped(found: Iterable[Any], key_of: Callable[[Any], Key]) -> dict[Key, list[Any]]:
    groups: dict[Key, list[Any]] = defaultdict(list)
    for one in found:
        groups[key_of(one)].append(one)
    return groups


def _unconverted(filters: Sequence[Json]) -> list[Json]:
    """Without those on top that are about goals and properties."""
    return [one for one in filters if not (one[1] == "event:goal" or str(one[1]).startswith("event:props:"))]


def _about_entries(filters: Sequence[Json]) -> list[Json]:
    """The same about the pages with which visits began."""

    def renamed(one: Json) -> Json:
        if one[0] in ("and", "or"):
            return [one[0], _about_entries(one[1])]
        if one[0] == "not":
            return [one[0], renamed(one[1])]
        return [one[0], "visit:entry_page", *one[2:]] if one[1] == "event:page" else one

    return [renamed(one) for one in filters]
