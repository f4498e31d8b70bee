"""Places, out of real database files of both kinds and out of the browser's time zone."""

import ipaddress
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from babel.core import get_global
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from importer.facts import Context
from importer.geo import PlacesUnreadable, open_places, registered, watch_places
from importer.geo_record import read_record
from importer.steps.place import CONTINENTS, ZONES, place_of_zone, put_place
from settings import load
from tests.unit.steps import put

Place = Callable[[str], dict[str, Any]]

BERLIN = {
    "continent_code": "EU",
    "country_iso_code": "DE",
    "region_iso_code": "DE-BE",
    "region_name": "Land Berlin",
    "city_name": "Berlin",
    "location": {"lat": 52.5, "lon": 13.4},
    "accuracy_km": 20,
    "timezone": "Europe/Berlin",
}
NESTED = {
    "192.0.2.0/24": {
        "city": {"geoname_id": 2950159, "names": {"de": "Berlin (de)", "en": "Berlin"}},
        "continent": {"code": "EU", "names": {"en": "Europe"}},
        "country": {"iso_code": "DE", "names": {"en": "Germany"}},
        "location": {"accuracy_radius": 20, "latitude": 52.5, "longitude": 13.4, "time_zone": "Europe/Berlin"},
        "subdivisions": [{"iso_code": "BE", "names": {"en": "Land Berlin"}}],
    },
    "198.51.100.0/24": {
        "city": {"names": {"en": "Bath"}},
        "country": {"iso_code": "GB"},
        "location": {"latitude": 51.4, "longitude": -2.4},
        "subdivisions": [{"iso_code": "ENG", "names": {"en": "England"}}, {"iso_code": "BAS", "names": {"en": "Somerset"}}],
    },
    "203.0.113.0/24": {"country": {"iso_code": "BR"}, "registered_country": {"iso_code": "US"}},
    "2001:db8::/32": {"continent": {"code": "AS"}, "country": {"iso_code": "JP"}, "city": {"names": {"ja": "東京"}}},
}
FLAT = {
    "192.0.2.0/24": {
        "country_code": "DE",
        "state1": "Land Berlin",
        "state2": "",
        "city": "Berlin",
        "postcode": "10115",
        "latitude": 52.5,
        "longitude": 13.4,
        "timezone": "Europe/Berlin",
    },
    "198.51.100.0/24": {
        "country_code": "GB",
        "state1": "England",
        "state2": "Somerset",
        "city": "Bath",
        "latitude": "51.4",
        "longitude": "-2.4",
    },
    "203.0.113.0/24": {"country_code": "BR"},
    "2001:db8::/32": {"country": "JP", "continent": "AS", "city": "東京", "timezone": "no zone"},
}


def write(path: Path, records: dict[str, dict[str, Any]], ip_version: int = 6) -> str:
    writer = MMDBWriter(ip_version, "Test", ipv4_compatible=ip_version == 6, float_type="f64")
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return str(path)


