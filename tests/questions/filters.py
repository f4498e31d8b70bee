"""The oracle's filters: tests of a hit or a visit by CONTRACT.md's "Filters": `hits_that(filters, site)`, `visits_that(…)`."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import product
from typing import Any

from query.site import Goal, Site
from tests.questions.visits import Hit, Visit

Json = Any
OfHit = Callable[[Hit], bool]
OfVisit = Callable[[Visit], bool]
NEGATIVE = {"is_not": "is", "contains_not": "contains", "matches_not": "matches"}
OPPOSITE = NEGATIVE | {positive: negative for negative, positive in NEGATIVE.items()}


def missing(dimension: str) -> str:
    if dimension in ("visit:source", "visit:referrer"):
        return "Direct / None"
    return "(none)" if dimension.startswith("event:props:") else "(not set)"


def is_of_hits(dimension: str) -> bool:
    return dimension.startswith("event:")


def spelled(filters: Sequence[Json], site: Site) -> list[Json]:
    """With segments written out."""
    return [_spelled(one, site) for one in filters]


def _spelled(one: Json, site: Site) -> Json:
    if one[0] in ("and", "or"):
        return [one[0], spelled(one[1], site)]
    if one[0] in ("not", "has_done", "has_not_done"):
        return [one[0], _spelled(one[1], site)]
    if one[1] == "segment":
        wanted = [["and", spelled(segment.filters, site)] for segment in site.segments if segment.id in one[2]]
        return ["or", wanted] if one[0] == "is" else ["not", ["or", wanted]]
    return one


def leaves(filters: Sequence[Json], inside_done: bool = False) -> list[Json]:
    """All conditions; those of has_done and has_not_done if so wished."""
    found: list[Json] = []
    for one in filters:
        if one[0] in ("and", "or"):
            found += leaves(one[1], inside_done)
        elif one[0] in ("has_done", "has_not_done"):
            found += leaves([one[1]], inside_done) if inside_done else []
        elif one[0] == "not":
            found += leaves([one[1]], inside_done)
        else:
            found.append(one)
    return found


# --- one condition


@cache
def pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*)", path)
    written = [".*" if part == "**" else "[^/]*" if part == "*" else re.escape(part) for part in parts]
    return re.compile("".join(written), re.DOTALL)


def reaches(hit: Hit, goal: Goal) -> bool:
    if goal.kind == "event":
        named = hit.kind == "event" and hit.says["event:name"] == goal.event
        return named and all(hit.says.get(f"event:props:{name}") == value for name, value in goal.properties.items())
    if hit.kind != "view" or not pattern(goal.path).fullmatch(hit.says.get("event:page", "")):
        return False
    return goal.kind == "page" or hit.scroll >= goal.percent


def goals_of(leaf: Json, site: Site) -> list[Goal]:
    """Those that a condition on event:goal names, its `not` aside."""
    named = _takes(leaf)
    return [goal for goal in site.goals if named(goal.name)]


def _takes(leaf: Json) -> Callable[[str], bool]:
    """Whether a value is among those that a condition names, its `not` aside."""
    fold = str if (leaf[3] if len(leaf) > 3 else {}).get("case_sensitive", True) else str.lower
    clauses = [fold(clause) for clause in leaf[2]]
    match NEGATIVE.get(leaf[0], leaf[0]):
        case "is":
            return lambda value: fold(value) in clauses
        case "contains":
            return lambda value: any(clause in fold(value) for clause in clauses)
    patterns = [re.compile(clause) for clause in leaf[2]]
    return lambda value: any(one.search(value) for one in patterns)


def condition(leaf: Json, site: Site) -> OfHit:
    """On a hit, or on the visit of one."""
    operator, dimension = leaf[:2]
    negative = operator in NEGATIVE
    if dimension == "event:goal":
        goals = goals_of(leaf, site)
        return lambda hit: any(reaches(hit, goal) for goal in goals) != negative
    takes = _takes(leaf)
    if operator in ("is", "is_not"):
        of_nothing = (missing(dimension) in leaf[2]) != negative
    else:
        of_nothing = negative and not dimension.startswith("event:props:")

    def test(says: Mapping[str, str]) -> bool:
        value = says.get(dimension)
        return of_nothing if value is None else takes(value) != negative

    return (lambda hit: test(hit.says)) if is_of_hits(dimension) else (lambda hit: test(hit.visit.says))


# --- hits


def hits_that(filters: Sequence[Json], site: Site) -> OfHit:
    tests = [_hit_that(one, site) for one in filters]
    return lambda hit: all(test(hit) for test in tests)


def _hit_that(one: Json, site: Site) -> OfHit:
    match one[0]:
        case "and" | "or":
            tests = [_hit_that(part, site) for part in one[1]]
            joined = all if one[0] == "and" else any
            return lambda hit: joined(test(hit) for test in tests)
        case "not":
            test = _hit_that(one[1], site)
            return lambda hit: not test(hit)
        case "has_done" | "has_not_done":
            done = _done(one, site)
            return lambda hit: done(hit.visit)
    return condition(one, site)


# --- visits


def visits_that(filters: Sequence[Json], site: Site) -> OfVisit:
    """In one of the alternatives all conditions on the visit hold, and a single hit satisfies all of those on hits."""
    tests = [_alternative(one, site) for one in alternatives(["and", list(filters)])]
    return lambda visit: any(test(visit) for test in tests)


def _done(one: Json, site: Site) -> OfVisit:
    """Asked of each visit once."""
    test, wanted = visits_that([one[1]], site), one[0] == "has_done"
    return cache(lambda visit: test(visit) == wanted)


def _alternative(parts: Sequence[Json], site: Site) -> OfVisit:
    of_hits = [part for part in parts if len(part) > 2 and is_of_hits(part[1])]
    done = [_done(part, site) for part in parts if len(part) == 2]
    of_visit = [condition(part, site) for part in parts if len(part) > 2 and part not in of_hits]
    tests = [condition(part, site) for part in of_hits]
    only_pages = all(part[1] == "event:page" for part in of_hits)  # of a whole visit: the pages that it viewed

    def holds(visit: Visit) -> bool:
        if not all(test(visit.hits[0]) for test in of_visit) or not all(test(visit) for test in done):
            return False
        hits = visit.views if only_pages else visit.hits
        return not tests or any(all(test(hit) for test in tests) for hit in hits)

    return holds


def alternatives(one: Json, wanted: bool = True) -> list[list[Json]]:
    """Without and, or and not: lists of conditions, one of which has to hold whole."""
    match one[0]:
        case "not":
            return alternatives(one[1], not wanted)
        case "and" | "or":
            made = [alternatives(part, wanted) for part in one[1]]
            if (one[0] == "or") == wanted:
                return [alternative for several in made for alternative in several]
            return [[part for parts in chosen for part in parts] for chosen in product(*made)]
        case "has_done" | "has_not_done":
            other = {"has_done": "has_not_done", "has_not_done": "has_done"}
            return [[one if wanted else [other[one[0]], one[1]]]]
    return [[one if wanted else [OPPOSITE[one[0]], *one[1:]]]]
