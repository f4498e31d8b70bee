"""What the tests of the steps share: hits and facts with little in them, and the tables of cases in tests/data/steps."""

from pathlib import Path
from typing import Any

import yaml

from hits.hit import Hit
from importer.facts import Context, Drop, Facts
from importer.pipeline import STEPS as ALL_STEPS
from importer.steps.visitor import drop_erased, put_visitor

CASES = Path(__file__).parent.parent / "data" / "steps"
CONTEXT = Context(keep_bots=False, salts={})
#: All steps that look at what a hit says, in the importer's order.
STEPS = tuple(step for step in ALL_STEPS if step not in (put_visitor, drop_erased))


def cases(name: str) -> Any:
    return yaml.safe_load((CASES / f"{name}.yml").read_text("utf-8"))


def hit(**fields: Any) -> Hit:
    given = {
        "receipt": "r",
        "received": 1,
        "way": "hit",
        "kind": "view",
        "site": "example.com",
        "url": "https://www.example.com/",
    }
    return Hit(**{**given, **fields})


def facts_of(one: Hit) -> Facts:
    return Facts(id="0" * 32, receipt=one.receipt, kind=one.kind, way=one.way, site=one.site, time=one.at, received=one.received)


def put(step: Any, context: Context = CONTEXT, **fields: Any) -> Facts:
    """The facts after one step of one hit."""
    one = hit(**fields)
    facts = facts_of(one)
    assert step(one, facts, context) is None
    return facts


def run(one: Hit, context: Context = CONTEXT) -> Facts | Drop:
    """The facts after all steps, or the drop that one of them ended in."""
    facts = facts_of(one)
    for step in STEPS:
        dropped = step(one, facts, context)
        if dropped:
            return dropped
    return facts
