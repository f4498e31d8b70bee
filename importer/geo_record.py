"""Records of databases of places: what a .mmdb file says of an address in, the `client.geo` group out.

Both ways of writing them are read: nested, as MaxMind's and DB-IP's files are (GeoLite2 City, GeoIP2, DB-IP City Lite:
dev.maxmind.com/geoip/docs/databases), and flat, as npm's @ip-location-db and IPinfo's are (country_code, state1, city, …).
"""

from collections.abc import Mapping
from typing import Any

from importer.steps.place import CONTINENTS, ZONES
from importer.steps.text import clean


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
