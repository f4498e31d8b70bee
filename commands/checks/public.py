"""Is the collector that browsers reach this one, and does it see their addresses?"""

from collections.abc import Iterator

import msgspec

from commands.checks.finding import Finding, Ward, error, warning
from commands.web import WebError, ask, public


class _Ready(msgspec.Struct):
    """Of /readyz, what is asked for here."""

    forwarded: int
    proxies: int


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
    try:
        with ask(ward.public_url.rstrip("/") + "/readyz", "--url") as answer:
            told = msgspec.json.decode(answer.read(10_000), type=_Ready)
    except (WebError, msgspec.MsgspecError):
        return  # the check before says so, or the proxy keeps /readyz to itself
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


CHECKS = (browsers_reach_the_collector, proxies_are_counted)
