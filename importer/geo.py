"""Places by address, out of any .mmdb file: `open_places(path)` gives a function from an address to the `client.geo` group.

Both ways of writing them are read: nested, as MaxMind's and DB-IP's files are (GeoLite2 City, GeoIP2, DB-IP City Lite:
dev.maxmind.com/geoip/docs/databases), and flat, as npm's @ip-location-db and IPinfo's are (country_code, state1, city, …).
"""

import ipaddress
import logging
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import maxminddb

from importer.steps.place import CONTINENTS, ZONES
from importer.steps.text import clean

log = logging.getLogger(__name__)


class PlacesUnreadable(ValueError):
    """The database of places cannot be used; the message names the file and what to do."""


def open_places(path: str) -> Callable[[str], dict[str, Any]]:
    """The lookup in a .mmdb file. Raises PlacesUnreadable.

    It takes an IPv4 or IPv6 address as text (mapped and scoped ones too) and gives {} for what it does not know. The groups
    that it gives are shared and never changed.
    """
    try:
        reader = maxminddb.open_database(path)
    except FileNotFoundError:
        raise PlacesUnreadable(
            f"FIZZSTAT_GEOIP_DB names {path}, and there is no such file: put it there or clear the setting"
        ) from None
    except OSError as error:
        raise PlacesUnreadable(f"FIZZSTAT_GEOIP_DB names {path}, which cannot be read: {error.strerror or error}") from None
    except (maxminddb.InvalidDatabaseError, UnicodeDecodeError, ValueError):
        raise PlacesUnreadable(
            f"FIZZSTAT_GEOIP_DB names {path}, which is damaged or no .mmdb file: download it again and unpack it"
        ) from None
    four_only = reader.metadata().ip_version == 4

    @lru_cache(1)
    def say_damaged(error: str) -> None:
        log.error("the database of places %s is damaged, download it again: %s", path, error)

    @lru_cache(4096)
    def place(ip: str) -> dict[str, Any]:
        address = read_address(ip)
        if address is None or (four_only and address.version == 6):
            return {}
        try:
            record = reader.get(address)
        except maxminddb.InvalidDatabaseError as error:
            say_damaged(str(error))
            return {}
        return read_record(record) if isinstance(record, dict) else {}

    return place


def read_address(ip: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address.scope_id:
            return ipaddress.IPv6Address(int(address))
    return address


def read_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """The `client.geo` group of a database's record, nested or flat; what is missing or not usable is left out."""
    nested = any(
        isinstance(record.get(name), dict) for name in ("country", "continent", "city", "location", "registered_country")
    )
    return (_nested if nested else _flat)(record)


def _nested(record: Mapping[str, Any]) -> dict[str, Any]:
    """{"country": {"iso_code"}, "subdivisions": [{"iso_code", "names": {"en"}}], "location": {"latitude", …}, …}."""
    country, continent, city, location = (_dict(record.get(name)) for name in ("country", "continent", "city", "location"))
    listed = record.get("subdivisions")
    regions = [_dict(one) for one in listed] if isinstance(listed, list) else []
    region, region_2 = [*regions, {}, {}][:2]
    return _group(
        country=country.get("iso_code"),
        continent=continent.get("code"),
        region=region.get("iso_code"),
        region_name=_name(region),
        region_2_name=_name(region_2),
        city=_name(city),
        latitude=location.get("latitude"),
        longitude=location.get("longitude"),
        radius=location.get("accuracy_radius"),
        zone=location.get("time_zone"),
    )


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """{"country_code", "state1", "state2", "city", "latitude", "longitude", "timezone"}, or IPinfo's words for them."""

    def first(*names: str) -> Any:
        return next((record[name] for name in names if record.get(name) not in (None, "")), None)

    return _group(
        country=first("country_code", "country"),
        continent=first("continent_code", "continent"),
        region=first("region_code"),
        region_name=first("state1", "region"),
        region_2_name=first("state2"),
        city=first("city"),
        latitude=first("latitude", "lat"),
        longitude=first("longitude", "lng", "lon"),
        radius=first("accuracy_radius", "radius"),
        zone=first("timezone", "time_zone"),
    )


def _group(
    *,
    country: Any,
    continent: Any,
    region: Any,
    region_name: Any,
    region_2_name: Any,
    city: Any,
    latitude: Any,
    longitude: Any,
    radius: Any,
    zone: Any,
) -> dict[str, Any]:
    country_code = _code(country)
    group: dict[str, Any] = {
        "continent_code": _code(continent) or CONTINENTS.get(country_code, ""),
        "country_iso_code": country_code,
        "region_iso_code": _region_code(country_code, region),
        "region_name": _text(region_name),
        "subdivision_2_name": _text(region_2_name),
        "city_name": _text(city),
        "timezone": _text(zone) if zone in ZONES else "",
        "location": _location(latitude, longitude),
    }
    if group["location"] and isinstance(radius, int) and 0 < radius <= 20_000:
        group["accuracy_km"] = radius
    return {name: value for name, value in group.items() if value}


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _name(place: Mapping[str, Any]) -> Any:
    """The English name, else any."""
    names = _dict(place.get("names"))
    return names.get("en") or next(iter(names.values()), None)


def _text(value: Any) -> str:
    return clean(value) if isinstance(value, str) else ""


def _code(value: Any) -> str:
    """A code of two letters (a country's, ISO 3166-1, or a continent's)."""
    return value.upper() if isinstance(value, str) and len(value) == 2 and value.isascii() and value.isalpha() else ""


def _region_code(country: str, value: Any) -> str:
    """ISO 3166-2, such as `DE-BE`; databases give what follows the hyphen."""
    code = _text(value).upper()
    if not country or not code:
        return ""
    return code if code.startswith(country + "-") else f"{country}-{code}"


def _location(latitude: Any, longitude: Any) -> dict[str, float]:
    """{"lat", "lon"} to four places, some ten metres: more than any database knows, and what is left of its 32-bit floats."""
    try:
        lat, lon = round(float(latitude), 4), round(float(longitude), 4)
    except (TypeError, ValueError):
        return {}
    return {"lat": lat, "lon": lon} if -90 <= lat <= 90 and -180 <= lon <= 180 else {}
