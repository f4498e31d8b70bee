"""What few foreign trackers tell beside the rest: the page's encoding, the request's own Referer and Accept-Language headers."""

from hits.hit import LIMITS, Hit
from importer.facts import Context, Facts
from importer.steps.text import clean
from importer.steps.url import read_url

#: Ways in of formats that have the headers as fields.
TELL_HEADERS = frozenset({"crumby"})


def put_headers(hit: Hit, facts: Facts, context: Context) -> None:
    if hit.encoding:
        facts.encoding = clean(hit.encoding, LIMITS["encoding"])
    if hit.way in TELL_HEADERS:
        facts.language_header = clean(hit.accept_language)
        referrer = read_url(hit.referrer_header) if hit.referrer_header else None
        facts.referrer_header = referrer.bare if referrer else ""
