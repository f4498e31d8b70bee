"""What client hints add to an agent string, and what they cannot."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.data import read
from importer.steps.agent import put_agent
from importer.steps.hints import with_hints
from tests.unit.steps import cases, put
from tests.unit.test_steps_agent import said

AGENTS = {
    "win": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "mac": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 "
    "Safari/537.36",
    "linux": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "ubuntu": "Mozilla/5.0 (X11; Ubuntu; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    "phone": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
    "tablet": "Mozilla/5.0 (Linux; Android 13; SM-X906C) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    "opera": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 "
    "OPR/112.0.0.0",
    "edge": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 "
    "Edg/142.0.0.0",
    "firefox": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "instagram": "Mozilla/5.0 (Linux; Android 14; SM-S928B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/131.0.6778.39 Mobile Safari/537.36 Instagram 404.0.0.48.76 Android (34/14; 480dpi; 1080x2340; samsung; SM-S928B)",
}


def hinted(case: dict[str, Any]) -> dict[str, Any]:
    return put(
        put_agent,
        agent=AGENTS[case["agent"]],
        hint_brands=case["brands"],
        hint_platform=case["platform"],
        hint_mobile=case.get("mobile", False),
    ).user_agent


@pytest.mark.parametrize("case", cases("hints"), ids=lambda case: case["name"])
def test_client_hints_tell_what_an_agent_string_hides(case: dict[str, Any]) -> None:
    group = hinted(case)
    assert said(group) == case["is"]
    assert group["original"] == AGENTS[case["agent"]]


def test_the_order_of_brands_makes_no_difference() -> None:
    brands = ['"Chromium";v="134"', '"Microsoft Edge WebView2";v="134"', '"DuckDuckGo";v="5"', '"Not:A-Brand";v="24"']
    names = {hinted({"agent": "win", "brands": ", ".join(brands[n:] + brands[:n]), "platform": ""})["name"] for n in range(4)}
    assert names == {"DuckDuckGo"}


def test_what_an_agent_says_alone_is_not_changed_for_others() -> None:
    before = put(put_agent, agent=AGENTS["win"]).user_agent
    hinted({"agent": "win", "brands": '"Brave";v="142"', "platform": '"Android"', "mobile": True})
    assert said(before) == "Chrome 142.0 / Windows 10 / desktop"


@given(st.text(max_size=300), st.text(max_size=40), st.booleans(), st.sampled_from(sorted(AGENTS)))
def test_whatever_hints_say_only_names_of_our_list_get_into_reports(brands: str, platform: str, mobile: bool, agent: str) -> None:
    alone = put(put_agent, agent=AGENTS[agent]).user_agent
    group = with_hints(alone, brands, platform, mobile)
    assert group["name"] in {alone["name"], *read("agents")["brands"].values()}
    assert group["device"]["type"] in {"desktop", "mobile", "tablet"}
