"""What came over the network, made a database of places: unpacked (.mmdb, .mmdb.gz, .tar.gz) and looked into.

In: a file, and an empty one to write to. Out: a Database that can be used, or Unusable with the reason.
"""

import gzip
import ipaddress
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import click
import maxminddb

from importer.geo_record import read_record

MOST = 4 << 30  # bytes of a database; GeoIP2 Enterprise and IPinfo's largest are below 2 GiB
PIECE = 1 << 20
GZIP = b"\x1f\x8b"
TAR_MAGIC = (b"ustar", 257)  # POSIX ustar and GNU: pubs.opengroup.org, pax interchange format

#: Addresses whose country has not changed in twenty years, by whom: Google's DNS, RIPE NCC, APNIC, ARIN; then IPv6.
KNOWN = ("8.8.8.8", "193.0.6.139", "202.12.29.205", "199.212.0.46", "2001:4860:4860::8888", "2001:67c:2e8:22::c100:68b")


class Unusable(click.ClickException):
    """What was sent is no database of places; nothing was changed."""


@dataclass(frozen=True)
class Database:
    """`known` is one of KNOWN, and `country` where the database has it."""

    type: str
    built: datetime
    ip_version: int
    nodes: int
    known: str
    country: str


def unpack(source: Path, target: IO[bytes], shown: str) -> None:
    """Write the database that is in `source` to `target`. Raises Unusable; `shown` is where it came from."""
    try:
        with source.open("rb") as plain:
            if plain.read(2) != GZIP:
                plain.seek(0)
                return _copy(plain, target, shown)
        with gzip.open(source) as unzipped:
            head = unzipped.read(512)
            if head[TAR_MAGIC[1] :].startswith(TAR_MAGIC[0]):
                return _from_tar(source, target, shown)
            unzipped.seek(0)
            return _copy(unzipped, target, shown)
    except (EOFError, gzip.BadGzipFile, zlib.error, tarfile.TarError):
        raise Unusable(f"What {shown} sent is damaged: it does not unpack. Try again.") from None


def _from_tar(source: Path, target: IO[bytes], shown: str) -> None:
    """The archive's one .mmdb; its name is not used, so it leads nowhere."""
    with tarfile.open(source, "r:gz") as archive:
        for member in archive:
            if member.isfile() and member.name.endswith(".mmdb") and (inside := archive.extractfile(member)):
                return _copy(inside, target, shown)
    raise Unusable(f"The archive that {shown} sent has no .mmdb in it.")


def _copy(source: IO[bytes] | gzip.GzipFile, target: IO[bytes], shown: str) -> None:
    size = 0
    while piece := source.read(PIECE):
        size += len(piece)
        if size > MOST:
            raise Unusable(f"What {shown} sent unpacks to more than {MOST >> 30} GiB, which no database of places has.")
        target.write(piece)


def check(path: Path, shown: str) -> Database:
    """Open it, and look up addresses whose country everybody knows. Raises Unusable."""
    try:
        with maxminddb.open_database(str(path), maxminddb.MODE_MMAP) as reader:
            about = reader.metadata()
            known, country = _look_up(reader.get, about.ip_version)
    except (maxminddb.InvalidDatabaseError, UnicodeDecodeError, ValueError):
        raise Unusable(f"What {shown} sent is no .mmdb, or a damaged one.") from None
    if not country:
        raise Unusable(
            f"The database that {shown} sent ({about.database_type}) knows no country of any address that was tried "
            f"({', '.join(KNOWN)}): FizzStat needs one of cities or countries."
        )
    return Database(
        about.database_type, datetime.fromtimestamp(about.build_epoch, UTC), about.ip_version, about.node_count, known, country
    )


def _look_up(get: Callable[[str], object], ip_version: int) -> tuple[str, str]:
    for known in KNOWN:
        if ip_version == 4 and ipaddress.ip_address(known).version == 6:
            continue
        record = get(known)
        country = read_record(record).get("country_iso_code", "") if isinstance(record, dict) else ""
        if country:
            return known, country
    return "", ""
