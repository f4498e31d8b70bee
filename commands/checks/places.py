"""Does FizzStat know places, and is what it knows of today?"""

from collections.abc import Iterator
from datetime import UTC, datetime

import maxminddb

from commands.checks.finding import Finding, Ward, error, note, warning
from commands.screen import span
from importer.geo import PlacesUnreadable, open_places
from importer.geo_files import fetched, used

OLD = 40 * 86400  # seconds; GeoLite2 and DB-IP Lite come every month at least


def places_are_known(ward: Ward) -> Iterator[Finding]:
    """There is a database of places, and it can be read."""
    files = used(ward.settings)
    if not files:
        yield note("There is no database of places: countries alone are known, and no cities.", "./fizzstat geoip")
        return
    try:
        open_places(*files)
    except PlacesUnreadable as wrong:
        yield error(f"{wrong}.", "" if ward.settings.geoip_db else "./fizzstat geoip")
    if ward.settings.geoip_db and fetched(ward.settings):
        yield note("FIZZSTAT_GEOIP_DB names a file, so what ./fizzstat geoip fetched is not used.", "clear FIZZSTAT_GEOIP_DB")


def places_are_of_today(ward: Ward) -> Iterator[Finding]:
    """The database of places is younger than 40 days."""
    for file in used(ward.settings):
        try:
            with maxminddb.open_database(str(file)) as reader:
                built = reader.metadata().build_epoch
        except (OSError, ValueError, maxminddb.InvalidDatabaseError):
            continue  # the check before says so
        age = ward.now() - built
        if age > OLD:
            date = datetime.fromtimestamp(built, UTC)
            yield warning(f"{file} is of {date:%Y-%m-%d}, {span(age)} ago: addresses have moved since.", "./fizzstat geoip")


CHECKS = (places_are_known, places_are_of_today)
