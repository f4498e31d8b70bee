"""Bots are known by their agent, dropped, or kept under a name."""

import time

import pytest

from importer.facts import Context, Drop
from importer.steps.bot import bot_name, drop_bot, put_bot
from tests.unit.steps import CONTEXT, cases, facts_of, hit

KEEPING = Context(keep_bots=True, salts={})
BOTS = cases("bots")
AGENTS = cases("agents")


@pytest.mark.parametrize("case", BOTS, ids=lambda case: case["agent"][:60])
def test_a_bot_is_dropped_or_kept_under_its_name(case: dict[str, str]) -> None:
    one = hit(agent=case["agent"])
    facts = facts_of(one)
    assert drop_bot(one, facts, CONTEXT) is Drop.BOT
    assert drop_bot(one, facts, KEEPING) is None
    put_bot(one, facts, KEEPING)
    assert facts.bot == case["is"]


@pytest.mark.parametrize("case", AGENTS, ids=lambda case: case["agent"][:60])
def test_a_browser_is_no_bot(case: dict[str, str]) -> None:
    assert drop_bot(hit(agent=case["agent"]), facts_of(hit()), CONTEXT) is None


def test_the_cases_are_many() -> None:
    assert len(BOTS) >= 60
    assert len(AGENTS) >= 60


@pytest.mark.parametrize(
    ("way", "agent", "name"), [("hit", "", "other"), ("pixel", "", "other"), ("pixel", " ", "other"), ("event", "", "")]
)
def test_who_comes_without_an_agent_is_a_bot_unless_a_server_speaks(way: str, agent: str, name: str) -> None:
    one = hit(way=way, agent=agent)
    facts = facts_of(one)
    put_bot(one, facts, KEEPING)
    assert facts.bot == name
    assert drop_bot(one, facts, CONTEXT) is (Drop.BOT if name else None)


@pytest.mark.parametrize(
    "agent",
    [
        "bot" * 341 + "@",
        "a" * 1024,
        "bot-" * 256,
        "bot." * 255 + "@x",
        "a " * 512,
        "(" * 1024,
        "spider/" * 146,
        "compatible; " * 85,
    ],
)
def test_no_agent_takes_long_to_read(agent: str) -> None:
    started = time.perf_counter()
    bot_name(agent)
    assert time.perf_counter() - started < 0.25
