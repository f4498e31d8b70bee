"""The agent: a User-Agent string and client hints in; user_agent {name, version, os {name, version}, device {type}, original}
out.

ua-parser's Rust resolver reads the string, user-agents tells phones, tablets and computers, importer/data/agents.toml
gives names and tells televisions and consoles. Versions are major.minor, as Plausible shows them.
"""

import re
from functools import lru_cache
from typing import Any

import user_agents.parsers as parsers
from ua_parser import OS, Device, Parser, UserAgent
from ua_parser.loaders import load_builtins
from ua_parser.regex import Resolver

from hits.hit import LIMITS, Hit
from importer.data import read
from importer.facts import Context, Facts
from importer.steps.hints import with_hints
from importer.steps.text import clean

_data = read("agents")
_BROWSERS: dict[str, str] = _data["browsers"]
_SYSTEMS: dict[str, str] = _data["systems"]
_DEVICES = {kind: re.compile("|".join(patterns), re.IGNORECASE) for kind, patterns in _data["devices"].items()}

_parse = Parser(Resolver(load_builtins())).parse
UNKNOWN = "Other"


class Agent(parsers.UserAgent):  # type: ignore[misc]
    """user-agents' own answers, without the slow parser that its constructor calls."""

    def __init__(self, text: str):
        result = _parse(text)
        browser = result.user_agent or UserAgent(UNKNOWN)
        system = result.os or OS(UNKNOWN)
        device = result.device or Device(UNKNOWN)
        self.ua_string = text
        self.browser = parsers.parse_browser(browser.family, browser.major, browser.minor, browser.patch)
        self.os = parsers.parse_operating_system(system.family, system.major, system.minor, system.patch)
        self.device = parsers.parse_device(device.family, device.brand, device.model)

    def _is_android_tablet(self) -> bool:
        """Phones say `Mobile`, whatever browser stands between that and `Safari`."""
        return "Mobile" not in self.ua_string


def put_agent(hit: Hit, facts: Facts, context: Context) -> None:
    if not hit.agent:
        return
    if hit.hint_brands or hit.hint_platform:
        facts.user_agent = read_hinted(hit.agent, hit.hint_brands, hit.hint_platform, hit.hint_mobile)
    else:
        facts.user_agent = read_agent(hit.agent)


@lru_cache(8192)
def read_hinted(text: str, brands: str, platform: str, mobile: bool) -> dict[str, Any]:
    """The `user_agent` group of a string and the client hints that came with it."""
    return with_hints(read_agent(text), brands, platform, mobile)


@lru_cache(8192)
def read_agent(text: str) -> dict[str, Any]:
    """The `user_agent` group; {} for an empty string."""
    text = clean(text, LIMITS["agent"])
    if not text:
        return {}
    agent = Agent(text)
    group: dict[str, Any] = _named(agent.browser, _BROWSERS)
    system = _named(agent.os, _SYSTEMS)
    if system:
        group["os"] = system
    group["device"] = {"type": device_type(agent)}
    group["original"] = text
    return group


def _named(product: Any, names: dict[str, str]) -> dict[str, str]:
    """{"name", "version"} of user-agents' browser or system, as far as known."""
    if product.family == UNKNOWN:
        return {}
    named = {"name": clean(names.get(product.family, product.family))}
    version = clean(".".join(str(part) for part in product.version[:2]))
    return {**named, "version": version} if version else named


def device_type(agent: Agent) -> str:
    """desktop, mobile, tablet, tv, console, or other where nothing tells; a car's screen is other."""
    text = agent.ua_string
    for kind, pattern in _DEVICES.items():
        if pattern.search(text):
            return str(kind)
    if agent.device.family in parsers.TABLET_DEVICE_FAMILIES:
        return "tablet"
    if "; Android " in text and "Safari/" in text and "Mobile" not in text:
        return "tablet"
    if agent.is_mobile:
        return "mobile"
    if agent.is_tablet:
        return "tablet"
    if agent.is_pc or "X11;" in text:
        return "desktop"
    return "mobile" if "Mobile" in text else "other"
