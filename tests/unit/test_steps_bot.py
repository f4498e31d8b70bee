"""Bots are known by their agent and by what they forget, dropped, or kept under a name."""

import time
from typing import Any

import pytest

from hits.agents import is_bot
from importer.bots import bot_kind, bot_name
from importer.facts import Context, Drop
from importer.steps.bot import Sign, drop_bot, put_bot, sign_of
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
    assert sign_of(hit(agent=case["agent"], accept_language="de"), CONTEXT) is None
    assert sign_of(hit(agent=case["agent"], way="pixel"), CONTEXT) is None
    assert sign_of(hit(agent=case["agent"], way="event", webdriver=True), CONTEXT) is None


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


SIGNS = cases("signs")


@pytest.mark.parametrize("case", SIGNS, ids=lambda case: case["name"])
def test_what_a_bot_forgets_gives_it_away_and_no_real_browser(case: dict[str, Any]) -> None:
    one = hit(**{name: value for name, value in case.items() if name not in ("name", "sign")})
    sign = sign_of(one, CONTEXT)
    assert sign == (Sign(case["sign"]) if case["sign"] else None)
    assert drop_bot(one, facts_of(one), CONTEXT) is (Drop.BOT if sign else None)
    facts = facts_of(one)
    put_bot(one, facts, KEEPING)
    assert bool(facts.bot) is bool(sign)


def test_the_cases_have_every_sign_and_as_many_that_are_none() -> None:
    assert {case["sign"] for case in SIGNS} == {*Sign, ""}
    assert len([case for case in SIGNS if not case["sign"]]) >= 12


@pytest.mark.parametrize("sign", ["headless", "webdriver", "no_language"])
def test_a_sign_that_an_operator_does_not_want_does_not_count(sign: str) -> None:
    case = next(case for case in SIGNS if case["sign"] == sign)
    one = hit(**{name: value for name, value in case.items() if name not in ("name", "sign")})
    others = frozenset({"headless", "webdriver", "no_language"} - {sign})
    assert sign_of(one, Context(keep_bots=False, salts={}, bot_signs=others)) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Googlebot", "search-engine"),
        ("bingbot", "search-engine"),
        ("AhrefsBot", "seo"),
        ("GPTBot", "ai-crawler"),
        ("ClaudeBot", "ai-crawler"),
        ("UptimeRobot", "monitoring"),
        ("facebookexternalhit", "social-preview"),
        ("Slackbot-LinkExpanding", "social-preview"),
        ("curl", "http-library"),
        ("python-requests", "http-library"),
        ("archive.org_bot", "archiver"),
        ("HeadlessChrome", "browser-automation"),
        ("WebDriver", "browser-automation"),
        ("no language", "other"),
        ("other", "other"),
        ("A bot that nobody knows", "other"),
    ],
)
def test_a_bots_name_tells_its_kind(name: str, kind: str) -> None:
    assert bot_kind(name) == kind


def test_a_bot_that_does_not_name_itself_has_the_name_of_the_list() -> None:
    agent = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; SV1; 360Spider)"
    assert bot_name(agent) == "360Spider"
    assert bot_kind("360Spider") == "search-engine"


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
    is_bot(agent)
    bot_name(agent)
    bot_kind(bot_name(agent))
    assert time.perf_counter() - started < 0.25
