"""Which databases of places are used: FIZZSTAT_GEOIP_DB's, else what `./fizzstat geoip` brought into the data folder."""

from pathlib import Path

from settings import HOME, Settings

#: One for all addresses, or one for IPv4 and one for IPv6.
FETCHED = ("places.mmdb", "places-2.mmdb")


def geo_folder(settings: Settings) -> Path:
    folder: Path = settings.data_dir / "geoip"
    return folder


def fetched(settings: Settings) -> tuple[Path, ...]:
    """Those in the data folder. They come, go and change while FizzStat runs."""
    return tuple(path for name in FETCHED if (path := geo_folder(settings) / name).exists())


def used(settings: Settings) -> tuple[Path, ...]:
    """One, or one for IPv4 and one for IPv6; () where there is none."""
    named = tuple(HOME / Path(name.strip()).expanduser() for name in settings.geoip_db.split(",") if name.strip())
    return named or fetched(settings)