@pytest.fixture(scope="module")
def nested(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return open_places(write(tmp_path_factory.mktemp("nested") / "city.mmdb", NESTED))


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return open_places(write(tmp_path_factory.mktemp("flat") / "city.mmdb", FLAT))


@pytest.fixture(params=["nested", "flat"])
def place(request: pytest.FixtureRequest) -> Place:
    return request.getfixturevalue(request.param)


def test_a_database_like_maxminds_tells_all(nested: Place) -> None:
    assert nested("192.0.2.1") == BERLIN


def test_a_flat_database_tells_what_it_has_and_our_list_the_continent(flat: Place) -> None:
    lacking = ("accuracy_km", "region_iso_code")
    assert flat("192.0.2.1") == {name: value for name, value in BERLIN.items() if name not in lacking}


def test_a_second_subdivision_has_its_name(place: Place) -> None:
    told = place("198.51.100.9")
    assert (told["region_name"], told["subdivision_2_name"], told["city_name"]) == ("England", "Somerset", "Bath")
    assert told["location"] == {"lat": 51.4, "lon": -2.4}


def test_a_database_of_countries_tells_country_and_continent(place: Place) -> None:
    assert place("203.0.113.255") == {"continent_code": "SA", "country_iso_code": "BR"}


def test_an_ipv6_address_is_found_and_what_is_no_zone_left_out(place: Place) -> None:
    tokyo = {"continent_code": "AS", "country_iso_code": "JP", "city_name": "東京"}
    assert place("2001:db8::1") == place("2001:DB8:0:0::2%eth0") == tokyo


@pytest.mark.parametrize("mapped", ["::ffff:192.0.2.1", "::FFFF:c000:201", "0:0:0:0:0:ffff:192.0.2.1"])
def test_a_mapped_address_is_the_ipv4_address_that_it_maps(place: Place, mapped: str) -> None:
    assert place(mapped) == place("192.0.2.1")
    assert place(mapped)["city_name"] == "Berlin"


@pytest.mark.parametrize(
    "ip", ["", "10.0.0.1", "::1", "2001:db9::1", "localhost", "192.0.2", "192.0.2.1:80", "192.0.2.1, 1.1.1.1", "\x00"]
)
def test_of_an_unknown_address_nothing_is_told(place: Place, ip: str) -> None:
    assert place(ip) == {}


def test_a_database_of_ipv4_alone_knows_no_ipv6_address(tmp_path: Path) -> None:
    four = open_places(write(tmp_path / "four.mmdb", {"192.0.2.0/24": {"country_code": "DE"}}, ip_version=4))
    assert four("2001:db8::1") == {}
    assert four("::ffff:192.0.2.1")["country_iso_code"] == "DE"


def test_two_databases_for_ipv4_and_ipv6_are_one_in_any_order(tmp_path: Path) -> None:
    four = write(tmp_path / "country-ipv4.mmdb", {"192.0.2.0/24": {"country_code": "DE"}}, ip_version=4)
    six = write(tmp_path / "country-ipv6.mmdb", {"2001:db8::/32": {"country_code": "JP"}})
    for files in ((four, six), (six, four)):
        place = open_places(*files)
        told = [
            place(ip).get("country_iso_code") for ip in ("192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "198.51.100.1", "::1")
        ]
        assert told == ["DE", "JP", "DE", None, None]


def test_what_the_first_database_lacks_the_second_tells(tmp_path: Path) -> None:
    city = write(tmp_path / "city.mmdb", NESTED)
    country = write(tmp_path / "country.mmdb", {"192.0.2.0/24": {"country_code": "FR"}, "198.18.0.0/15": {"country_code": "FR"}})
    place = open_places(city, country)
    assert (place("192.0.2.1")["city_name"], place("198.18.0.1")["country_iso_code"]) == ("Berlin", "FR")


def test_three_databases_are_too_many(tmp_path: Path) -> None:
    with pytest.raises(PlacesUnreadable, match="takes one file, or one for IPv4 and one for IPv6, and these are 3"):
        open_places(*[write(tmp_path / "city.mmdb", NESTED)] * 3)


def test_the_same_address_has_the_same_group(place: Place) -> None:
    assert place("192.0.2.1") is place("192.0.2.1")


@pytest.mark.parametrize(
    "record",
    [
        {"country": {"iso_code": "Germany"}, "continent": {"code": 7}, "city": {"names": {}}, "location": {"latitude": "north"}},
        {"country": {}, "subdivisions": ["BE"], "location": {"latitude": 91.0, "longitude": 0.0}},
        {
            "country": {"iso_code": None},
            "subdivisions": {"iso_code": "BE"},
            "location": {"latitude": float("nan"), "longitude": 1},
        },
        {"country_code": "", "latitude": 1.0},
        {"country_code": "-", "city": "\x00", "timezone": "Mars/Phobos"},
        {},
    ],
)
def test_what_a_record_gets_wrong_is_left_out(record: dict[str, Any]) -> None:
    assert read_record(record) == {}


def test_a_region_code_that_has_its_country_already_is_not_given_it_twice() -> None:
    record = {"country": {"iso_code": "DE"}, "subdivisions": [{"iso_code": "de-by"}]}
    assert read_record(record)["region_iso_code"] == "DE-BY"


def test_a_database_that_is_missing_or_none_is_refused_with_its_name_and_what_to_do(tmp_path: Path) -> None:
    missing, text, empty = tmp_path / "missing.mmdb", tmp_path / "text.mmdb", tmp_path / "empty.mmdb"
    text.write_text("not a database" * 1000)
    empty.touch()
    good = Path(write(tmp_path / "good.mmdb", NESTED)).read_bytes()
    short = tmp_path / "short.mmdb"
    short.write_bytes(good[: len(good) // 2])
    refusals = {missing: "no such file", text / "x.mmdb": "cannot be read", tmp_path: "cannot be read"}
    for path in (missing, text / "x.mmdb", text, empty, short, tmp_path):
        with pytest.raises(PlacesUnreadable, match=refusals.get(path, "damaged")) as refused:
            open_places(path)
        assert str(path) in str(refused.value)
        assert "FIZZSTAT_GEOIP_DB" in str(refused.value)


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Europe/Berlin", {"timezone": "Europe/Berlin", "country_iso_code": "DE", "continent_code": "EU"}),
        ("America/New_York", {"timezone": "America/New_York", "country_iso_code": "US", "continent_code": "NA"}),
        ("Asia/Calcutta", {"timezone": "Asia/Calcutta", "country_iso_code": "IN", "continent_code": "AS"}),
        ("Asia/Kolkata", {"timezone": "Asia/Kolkata", "country_iso_code": "IN", "continent_code": "AS"}),
        ("Europe/Kyiv", {"timezone": "Europe/Kyiv", "country_iso_code": "UA", "continent_code": "EU"}),
        (
            "America/Argentina/Buenos_Aires",
            {"timezone": "America/Argentina/Buenos_Aires", "country_iso_code": "AR", "continent_code": "SA"},
        ),
        ("Australia/Sydney", {"timezone": "Australia/Sydney", "country_iso_code": "AU", "continent_code": "OC"}),
        ("Africa/Lagos", {"timezone": "Africa/Lagos", "country_iso_code": "NG", "continent_code": "AF"}),
        ("UTC", {"timezone": "UTC"}),
        ("Etc/GMT+5", {"timezone": "Etc/GMT+5"}),
        ("", {}),
        ("Berlin", {}),
        ("europe/berlin", {}),
        ("../../etc/passwd", {}),
        ("GMT+0200", {}),
    ],
)
def test_without_a_database_the_browsers_time_zone_tells_the_country(zone: str, told: dict[str, str]) -> None:
    assert put(put_place, ip="192.0.2.1", time_zone=zone).geo == told


def test_the_database_knows_better_than_the_time_zone(nested: Place) -> None:
    context = Context(keep_bots=False, salts={}, place=nested)
    assert put(put_place, context, ip="192.0.2.1", time_zone="America/New_York").geo == BERLIN


def test_a_time_zone_that_the_database_lacks_is_the_browsers(nested: Place) -> None:
    context = Context(keep_bots=False, salts={}, place=nested)
    geo = put(put_place, context, ip="203.0.113.1", time_zone="Europe/Lisbon").geo
    assert geo == {"continent_code": "SA", "country_iso_code": "BR", "timezone": "Europe/Lisbon"}
    assert "timezone" not in nested("203.0.113.1")


def test_an_address_that_the_database_does_not_know_is_placed_by_its_time_zone(nested: Place) -> None:
    context = Context(keep_bots=False, salts={}, place=nested)
    assert put(put_place, context, ip="10.0.0.1", time_zone="Asia/Tokyo").geo["country_iso_code"] == "JP"
    assert put(put_place, context, ip="10.0.0.1").geo == {}


def test_every_country_of_the_time_zones_has_a_continent() -> None:
    countries = {country for country in get_global("zone_territories").values() if country.isalpha() and country != "ZZ"}
    assert countries - set(CONTINENTS) == set()
    assert len(CONTINENTS) >= 249
    assert len([zone for zone in ZONES if "country_iso_code" not in place_of_zone(zone)]) < 60


def test_a_look_up_takes_microseconds(nested: Place) -> None:
    addresses = [str(ipaddress.ip_address("192.0.2.0") + i) for i in range(200)]
    started = time.perf_counter()
    for address in addresses:
        nested(address)
    assert (time.perf_counter() - started) / len(addresses) < 0.001


@pytest.mark.parametrize(
    ("ip", "country", "continent"),
    [
        ("8.8.8.8", "US", "NA"),
        ("193.0.6.139", "NL", "EU"),
        ("202.12.29.205", "AU", "OC"),
        ("200.160.2.3", "BR", "SA"),
        ("196.216.2.1", "ZA", "AF"),
        ("133.242.0.3", "JP", "AS"),
        ("2001:67c:2e8::1", "NL", "EU"),
        ("2001:dc0::1", "AU", "OC"),
        ("::ffff:193.0.6.139", "NL", "EU"),
    ],
)
def test_without_a_database_the_registries_tell_the_country(ip: str, country: str, continent: str) -> None:
    assert open_places()(ip)["country_iso_code"] == country
    assert open_places()(ip)["continent_code"] == continent


@pytest.mark.parametrize("ip", ["", "10.0.0.1", "127.0.0.1", "192.0.2.1", "::1", "fe80::1%eth0", "x", "8.8.8.8:80"])
def test_of_an_address_that_nobody_was_given_the_registries_tell_nothing(ip: str) -> None:
    assert registered(ip) == {}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        self.now += 10  # longer than files may go unlooked at
        return self.now


def country(code: str) -> dict[str, dict[str, Any]]:
    return {"192.0.2.0/24": {"country_code": code}}


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., Callable[[], str]]:
    """What a running importer says of an address, by FIZZSTAT_GEOIP_DB."""

    def watch(geoip_db: str = "") -> Callable[[], str]:
        chosen = load({"FIZZSTAT_DATA_DIR": str(tmp_path / "data"), "FIZZSTAT_GEOIP_DB": geoip_db}, Path("/nowhere"))
        places = watch_places(chosen, Clock())
        return lambda: str(places.current()("192.0.2.1").get("country_iso_code"))

    return watch


def test_a_database_that_changes_is_read_anew_while_it_is_used(tmp_path: Path, told: Callable[..., Callable[[], str]]) -> None:
    path = tmp_path / "country.mmdb"
    write(path, country("DE"))
    now = told(str(path))
    assert now() == "DE"
    write(tmp_path / "new", country("FR"))
    (tmp_path / "new").replace(path)
    assert now() == "FR"
    write(path, country("JP"))
    assert now() == "JP"


@pytest.mark.parametrize("what", ["half", "text", "nothing", "gone"])
def test_a_broken_new_database_leaves_the_old_one_in_use_and_is_told_once(
    tmp_path: Path, told: Callable[..., Callable[[], str]], caplog: pytest.LogCaptureFixture, what: str
) -> None:
    path = tmp_path / "country.mmdb"
    good = Path(write(path, country("DE"))).read_bytes()
    now = told(str(path))
    if what == "gone":
        path.unlink()
    else:
        path.write_bytes({"half": good[: len(good) // 2], "text": b"<html>404</html>" * 99, "nothing": b""}[what])
    assert [now() for _ in range(3)] == ["DE"] * 3
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    assert str(path) in errors[0]
    assert "is used on" in errors[0]
    write(path, country("FR"))
    assert now() == "FR"


def test_what_geoip_brings_is_used_when_it_comes_and_the_registries_until_then(
    tmp_path: Path, told: Callable[..., Callable[[], str]]
) -> None:
    now = told()
    assert now() == "None"
    (tmp_path / "data" / "geoip").mkdir(parents=True)
    write(tmp_path / "data" / "geoip" / "places.mmdb", country("DE"))
    assert now() == "DE"


def test_no_copy_of_a_database_is_left_behind(tmp_path: Path, told: Callable[..., Callable[[], str]]) -> None:
    path = tmp_path / "country.mmdb"
    write(path, country("DE"))
    told(str(path))()
    assert list((tmp_path / "data").iterdir()) == []
