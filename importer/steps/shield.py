"""Shields: a site's own rules and a hit's address, page and country in; a drop out. What they say: importer/shields.py.

The page comes from put_page and the country from put_place, so these steps stand behind them.
"""

from hits.hit import Hit
from importer.facts import Context, Drop, Facts


def drop_shielded(hit: Hit, facts: Facts, context: Context) -> Drop | None:
    """By address, host and path. A host counts without its `www.`, as in a site's hosts."""
    shield = context.shields.get(hit.site)
    if shield is None:
        return None
    if shield.hides_address(hit.ip) or shield.hides_page(facts.domain.removeprefix("www."), facts.path):
        return Drop.SHIELD
    return None


def drop_shielded_country(hit: Hit, facts: Facts, context: Context) -> Drop | None:
    shield = context.shields.get(hit.site)
    return Drop.SHIELD if shield and facts.geo.get("country_iso_code") in shield.countries else None
