"""Is the collector that browsers reach this one, and does it see their addresses?"""

from collections.abc import Iterator

import msgspec

from commands.checks.finding import Finding, Ward, error, warning
from commands.web import WebError, ask, public


class _Ready(msgspec.Struct):
    """Of /readyz, what is asked for here."""

    forwarded: int
    proxies: int
    language: bool = True


def browsers_reach_the_collector(ward: Ward) -> Iterator[Finding]:
    """At the address that browsers use, a collector answers, over HTTPS."""
    where = ward.public_url.rstrip("/")
    try:
        with ask(where + "/tracker.js", "--url") as answer:
            status, text = answer.status, answer.read(200)
    except WebError as wrong:
        yield error(wrong.message)
        return
    if status != 200 or not text:
        yield error(f"{public(where)}/tracker.js answers {status}: the proxy does not lead to a collector.")
    if not where.startswith("https://"):
        yield warning(f"{public(where)} is without HTTPS: pages that have it cannot send hits there.")


def proxies_are_counted(ward: Ward) -> Iterator[Finding]:
    """FIZZSTAT_PROXY_COUNT is how many proxies hand on a visitor's address."""
    told = _ready(ward)
    if told is None:
        return
    if told.forwarded > told.proxies:
        yield error(
            f"{told.forwarded} proxies hand on visitors' addresses, and {told.proxies} are counted: "
            "all visitors have a proxy's address.",
            f"FIZZSTAT_PROXY_COUNT={told.forwarded}",
        )
    elif told.forwarded < told.proxies:
        yield error(
            f"{told.proxies} proxies are counted, and {told.forwarded} hand on visitors' addresses: who visits, and who is a "
            "proxy, cannot be told.",
            "let every proxy add to X-Forwarded-For (deploy/nginx.conf), or correct FIZZSTAT_PROXY_COUNT",
        )


def headers_come_through(ward: Ward) -> Iterator[Finding]:
    """No proxy takes away what browsers say of their language."""
    told = _ready(ward)
    if told and not told.language:
        said = "A proxy takes Accept-Language away, so nobody's language is known"
        if "no_language" in ward.settings.bot_signs:
            yield error(
                f"{said}, and who sends no client hints, as Firefox and Safari, is taken for a bot.",
                "let the proxy hand Accept-Language on, or FIZZSTAT_BOT_SIGNS=headless,webdriver",
            )
        else:
            yield warning(f"{said}.", "let the proxy hand Accept-Language on")


def _ready(ward: Ward) -> _Ready | None:
    """What the collector says of a request that comes from outside; None where the check before tells why not, or the proxy
    keeps /readyz to itself."""
    try:
        with ask(ward.public_url.rstrip("/") + "/readyz", "--url", headers={"Accept-Language": "en"}) as answer:
            return msgspec.json.decode(answer.read(10_000), type=_Ready)
    except (WebError, msgspec.MsgspecError):
        return None


CHECKS = (browsers_reach_the_collector, proxies_are_counted, headers_come_through)
