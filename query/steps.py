"""Steps: what a person asks for of a visit's way, such as "/pricing" or "signup"; and which hits of visits are one.

`read(value, …)` gives a Step. `Marks(asked, steps)` knows which steps a hit is: `marks.of(visit, second, kind, name)` is a
number with a bit for each. A visit's document tells the kind and the name of its hits (`visit.steps`); for what it does not
tell, properties and scroll depth, the hits themselves are read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from query.asked import Asked, text
from query.conditions import NONE, Query, all_of, any_of, between, one_of
from query.errors import BadQuestion, TooMuch
from query.site import Goal, Site
from query.terms import page_test
from query.visited import Visited, moment
from query.where import DAY

MOST_READ = 100_000  # hits with conditions, of a step
MOST_IN_VISIT = 100  # pages, and names of events, that a visit's document lists
POSSIBLE = (
    'a step is a page such as "/pricing" or "/docs/**", the name of a goal or of an event, or an object with one of `page`, '
    "`event` (and `properties`), `goal`, and perhaps a `name`"
)


@dataclass(frozen=True)
class Step:
    """A goal under a name: what is no goal of the site becomes one here, so that both are looked for alike."""

    name: str
    goal: Goal

    @property
    def kind(self) -> str:
        return "event" if self.goal.kind == "event" else "view"

    @property
    def is_conditional(self) -> bool:
        """Whether kind and name of a hit do not tell all."""
        return bool(self.goal.properties) or self.goal.kind == "scroll"

    def test(self) -> Callable[[str], bool]:
        """Of a hit's name: its page or the event's name."""
        if self.goal.kind == "event":
            return lambda name: name == self.goal.event
        return page_test(self.goal.path)


def read(value: Any, site: Site, place: str) -> Step:
    if isinstance(value, str):
        if value[:1] in ("/", "*"):
            return _page(value, value, place)
        found = next((goal for goal in site.goals if goal.name == value), None)
        return Step(value, found) if found else _event(value, {}, value, place)
    if not isinstance(value, Mapping) or len(set(value) & {"page", "event", "goal"}) != 1:
        raise BadQuestion(f"Invalid step: {POSSIBLE}.", place)
    for key in value:
        if key not in ("page", "event", "goal", "name") and not (key == "properties" and "event" in value):
            raise BadQuestion(f"Invalid step: it has no {key!r}; {POSSIBLE}.", f"{place}.{key}")
    name = text(value["name"], "name", f"{place}.name") if "name" in value else ""
    if "page" in value:
        return _page(value["page"], name, f"{place}.page")
    if "event" in value:
        return _event(value["event"], value.get("properties", {}), name, place)
    for goal in site.goals:
        if goal.name == value["goal"] or (type(value["goal"]) is int and goal.id == value["goal"]):
            return Step(name or goal.name, goal)
    raise BadQuestion(f"Invalid step: this site has no goal {value['goal']!r}.", f"{place}.goal")


def _page(path: Any, name: str, place: str) -> Step:
    path = text(path, "page", place)
    return Step(name or path, Goal(0, path, "page", path=path))


def _event(event: Any, properties: Any, name: str, place: str) -> Step:
    event = text(event, "event", f"{place}.event")
    if not isinstance(properties, Mapping):
        raise BadQuestion('Invalid properties: they are an object such as {"plan": "pro"}.', f"{place}.properties")
    for key, value in properties.items():
        text(key, "property", f"{place}.properties")
        text(value, f"property {key!r}", f"{place}.properties.{key}")
    if event == "pageview":
        raise BadQuestion('Invalid step: views are asked for by their page, such as {"page": "/**"}.', f"{place}.event")
    return Step(name or event, Goal(0, event, "event", event=event, properties=dict(properties)))


class _Bits(dict[str, int]):
    """The steps that hits of a name are, found out once."""

    def __init__(self, tests: Sequence[tuple[int, Callable[[str], bool]]]):
        super().__init__()
        self._tests = tests

    def __missing__(self, name: str) -> int:
        bits = self[name] = sum(bit for bit, test in self._tests if test(name))
        return bits


class Marks:
    """Which steps a hit is. The hits of conditional ones are read once, here."""

    def __init__(self, asked: Asked, steps: Sequence[Step]):
        plain = [(1 << n, step.kind, step.test()) for n, step in enumerate(steps) if not step.is_conditional]
        self._plain = {kind: _Bits([(bit, test) for bit, of, test in plain if of == kind]) for kind in ("view", "event")}
        #: bits by visit, kind and ms of a hit
        self._marked: dict[str, dict[tuple[str, int], int]] = {}
        self._asked, self._steps = asked, steps
        for n, step in enumerate(steps):
            if step.is_conditional:
                self._mark(1 << n, step)

    def of(self, visit: Visited) -> list[int]:
        """Bits of each hit of a visit, in order."""
        plain = self._plain
        bits = [plain[kind][name] for _, kind, name in visit.steps]
        marked = self._marked.get(visit.id) if self._marked else None
        if marked:
            started = visit.started
            for n, (second, kind, _) in enumerate(visit.steps):
                bits[n] |= marked.get((kind, started + round(second * 1000)), 0)
        return bits

    def visits(self, n: int) -> Query:
        """Visits that may have a hit that is step `n`: those that list it, and those whose lists are cut."""
        return self.exactly(n) if self._steps[n].is_conditional else any_of([self.exactly(n), self.cut()])

    def exactly(self, n: int) -> Query:
        """Visits that list step `n`; all that have it, but for those whose lists are cut."""
        if not self._steps[n].is_conditional:
            return self._asked.where.reached(self._steps[n].goal)
        ids = [id for id, hits in self._marked.items() if any(bits >> n & 1 for bits in hits.values())]
        return one_of("visit.id", ids)

    @staticmethod
    def cut() -> Query:
        return any_of({"range": {f"visit.{counted}": {"gt": MOST_IN_VISIT}}} for counted in ("views", "events"))

    def _mark(self, bit: int, step: Step) -> None:
        asked = self._asked
        around = between("@timestamp", asked.span.start - DAY, asked.span.end + DAY)
        query = all_of([{"term": {"site": asked.site.id}}, around, asked.where.goal(step.kind, step.goal)])
        if query == NONE:
            return
        found = asked.store.count(step.kind, query)
        if found > MOST_READ:
            raise TooMuch(
                f"{found} hits are {step.name!r}, and at most {MOST_READ} with properties or scroll depth are looked through: "
                "ask for a shorter date_range.",
                "steps",
            )
        for source in asked.store.read(step.kind, query, ["@timestamp", "visit.id"]):
            of_visit = self._marked.setdefault(source["visit"]["id"], {})
            key = (step.kind, moment(source["@timestamp"]))
            of_visit[key] = of_visit.get(key, 0) | bit
