"""Bots: what an agent and a browser's own headers say in; a drop, or the bot's name where bots are kept, out.

Five signs, each of them enough. All but the first look at what only a browser sends, so they count for hits of a page alone: a
server's own hits carry neither a visitor's headers nor, sometimes, an agent. What browsers fetch ahead of a visitor
(Sec-Purpose) never gets here: collect/trust.py leaves it out.
"""

from enum import StrEnum

from hits.agents import is_bot
from hits.hit import Hit
from importer.bots import UNNAMED, bot_name
from importer.facts import Context, Drop, Facts

#: Ways in that carry a browser's own headers.
BROWSER_WAYS = frozenset({"hit", "pixel", "plausible", "umami", "goatcounter", "fathom", "crumby", "alcolytics", "original"})
#: And one in which a server hands on what the browser said of bots.
TELL_WEBDRIVER = BROWSER_WAYS | {"goatcounter-api"}


class Sign(StrEnum):
    """Why a hit is a bot's."""

    #: Its agent is a crawler's, a tool's or a headless browser's. Privacy browsers have the agent of an ordinary one.
    AGENT = "agent"
    #: It has no agent. Every browser sends one; those that hide send a common one.
    NO_AGENT = "no_agent"
    #: Client hints of a headless Chromium under the agent of an ordinary one: they are forgotten when an agent is faked.
    HEADLESS = "headless"
    #: The page says that a program drives the browser: Selenium, Playwright, Puppeteer (w3.org/TR/webdriver2, 4).
    WEBDRIVER = "webdriver"
    #: A script's hit of an ordinary browser's agent that tells no language, neither in Accept-Language nor by navigator.language,
    #: and no client hints: HTTP libraries with a faked agent, old headless Chromes. Firefox, Safari and Chromium always tell
    #: one, by sendBeacon and fetch too; Tor Browser, Brave, LibreWolf and Mullvad a common one. Mail programs, image proxies,
    #: televisions and consoles may not: those are no bots. A proxy must not take the header away: `doctor --url` looks.
    NO_LANGUAGE = "no_language"


_NAMES = {Sign.NO_AGENT: UNNAMED, Sign.HEADLESS: "HeadlessChrome", Sign.WEBDRIVER: "WebDriver", Sign.NO_LANGUAGE: "no language"}
_BROWSERS = ("Chrome/", "Firefox/", "Safari/")
_MAY_BE_SILENT = ("TV", "PlayStation", "Nintendo", "Xbox", "Web0S", "Tizen", "; wv)")


def sign_of(hit: Hit, context: Context) -> Sign | None:
    """Why a hit is a bot's, None for one that is none."""
    if not hit.agent.strip():
        return Sign.NO_AGENT if hit.way in BROWSER_WAYS else None
    if is_bot(hit.agent):
        return Sign.AGENT
    if hit.webdriver and hit.way in TELL_WEBDRIVER and Sign.WEBDRIVER in context.bot_signs:
        return Sign.WEBDRIVER
    if hit.way not in BROWSER_WAYS:
        return None
    if "HeadlessChrome" in hit.hint_brands and Sign.HEADLESS in context.bot_signs:
        return Sign.HEADLESS
    if hit.accept_language or hit.language or hit.hint_brands or hit.way != "hit" or Sign.NO_LANGUAGE not in context.bot_signs:
        return None
    return Sign.NO_LANGUAGE if _always_tells_its_language(hit.agent) else None


def _always_tells_its_language(agent: str) -> bool:
    return any(name in agent for name in _BROWSERS) and not any(name in agent for name in _MAY_BE_SILENT)


def drop_bot(hit: Hit, facts: Facts, context: Context) -> Drop | None:
    return Drop.BOT if not context.keep_bots and sign_of(hit, context) else None


def put_bot(hit: Hit, facts: Facts, context: Context) -> None:
    """Where bots are not kept, what gets here is none."""
    if context.keep_bots and (sign := sign_of(hit, context)):
        facts.bot = bot_name(hit.agent) if sign is Sign.AGENT else _NAMES[sign]
