"""What is known of the places that visits come from: a host, an Android package or a tag in, a Source out.

The list is importer/data/sources.toml, which says what its patterns mean.
"""

from functools import lru_cache
from typing import NamedTuple

from publicsuffixlist import PublicSuffixList

from importer.data import read

_suffixes = PublicSuffixList()


class Source(NamedTuple):
    """`name` is what people read; `category` one of search, social, video, shopping, email, ai, push, other, or "" if unknown."""

    name: str
    category: str = ""


def _index() -> tuple[dict[str, Source], dict[str, Source], frozenset[str]]:
    """Sources by host pattern or package, sources by tag, and the tags that mean paid traffic."""
    by_host: dict[str, Source] = {}
    by_tag: dict[str, Source] = {}
    paid: set[str] = set()
    for category, rows in read("sources").items():
        for name, known in rows.items():
            source = Source(name, category)
            ads = known.get("ads", [])
            paid.update(ads)
            for host in known.get("hosts", []) + known.get("apps", []):
                by_host[host] = source
            for tag in [name.lower(), *known.get("tags", []), *ads]:
                by_tag[tag] = source
    return by_host, by_tag, frozenset(paid)


_by_host, _by_tag, PAID_TAGS = _index()


@lru_cache(4096)
def by_host(host: str) -> Source | None:
    """The source that a referrer's host (lower case, no `www.`) or an Android package belongs to, if it is known."""
    suffix = "." + (_suffixes.publicsuffix(host) or "")
    exact = _by_host.get(host) or _by_host.get(_any_suffix(host, suffix))
    if exact:
        return exact
    parent = host
    while parent:
        known = _by_host.get("*." + parent) or _by_host.get("*." + _any_suffix(parent, suffix))
        if known:
            return known
        parent = parent.partition(".")[2]
    return None


def _any_suffix(host: str, suffix: str) -> str:
    """`google.*` for `google.co.uk`."""
    return host.removesuffix(suffix) + ".*" if host.endswith(suffix) else host


def by_tag(tag: str) -> Source:
    """The source that a tag such as `fb`, `Google` or `chatgpt.com` names; one that is not known is its own name."""
    lowered = tag.lower()
    known = _by_tag.get(lowered)
    if not known and "." in lowered and " " not in lowered:
        known = by_host(lowered.removeprefix("www."))
    return known or Source(tag)
