"""The place: address and time zone in; geo {country_iso_code, …} out. A database knows first, the browser's time zone helps.

Without a database's answer the time zone tells country and continent (CLDR's table, by Babel). `timezone` is the database's,
else the browser's where it is a zone that IANA knows.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from babel.core import get_global

from hits.hit import Hit
from importer.data import read
from importer.facts import Context, Facts

CONTINENTS: Mapping[str, str] = {
    country: continent for continent, countries in read("continents").items() for country in countries.split()
}
_territories: Mapping[str, str] = get_global("zone_territories")
_aliases: Mapping[str, str] = get_global("zone_aliases")
ZONES = frozenset(files("tzdata").joinpath("zones").read_text("ascii").split())


def put_place(hit: Hit, facts: Facts, context: Context) -> None:
    known = context.place(hit.ip) if hit.ip else {}
    told = place_of_zone(hit.time_zone) if hit.time_zone else {}
    if not known or not told:
        facts.geo = known or told
    elif "country_iso_code" not in known:
        facts.geo = {**told, **known}
    elif "timezone" not in known:
        facts.geo = {**known, "timezone": told["timezone"]}
    else:
        facts.geo = known


@lru_cache(1024)
def place_of_zone(zone: str) -> dict[str, str]:
    """Country, continent and timezone of `Europe/Berlin`; {} for what IANA does not know. `UTC` is a zone of no country."""
    if zone not in ZONES:
        return {}
    place = {"timezone": zone}
    country = _territories.get(_aliases.get(zone, zone), "")
    if country in CONTINENTS:
        place["country_iso_code"] = country
        place["continent_code"] = CONTINENTS[country]
    return place
