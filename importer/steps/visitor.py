"""Who sent a hit: ids that a salt makes of what a browser says of itself, and that nobody can turn back."""

from hashlib import blake2b

from hits.hit import Hit
from importer.facts import Context, Drop, Facts
from importer.salts import before, period_of
from importer.steps.event import flatten


def put_visitor(hit: Hit, facts: Facts, context: Context) -> None:
    """The client's id by the salt of the hit's own period, and by the one before, for a visit that went on over midnight."""
    who = "\0".join((hit.site, hit.ip, hit.agent, hit.accept_language, hit.accept_encoding, hit.client_hash)).encode(
        "utf-8", "surrogatepass"
    )
    period = period_of(facts.time, context.identity)
    facts.clients = tuple(
        blake2b(who, key=salt, digest_size=16).hexdigest()
        for each in (period, before(period))
        if each is not None and (salt := context.salts.get(each)) is not None
    )
    facts.client_hash = hit.client_hash
    if hit.traits:
        facts.traits = flatten(hit.traits)


def drop_erased(hit: Hit, facts: Facts, context: Context) -> Drop | None:
    """Hits that were on their way when their site or client was erased."""
    return Drop.ERASED if is_erased(facts, context) else None


def is_erased(facts: Facts, context: Context) -> bool:
    return bool(context.erased) and any(facts.received <= context.erased.get(what, -1) for what in (facts.site, *facts.clients))
