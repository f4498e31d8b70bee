"""Referrer spam: a referrer in; a drop out, if it is of a host that is known to send made-up visits so that its name is read."""

from hits.hit import Hit
from importer.facts import Context, Drop, Facts
from importer.steps.url import read_url


def drop_spam(hit: Hit, facts: Facts, context: Context) -> Drop | None:
    if not hit.referrer or not context.spam:
        return None
    referrer = read_url(hit.referrer)
    host = referrer.host if referrer else ""
    while host:
        if host in context.spam:
            return Drop.SPAM
        host = host.partition(".")[2]
    return None
