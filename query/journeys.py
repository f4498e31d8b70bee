"""Journeys: what visits did before and after a page or an event: `journeys(…)`.

A question has `at` (a step: query/steps.py), `before` and `after` (how many steps, 1 and 3 by default), and `events`: whether
events are steps too (those of the scripts' own measuring, `vitals` and `error`, never are). Of each visit the first hit that
is `at` counts. The same page again at once, as by a reload, is no step.

By `step` a row is [offset, name], such as [1, "/pricing"] for what came next; by `path` it is a whole way, a name for each
offset. Where a visit began or ended stands "(entry)" or "(exit)", beyond it null. Numbers are visitors, visits, and the
percentage of the visits that came to `at`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from query import asked, steps
from query.asked import Asked, choice, flag, rate, row, whole
from query.conditions import all_of
from query.errors import BadQuestion
from query.site import Site
from query.steps import Marks, Step
from query.visited import visits
from store.base import Store

MOST_STEPS = 10  # to either side
MOST_ROWS = 10_000
METRICS = ("visitors", "visits", "percentage")
ENTRY, EXIT = "(entry)", "(exit)"
MEASURES = ("vitals", "error")

#: A hit of a visit: kind, name, and whether it is `at`.
Hit = tuple[str, str, bool]
#: Names by offset from `at`; None beyond the visit's beginning or end.
Way = tuple[str | None, ...]
Place = tuple[Any, ...]
#: Clients and number of visits by place.
Places = dict[Place, tuple[set[int], int]]


def journeys(store: Store, question: Mapping[str, Any], site: Site, now: datetime) -> dict[str, Any]:
    it = asked.read(store, question, site, now, ("at", "before", "after", "events", "by", "limit"))
    if "at" not in question:
        raise BadQuestion(f"Journeys need `at`, where they are looked at from: {steps.POSSIBLE}.", "at")
    at = steps.read(question["at"], site, "at")
    before, after = whole(question, "before", 1, 0, MOST_STEPS), whole(question, "after", 3, 0, MOST_STEPS)
    if not before + after:
        raise BadQuestion("Journeys of no steps are none: `before` or `after` is more than 0.", "after")
    by, limit = choice(question, "by", "step", ("step", "path")), whole(question, "limit", 100, 1, MOST_ROWS)
    events = flag(question, "events")

    def answer() -> dict[str, Any]:
        return _answer(it, at, before, after, events, by, limit)

    return it.remembered(answer)


def _answer(it: Asked, at: Step, before: int, after: int, events: bool, by: str, limit: int) -> dict[str, Any]:
    marks = Marks(it, [at])
    read = visits(it.store, all_of([it.visits(), marks.visits(0)]))
    ways = (
        (visit.client, found)
        for visit in read
        if (found := way(hits(visit.steps, marks.of(visit), events), at.name, before, after)) is not None
    )
    places, total = count(ways, before, by == "path")
    ranked = sorted(places.items(), key=lambda one: (-one[1][1], str(one[0])))
    if by == "step":
        ranked = _by_offset(ranked, limit)
    results = [
        row(place, [read.scaled(len(clients)), read.scaled(number), rate(number, total)])
        for place, (clients, number) in ranked[: limit if by == "path" else None]
    ]
    dimensions = ["offset", "name"] if by == "step" else [str(offset) for offset in range(-before, after + 1)]
    meta = {"visits": read.scaled(total), **read.meta}
    more = {"at": it.question["at"], "before": before, "after": after, "events": events, "by": by, "limit": limit}
    return it.answer(results, meta, dimensions, METRICS, **more)


def hits(steps: Sequence[tuple[float, str, str]], bits: Sequence[int], events: bool) -> Iterator[Hit]:
    """The hits of a visit that are steps of a journey; what is `at` is one in any case."""
    last: Hit | None = None
    for (_, kind, name), bit in zip(steps, bits, strict=True):
        if not bit and kind == "event" and (not events or name in MEASURES):
            continue
        hit = kind, name, bool(bit)
        if kind == "view" and last and last[:2] == hit[:2] and hit[2] <= last[2]:
            continue
        last = hit
        yield hit


def way(hits: Iterable[Hit], at: str, before: int, after: int) -> Way | None:
    """What is around the first hit that is `at`; None if there is none."""
    passed: list[str | None] = []
    following: list[str | None] = []
    found = False
    for _, name, is_at in hits:
        if found:
            following.append(name)
            if len(following) == after:
                break
        elif is_at:
            found = True
            if not after:
                break
        else:
            passed.append(name)
    if not found:
        return None
    if len(following) < after:
        following += [EXIT, *[None] * (after - len(following) - 1)]
    if len(passed) < before:
        passed = [*[None] * (before - len(passed) - 1), ENTRY, *passed]
    return (*passed[len(passed) - before :], at, *following)


def count(ways: Iterable[tuple[int, Way]], before: int, whole_ways: bool) -> tuple[Places, int]:
    """By way, or by offset and name; and of how many visits."""
    places: Places = {}
    total = 0
    for client, names in ways:
        total += 1
        at: Iterable[Place] = [names]
        if not whole_ways:
            at = [(n - before, name) for n, name in enumerate(names) if n != before and name is not None]
        for place in at:
            clients, number = places.get(place) or (set(), 0)
            clients.add(client)
            places[place] = (clients, number + 1)
    return places, total


def _by_offset(ranked: Sequence[tuple[Place, Any]], limit: int) -> list[tuple[Place, Any]]:
    """The first rows of each offset."""
    offsets: dict[int, list[tuple[Place, Any]]] = {}
    for place, numbers in ranked:
        offsets.setdefault(place[0], []).append((place, numbers))
    return [one for offset in sorted(offsets) for one in offsets[offset][:limit]]
