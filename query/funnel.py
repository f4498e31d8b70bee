"""Funnels: how many visitors do one thing, then the next, and so on, within a visit: `funnel(…)`.

A question has `steps` (query/steps.py). A visit reaches a step if, of its hits in their order, some come after those of the
steps before; what lies between does not matter, and a hit is one step at most. A row for each step:
[number, name] and visitors, visits, drop_off (visitors of the step before who did not get here), and the percentages of the
visitors of the step before and of the first one.

The store counts who did the first step. Only visits that may have done the second too are read: those that list both.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from query import asked, steps
from query.asked import Asked, rate, row
from query.conditions import Query, all_of, any_of, negated, one_of
from query.errors import BadQuestion
from query.site import Site
from query.steps import Marks, Step
from query.tables import Part
from query.uniques import counted
from query.visited import Visits, number_of, visits
from store.base import Store

LEAST, MOST = 2, 20  # steps
METRICS = ("visitors", "visits", "drop_off", "conversion_from_previous", "conversion_from_first")


def funnel(store: Store, question: Mapping[str, Any], site: Site, now: datetime) -> dict[str, Any]:
    it = asked.read(store, question, site, now, ("steps",))
    told = question.get("steps")
    if not isinstance(told, list | tuple) or not LEAST <= len(told) <= MOST:
        raise BadQuestion(f"A funnel needs steps: a list of {LEAST} to {MOST}; {steps.POSSIBLE}.", "steps")
    wanted = [steps.read(one, site, f"steps.{n}") for n, one in enumerate(told)]
    return it.remembered(lambda: _answer(it, wanted, told))


def _answer(it: Asked, wanted: Sequence[Step], told: Sequence[Any]) -> dict[str, Any]:
    marks = Marks(it, wanted)
    every = it.visits()
    read = visits(it.store, all_of([every, marks.visits(0), marks.visits(1)]))
    reached = count(((visit.id, visit.client, marks.of(visit)) for visit in read), len(wanted))
    results = rows([one.name for one in wanted], *_numbers(it, marks, every, read, reached))
    return it.answer(results, read.meta, ("step", "name"), METRICS, steps=list(told))


@dataclass
class Reached:
    """How far visits and visitors got: for each step its number of visits, and the clients' farthest steps."""

    visits: list[int]
    clients: dict[int, int] = field(default_factory=dict)
    #: visits that did the first step
    begun: list[str] = field(default_factory=list)

    def visitors(self) -> list[int]:
        numbers = [0] * len(self.visits)
        for farthest in self.clients.values():
            for n in range(farthest):
                numbers[n] += 1
        return numbers


def count(ways: Iterable[tuple[str, int, Sequence[int]]], steps: int) -> Reached:
    """`ways`: a visit's id, its client and, of each hit in order, the steps that it is, in bits."""
    reached = Reached([0] * steps)
    end = 1 << steps
    for visit, client, bits in ways:
        wanted = 1
        for bit in bits:
            if bit & wanted:
                wanted <<= 1
                if wanted == end:
                    break
        far = wanted.bit_length() - 1
        if far:
            for n in range(far):
                reached.visits[n] += 1
            reached.begun.append(visit)
            if reached.clients.get(client, 0) < far:
                reached.clients[client] = far
    return reached


def rows(names: Sequence[str], visitors: Sequence[int], visits: Sequence[int]) -> list[dict[str, Any]]:
    made = []
    for n, (name, here) in enumerate(zip(names, visitors, strict=True)):
        before = visitors[max(n - 1, 0)]
        made.append(row([n + 1, name], [here, visits[n], before - here, rate(here, before), rate(here, visitors[0])]))
    return made


def _numbers(it: Asked, marks: Marks, every: Query, read: Visits, reached: Reached) -> tuple[list[int], list[int]]:
    """Visitors and visits of each step. Sampling must not make a step larger than the one before it."""
    first = _first(marks, every, read, reached)
    began = number_of(it.store, first)
    known = counted(it.store, Part("visit", first, distinct={"visitors": "client.num"})).table
    visitors, visits = [min(int(known.get((), {}).get("visitors", 0)), began)], [began]
    for n, number in list(enumerate(reached.visitors()))[1:]:
        visitors.append(min(read.scaled(number), visitors[-1]))
        visits.append(min(read.scaled(reached.visits[n]), visits[-1]))
    return visitors, visits


def _first(marks: Marks, every: Query, read: Visits, reached: Reached) -> Query:
    """Visits that did the first step: what lists it, and of those whose lists are cut what was read of them."""
    listed = marks.exactly(0)
    if not number_of(read.store, all_of([read.query, marks.cut(), negated(listed)])):
        return all_of([every, listed])
    return all_of([every, any_of([listed, one_of("visit.id", reached.begun)])])
