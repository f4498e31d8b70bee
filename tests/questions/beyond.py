"""The oracle's answers to what goes beyond Plausible's questions: rows by key, counted from visits in their order."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from query.site import Goal
from tests.questions.filters import hits_that, reaches, visits_that
from tests.questions.oracle import Oracle
from tests.questions.traffic import MINUTE
from tests.questions.visits import Hit, Visit

Json = Any
Rows = dict[tuple[Any, ...], list[Any]]
ENTRY, EXIT = "(entry)", "(exit)"


def percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def visits_of(oracle: Oracle, question: Json) -> list[Visit]:
    (start, end), wanted = oracle.span(question["date_range"]), visits_that(question.get("filters") or [], oracle.site)
    return [visit for visit in oracle.visits if visit.start < end and visit.end >= start and wanted(visit)]


def hits_of(oracle: Oracle, question: Json) -> list[Hit]:
    (start, end), wanted = oracle.span(question["date_range"]), hits_that(question.get("filters") or [], oracle.site)
    return [hit for hit in oracle.hits if start <= hit.time < end and wanted(hit)]


def step(oracle: Oracle, value: Json) -> Goal:
    """As a step of a funnel is written, a goal that a hit may reach."""
    if isinstance(value, str) and not value.startswith(("/", "*")):
        value = {"goal" if any(goal.name == value for goal in oracle.site.goals) else "event": value}
    elif isinstance(value, str):
        value = {"page": value}
    if "goal" in value:
        return next(goal for goal in oracle.site.goals if goal.name == value["goal"])
    if "page" in value:
        return Goal(0, value["page"], "page", path=value["page"])
    return Goal(0, value["event"], "event", event=value["event"], properties=value.get("properties", {}))


def funnel(oracle: Oracle, question: Json) -> Rows:
    steps = [step(oracle, value) for value in question["steps"]]
    visits: list[int] = [0] * len(steps)
    clients: list[set[str]] = [set() for _ in steps]
    for visit in visits_of(oracle, question):
        far = 0
        for hit in visit.hits:
            if far < len(steps) and reaches(hit, steps[far]):
                visits[far] += 1
                clients[far].add(visit.client)
                far += 1
    made: Rows = {}
    for n, goal in enumerate(steps):
        here, before, first = len(clients[n]), len(clients[max(n - 1, 0)]), len(clients[0])
        made[n + 1, goal.name] = [here, visits[n], before - here, percent(here, before), percent(here, first)]
    return made


def journeys(oracle: Oracle, question: Json) -> Rows:
    at, before, after = step(oracle, question["at"]), question.get("before", 1), question.get("after", 3)
    clients: dict[Any, set[str]] = defaultdict(set)
    numbers: Counter[Any] = Counter()
    total = 0
    for visit in visits_of(oracle, question):
        names: list[tuple[str, bool]] = []
        for hit in visit.hits:
            is_at, page = reaches(hit, at), hit.says.get("event:page", "")
            name = page if hit.kind == "view" else f"event {hit.says['event:name']}"
            if (is_at or hit.kind == "view" or question.get("events")) and not (
                hit.kind == "view" and names and names[-1][0] == name
            ):
                names.append((name, is_at))
        place = next((n for n, (_, is_at) in enumerate(names) if is_at), None)
        if place is None:
            continue
        total += 1
        shown = [name.removeprefix("event ") for name, _ in names]
        way = [*[None] * 20, ENTRY, *shown[:place], at.name, *shown[place + 1 :], EXIT, *[None] * 20]
        middle = 21 + place
        around = way[middle - before : middle + after + 1]
        keys: Iterable[Any] = [tuple(around)]
        if question.get("by", "step") == "step":
            keys = [(n - before, name) for n, name in enumerate(around) if n != before and name is not None]
        for key in keys:
            clients[key].add(visit.client)
            numbers[key] += 1
    return {key: [len(clients[key]), numbers[key], percent(numbers[key], total)] for key in numbers}


def flows(oracle: Oracle, question: Json) -> Rows:
    page = question.get("page")
    wanted = Goal(0, "", "page", path=page or "**")
    visits: Counter[Any] = Counter()
    moves: Counter[Any] = Counter()
    for visit in visits_of(oracle, question):
        if not visit.views:
            continue
        pages: list[tuple[str, bool]] = [(ENTRY, False)]
        for view in visit.views:
            pages.append((view.says["event:page"], reaches(view, wanted)))
        pages.append((EXIT, False))
        made = [(one[0], two[0]) for one, two in pairwise(pages) if one[0] != two[0] and (one[1] or two[1])]
        moves.update(made)
        visits.update(set(made))
    return {key: [visits[key], moves[key]] for key in moves}


def retention(oracle: Oracle, question: Json) -> Rows:
    clock, interval = oracle.clock, question["interval"]
    span = oracle.span(question["date_range"])
    now = round(oracle.now.timestamp() * 1000)
    labels = [label for label in clock.labels(span, interval) if label <= clock.label(min(now, span[1] - 1), interval, span)]
    came: dict[str, set[str]] = {label: set() for label in labels}
    for visit in visits_of(oracle, question):
        came[clock.label(visit.start, interval, span)].add(visit.client)
    seen: set[str] = set()
    if oracle.site.identity != "daily":
        moments = ((visit, at) for visit in oracle.visits for at in (*(hit.time for hit in visit.hits), *visit.pulses))
        seen = {visit.client for visit, at in moments if at < span[0]}
    months = _months(clock, span, interval) if oracle.site.identity == "monthly" else {}
    made: Rows = {}
    for n, label in enumerate(labels):
        new = came[label] - seen
        seen |= new
        for later, other in enumerate(labels[n:]):
            identity = oracle.site.identity
            is_known = (
                later == 0 or identity == "permanent" or (identity == "monthly" and len(months[label] | months[other]) == 1)
            )
            again = len(new & came[other])
            made[label, later] = [again, percent(again, len(new))] if is_known else [None, None]
    return made


def _months(clock: Any, span: tuple[int, int], interval: str) -> dict[str, set[str]]:
    """The months of UTC that each part of the range touches."""
    found: dict[str, set[str]] = defaultdict(set)
    for at in range(span[0], span[1], 30 * MINUTE):
        found[clock.label(at, interval, span)].add(f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m}")
    return found


def realtime(oracle: Oracle, now: datetime) -> tuple[Rows, dict[str, Rows]]:
    """By minute; and who is there, by page and source."""
    end = (round(now.timestamp() * 1000) // MINUTE + 1) * MINUTE
    made: Rows = {}
    for n in range(30):
        at = end - (30 - n) * MINUTE
        hits = [hit for hit in oracle.hits if at <= hit.time < at + MINUTE]
        views = sum(hit.kind == "view" for hit in hits)
        made[(oracle.clock.local(at).isoformat(timespec="minutes"),)] = [
            len({hit.visit.client for hit in hits}),
            views,
            len(hits),
        ]
    here = [hit for hit in oracle.hits if round(now.timestamp() * 1000) - 5 * MINUTE <= hit.time < end]
    by = {
        "visitors": lambda hit: (),
        "pages": lambda hit: (hit.says.get("event:page", "(not set)"),),
        "sources": lambda hit: (hit.visit.says.get("visit:source", "Direct / None"),),
    }
    return made, {name: _distinct(here, key_of) for name, key_of in by.items()}


def _distinct(hits: Sequence[Hit], key_of: Callable[[Hit], tuple[Any, ...]]) -> Rows:
    clients: dict[Any, set[str]] = defaultdict(set)
    for hit in hits:
        clients[key_of(hit)].add(hit.visit.client)
    return {key: [len(found)] for key, found in clients.items()}


def properties(oracle: Oracle, question: Json) -> Rows:
    hits = [hit for hit in hits_of(oracle, question) if hit.says["event:name"] == question["event"]]
    groups: dict[Any, list[Hit]] = defaultdict(list)
    for hit in hits:
        for name, value in hit.says.items():
            if name.startswith("event:props:"):
                key = name.removeprefix("event:props:")
                if "property" not in question:
                    groups[(key,)].append(hit)
                elif question["property"] == key:
                    groups[(value,)].append(hit)
    return {key: [len({hit.visit.client for hit in found}), len(found)] for key, found in groups.items()}
