"""Bots: an agent string in; a drop, or the bot's name where bots are kept, out.

is-bot decides: a regular expression of some 200 parts, so what it says of an agent is remembered.
"""

import re
from functools import lru_cache

from is_bot import Bots

from hits.hit import Hit
from importer.data import read
from importer.facts import Context, Drop, Facts
from importer.steps.text import clean

#: Ways in that only a browser uses, and every browser says what it is. A server's own hits may have no agent.
BROWSER_WAYS = frozenset({"hit", "pixel"})
UNNAMED = "other"
NAME = 64

_bots = Bots()
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


@lru_cache(8192)
def bot_name(agent: str) -> str:
    """The short product name of a bot, such as `Googlebot` or `curl`; "" for an agent that is none."""
    if not _bots.is_bot(agent):
        return ""
    for pattern in _NAMES:
        for found in pattern.finditer(agent):
            name = found[1].rstrip(".-_")
            if name.lower() not in _NO_NAMES:
                return clean(name, NAME)
    return UNNAMED


def _bot(hit: Hit) -> str:
    if not hit.agent.strip():
        return UNNAMED if hit.way in BROWSER_WAYS else ""
    return bot_name(hit.agent)


def drop_bot(hit: Hit, facts: Facts, context: Context) -> Drop | None:
    return Drop.BOT if not context.keep_bots and _bot(hit) else None


def put_bot(hit: Hit, facts: Facts, context: Context) -> None:
    facts.bot = _bot(hit)
