"""What is known of bots: a bot's agent string in, the bot's name, and of a name its kind out.

Whether an agent is a bot's, hits/agents.py says. The kinds are the tags of crawler-user-agents (its README lists them):
search-engine, seo, monitoring, ai-crawler, social-preview and so on.
"""

import re
from collections import Counter, defaultdict
from functools import cache, lru_cache

from importer.data import read
from importer.steps.text import clean

UNNAMED = "other"
AUTOMATION = "browser-automation"
NAME = 64

_NAMES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\A([a-z][\w.-]*(?: [a-z][\w.-]*){1,3})/v?\d",  # Screaming Frog SEO Spider/19.4
        r"(?<![\w.@/+-])(?=[a-z])([\w.-]*(?:bot|spider|crawl|slurp|scan|fetch|preview|monitor|externalhit|agent|lighthouse)[\w.-]*+)(?!@)",
        r"(?<![\w.@/+-])([a-z][\w.!-]*)/v?\d",  # HeadlessChrome/120.0
        r"\bcompatible[;,] *([a-z][\w.!-]+)",  # compatible; StatusCake
        r"\A\W*([a-z][\w.-]+)",  # Mediapartners-Google
    )
)
#: What stands in every browser's agent, or in any bot's, and names none.
_NO_NAMES = frozenset(read("agents")["bots"]["no_names"])


@lru_cache(1024)
def bot_name(agent: str) -> str:
    """The short product name in a bot's agent, such as `Googlebot` or `curl`; `other` where there is none."""
    return _told_name(agent) or _listed_name(agent) or UNNAMED


def _told_name(agent: str) -> str:
    """As the agent itself writes it."""
    for pattern in _NAMES:
        for found in pattern.finditer(agent):
            name = found[1].rstrip(".-_")
            if name.lower() not in _NO_NAMES:
                return clean(name, NAME)
    return ""


def _listed_name(agent: str) -> str:
    """What crawler-user-agents looks for, such as `Speedy Spider`."""
    found = [match[0] for pattern, _ in _list()[1] if (match := pattern.search(agent))]
    return clean(max(found, key=len, default="").strip(" /();"), NAME)


@lru_cache(1024)
def bot_kind(name: str) -> str:
    """What a bot of this name is for: a tag of crawler-user-agents; `other` for a name that it does not know."""
    kinds, patterns = _list()
    if name in kinds:
        return kinds[name]
    found = ((len(match[0]), kind) for pattern, kind in patterns if (match := pattern.search(name)))
    return max(found, default=(0, UNNAMED))[1]


@cache
def _list() -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    """Kinds by name, and patterns with their kinds. It is read once a bot is kept: most installations never need it."""
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA

    kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for known in CRAWLER_USER_AGENTS_DATA:
        for agent in known["instances"]:
            kinds[_told_name(agent)][known["tags"][0]] += 1
    kinds.pop("", None)
    patterns = [(re.compile(known["pattern"]), known["tags"][0]) for known in CRAWLER_USER_AGENTS_DATA]
    return {
        **{name: counted.most_common(1)[0][0] for name, counted in kinds.items()},
        "WebDriver": AUTOMATION,
        "HeadlessChrome": AUTOMATION,
    }, patterns
