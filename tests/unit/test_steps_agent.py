"""What an agent string says: browser, system, device."""

import time
from typing import Any

import pytest

from importer.steps.agent import put_agent, read_agent
from tests.unit.steps import cases, put


def said(group: dict[str, Any]) -> str:
    browser, system = (
        " ".join(part[key] for key in ("name", "version") if key in part) or "-" for part in (group, group.get("os", {}))
    )
    return f"{browser} / {system} / {group['device']['type']}"


@pytest.mark.parametrize("case", cases("agents"), ids=lambda case: case["agent"][:60])
def test_an_agent_tells_browser_system_and_device(case: dict[str, str]) -> None:
    group = put(put_agent, agent=case["agent"]).user_agent
    assert said(group) == case["is"]
    assert group["original"] == case["agent"]


def test_every_type_of_device_is_among_the_cases() -> None:
    types = {case["is"].rpartition(" / ")[2] for case in cases("agents")}
    assert types == {"desktop", "mobile", "tablet", "tv", "console", "other"}


def test_without_an_agent_nothing_is_told() -> None:
    assert put(put_agent).user_agent == {}
    assert put(put_agent, agent=" \x00 ").user_agent == {}


def test_an_agent_that_says_nothing_is_a_device_of_another_type() -> None:
    assert read_agent("Something else") == {"device": {"type": "other"}, "original": "Something else"}


def test_the_same_agent_is_read_once() -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    assert put(put_agent, agent=agent).user_agent is put(put_agent, agent=agent).user_agent


@pytest.mark.parametrize("agent", ["Mozilla/5.0 (" * 78, "a" * 1024, "(" * 1024, "Android; " * 113, "/1.1" * 256, "tv " * 341])
def test_no_agent_takes_long_to_read(agent: str) -> None:
    started = time.perf_counter()
    read_agent(agent)
    assert time.perf_counter() - started < 0.25
