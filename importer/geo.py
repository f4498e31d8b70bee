"""Places by address: .mmdb files in, a function from an address to the `client.geo` group out.

Which files: FIZZSTAT_GEOIP_DB's, else what `./fizzstat geoip` brought (geo_files.py). One, or one for IPv4 and one for IPv6,
in any order. Without any, the registries' table tells the country: iptocc carries what AFRINIC, APNIC, ARIN, LACNIC and RIPE
say they gave out (docs/enrichment.md says how often that is right).
"""

import logging
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import iptocc
import maxminddb

from importer.geo_files import used
from importer.geo_record import read_record
from importer.steps.address import read_address
from importer.steps.place import CONTINENTS
from importer.watched import Unreadable, Watched
from settings import Settings

log = logging.getLogger("fizzstat.importer")

Places = Callable[[str], dict[str, Any]]

CACHED = 8192  # addresses


class PlacesUnreadable(Unreadable):
    """A database of places cannot be used; the message names the file and what to do."""


def watch_places(settings: Settings, clock: Callable[[], float] = time.monotonic) -> Watched[Places]:
    """The lookup, which follows its files while they change. Raises PlacesUnreadable."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return Watched(partial(used, settings), lambda paths: open_places(*paths, copies_in=settings.data_dir), clock)


def open_places(*files: str | Path, copies_in: Path | None = None) -> Places:
    """The lookup in one or two .mmdb files, or in the registries' table without any. Raises PlacesUnreadable.

    It takes an IPv4 or IPv6 address as text (mapped and scoped ones too) and gives {} for what it does not know. The groups
    that it gives are shared and never changed.
    """
    paths = [Path(file) for file in files]
    if not paths:
        return registered
    if len(paths) > 2:
        raise PlacesUnreadable(f"FIZZSTAT_GEOIP_DB takes one file, or one for IPv4 and one for IPv6, and these are {len(paths)}")
    readers = [(path, _open(path, copies_in)) for path in paths]
    four = [reader for _, reader in sorted(readers, key=lambda one: one[1].metadata().ip_version)]
    six = [reader for reader in four if reader.metadata().ip_version == 6]

    @lru_cache(1)
    def say_damaged(error: str) -> None:
        log.error("a database of places is damaged, download it again: %s: %s", ", ".join(map(str, paths)), error)

    @lru_cache(CACHED)
    def place(ip: str) -> dict[str, Any]:
        address = read_address(ip)
        if address is None:
            return {}
        for reader in four if address.version == 4 else six:
            try:
                record = reader.get(address)
            except maxminddb.InvalidDatabaseError as error:
                say_damaged(str(error))
                continue
            if isinstance(record, dict) and (group := read_record(record)):
                return group
        return {}

    return place


def registered(ip: str) -> dict[str, Any]:
    """Country and continent by the registries' table."""
    if not ip.isascii():
        return {}
    country = iptocc.country_code(ip)
    if not country and ":" in ip and (address := read_address(ip)):
        country = iptocc.country_code(str(address))
    return _country(country) if country else {}


@lru_cache(300)
def _country(code: str) -> dict[str, Any]:
    return {"continent_code": CONTINENTS[code], "country_iso_code": code} if code in CONTINENTS else {}


def _open(path: Path, copies_in: Path | None) -> maxminddb.Reader:
    """A reader of a copy of the file that has no name: it maps the file into memory, and a mapped file that somebody writes over
    takes the process down."""
    try:
        with tempfile.NamedTemporaryFile(dir=copies_in, prefix="places-") as copy:
            with path.open("rb") as file:
                shutil.copyfileobj(file, copy, 1 << 20)
            copy.flush()
            return maxminddb.open_database(copy.name)
    except FileNotFoundError:
        raise PlacesUnreadable(
            f"FIZZSTAT_GEOIP_DB names {path}, and there is no such file: put it there or clear the setting"
        ) from None
    except OSError as error:
        raise PlacesUnreadable(f"FIZZSTAT_GEOIP_DB: {path} cannot be read: {error.strerror or error}") from None
    except (maxminddb.InvalidDatabaseError, UnicodeDecodeError, ValueError):
        raise PlacesUnreadable(
            f"FIZZSTAT_GEOIP_DB: {path} is damaged or no .mmdb file: download it again and unpack it"
        ) from None
