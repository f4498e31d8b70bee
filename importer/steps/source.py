"""Where a visit comes from: referrer and campaign tags in; referrer, traffic {source, channel, …} and utm out.

As in Plausible, utm_source, else source, else ref in the page's own URL names the source; without them the referrer does.
A name that importer/data/sources.toml knows is written as there, any other as it came; a host without its `www.`.
"""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from hits.hit import Hit
from importer.facts import Context, Facts
from importer.sources import Source, by_host, by_tag
from importer.steps.channel import channel
from importer.steps.page import read_page
from importer.steps.text import clean
from importer.steps.url import CACHED, Url, read_url

UTM = {
    "utm_source": "source",
    "utm_medium": "medium",
    "utm_campaign": "campaign",
    "utm_term": "term",
    "utm_content": "content",
}
SOURCE_TAGS = ("utm_source", "source", "ref")
#: The parameters by which advertisers and mailers mark a click; only a parameter's name is kept. The first in this order counts.
CLICK_IDS = (
    "gclid",  # Google Ads
    "gbraid",
    "wbraid",
    "dclid",
    "msclkid",  # Microsoft Advertising
    "fbclid",  # Meta
    "twclid",  # X
    "ttclid",  # TikTok
    "yclid",  # Yandex
    "li_fat_id",  # LinkedIn
    "rdt_cid",  # Reddit
    "epik",  # Pinterest
    "ScCid",  # Snapchat
    "igshid",  # Instagram
    "mc_eid",  # Mailchimp
)
_TELLING = frozenset((*UTM, *SOURCE_TAGS, *CLICK_IDS))


class Tags(NamedTuple):
    """What a page's own URL says of where its visitor comes from. `source` is the tag that names it."""

    utm: dict[str, str]
    source: str
    click_id: str


NO_TAGS = Tags({}, "", "")


def put_source(hit: Hit, facts: Facts, context: Context) -> None:
    """Traffic always has a channel; it has no source, and there is no referrer, when the page was opened directly."""
    page = read_page(hit.url)
    tags = read_tags(page.query) if page and page.query else NO_TAGS
    host = ""
    referrer = read_url(hit.referrer) if hit.referrer else None
    if referrer and not _own(referrer, page, hit.site, context):
        host = referrer.bare_host
        facts.referrer = referrer.bare
    utm = tags.utm
    facts.utm = utm
    told = (host, tags.source, utm.get("source", ""), utm.get("medium", ""), utm.get("campaign", ""), tags.click_id)
    facts.traffic = _cached_traffic(*told) if sum(map(len, told)) <= CACHED else _traffic(*told)


def _own(referrer: Url, page: Url | None, site: str, context: Context) -> bool:
    """Whether a referrer is the page's own host or one of its site's, or a developer's machine."""
    host = referrer.bare_host
    if host in (site, "localhost") or (page and host == page.bare_host):
        return True
    return host in context.site_hosts.get(site, ())


def read_tags(query: str) -> Tags:
    return _cached_tags(query) if len(query) <= CACHED else _read_tags(query)


def _read_tags(query: str) -> Tags:
    found: dict[str, str] = {}
    for name, value in parse_qsl(query):
        if name in _TELLING:
            found.setdefault(name, clean(value))
    if not found:
        return NO_TAGS
    return Tags(
        utm={field: found[name] for name, field in UTM.items() if found.get(name)},
        source=next((found[name] for name in SOURCE_TAGS if found.get(name)), ""),
        click_id=next((name for name in CLICK_IDS if found.get(name)), ""),
    )


_cached_tags = lru_cache(4096)(_read_tags)


def _traffic(host: str, tag: str, utm_source: str, utm_medium: str, utm_campaign: str, click_id: str) -> dict[str, str]:
    """`host` is the referrer's, or the Android app's package; it is told even where a tag names the source."""
    source = None
    if tag:
        source = by_tag(tag)
    elif host:
        source = by_host(host) or Source(host)
    traffic = {"channel": channel(source, utm_source, utm_medium, utm_campaign, click_id)}
    if source:
        traffic["source"] = source.name
    if host:
        traffic["referrer_domain"] = host
    if click_id:
        traffic["click_id"] = click_id
    return traffic


_cached_traffic = lru_cache(8192)(_traffic)
