"""Sites and keys with a real Redis, changed by the CLI as people and scripts run it, several at once."""

from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest

from accounts.upkeep import ensure_published, keep_published
from hits.snapshot import KeyRow, SiteRow, SnapshotReader, is_published
from settings import Settings, load
from tests.real.shell import Shell
from tests.real.system import Start, System
from tests.servers import RedisServer, until


@pytest.fixture
def one(system: Start) -> System:
    return system("embedded")


@pytest.fixture
def fizzstat(one: System) -> Shell:
    return Shell(one.environ)


@pytest.fixture
def reader(one: System) -> SnapshotReader:
    """As a collector reads, that started before any change."""
    reader = SnapshotReader(one.client, one.settings.redis_prefix)
    reader.current()
    return reader


def test_a_key_is_valid_when_the_command_returns(fizzstat: Shell, reader: SnapshotReader) -> None:
    said = fizzstat("keys", "add", "shop")
    assert said.code == 0
    assert reader.key(said.out.splitlines()[-1]) == KeyRow("shop", ("read", "write"), "")


def test_a_keys_rights_and_site_are_told(fizzstat: Shell, reader: SnapshotReader) -> None:
    fizzstat("sites", "add", "a.example", "--host", "b.example")
    said = fizzstat("keys", "add", "shop", "--rights", "admin,read", "--site", "b.example")
    assert said.out.count("\n") == 1, "the key alone"
    assert reader.key(said.out.strip()) == KeyRow("shop", ("read", "admin"), "a.example")


def test_a_key_for_a_site_without_hits_makes_the_site(fizzstat: Shell, reader: SnapshotReader) -> None:
    said = fizzstat("keys", "add", "shop", "--site", "new.example")
    assert reader.key(said.out.splitlines()[-1]) == KeyRow("shop", ("read", "write"), "new.example")
    assert [site["id"] for site in fizzstat("sites", "list", "--json").json] == ["new.example"]


def test_an_empty_site_makes_no_key_for_all_sites(fizzstat: Shell) -> None:
    assert "is no host" in fizzstat("keys", "add", "shop", "--site", "").sentence
    assert fizzstat("keys", "list", "--json").json == []


def test_a_dropped_key_opens_nothing_when_the_command_returns(one: System, fizzstat: Shell) -> None:
    key = fizzstat("keys", "add", "shop").out.splitlines()[-1]
    assert fizzstat("keys", "drop", "shop").code == 0
    assert SnapshotReader(one.client, one.settings.redis_prefix).key(key) is None


def test_keys_are_listed_without_themselves(fizzstat: Shell) -> None:
    key = fizzstat("keys", "add", "shop", "--rights", "read").out.strip()
    listed = fizzstat("keys", "list", "--json")
    assert [(row["name"], row["rights"], row["site"]) for row in listed.json] == [("shop", ["read"], None)]
    assert key not in listed.out + fizzstat("keys", "list").out


def test_no_file_of_the_data_folder_holds_a_key(one: System, fizzstat: Shell) -> None:
    key = fizzstat("keys", "add", "shop").out.strip().encode()
    files = [path for path in one.settings.data_dir.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if key in path.read_bytes()] == []


def test_what_is_wrong_with_a_key_is_one_sentence(fizzstat: Shell) -> None:
    assert "'fly' is none" in fizzstat("keys", "add", "shop", "--rights", "fly").sentence
    assert "no key 'shop'" in fizzstat("keys", "drop", "shop").sentence
    fizzstat("keys", "add", "shop")
    assert "already" in fizzstat("keys", "add", "shop").sentence


def test_commands_at_once_lose_no_change(fizzstat: Shell, reader: SnapshotReader) -> None:
    names = [f"key {n}" for n in range(6)]
    started = [fizzstat.start("keys", "add", name) for name in names] + [fizzstat.start("sites", "add", "a.example")]
    outputs = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0] * 7
    assert [reader.key(out.splitlines()[-1]) for out in outputs[:6]] == [KeyRow(name, ("read", "write")) for name in names]
    assert [row["name"] for row in fizzstat("keys", "list", "--json").json] == names
    assert reader.current().sites == (SiteRow("a.example", ("a.example",)),)


def test_a_site_is_added_changed_listed_and_dropped(fizzstat: Shell) -> None:
    fields = ["--name", "Ours", "--time-zone", "Europe/Berlin", "--currency", "EUR", "--week-start", "sunday", "--query", "q"]
    assert fizzstat("sites", "add", "www.a.example", "--host", "b.example", *fields).code == 0
    (site,) = fizzstat("sites", "list", "--json").json
    created = site.pop("created")
    assert created.endswith("Z")
    assert site == {
        "id": "a.example",
        "name": "Ours",
        "hosts": ["a.example", "b.example"],
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "week_start": "sunday",
        "query": ["q"],
        "foreign": [],
        "identify": False,
        "shields": {"ips": [], "countries": [], "hosts": [], "paths": []},
    }
    assert (
        fizzstat("sites", "set", "b.example", "--name", "Theirs", "--host", "c.example", "--time-zone", "", "--no-query").code
        == 0
    )
    (site,) = fizzstat("sites", "list", "--json").json
    assert (site["id"], site["name"], site["hosts"], site["time_zone"], site["query"]) == (
        "a.example",
        "Theirs",
        ["c.example"],
        "UTC",
        [],
    )
    assert "a.example" in fizzstat("sites", "list").out
    assert fizzstat("sites", "drop", "c.example").code == 0
    assert fizzstat("sites", "list", "--json").json == []


def test_a_host_of_another_site_is_refused_in_one_sentence(fizzstat: Shell) -> None:
    fizzstat("sites", "add", "a.example")
    fizzstat("sites", "add", "b.example")
    refused = fizzstat("sites", "set", "b.example", "--host", "b.example", "--host", "a.example").sentence
    assert "The host a.example belongs to the site a.example already" in refused


def test_what_other_trackers_call_a_site_is_set_and_taken_away(fizzstat: Shell, reader: SnapshotReader) -> None:
    fizzstat("sites", "add", "a.example", "--foreign", "goatcounter:shop")
    assert fizzstat("sites", "set", "a.example", "--foreign", "umami:B59E9C65,matomo:3", "--identify").code == 0
    until(lambda: reader.current().identifying, "the collector to know it")
    assert reader.current().foreign == {"matomo:3": "a.example", "umami:b59e9c65": "a.example"}
    assert "is no id" in fizzstat("sites", "set", "a.example", "--foreign", "3").sentence
    assert fizzstat("sites", "set", "a.example", "--foreign", "", "--no-identify").code == 0
    (site,) = fizzstat("sites", "list", "--json").json
    assert (site["foreign"], site["identify"]) == ([], False)


def _settings(data_dir: Path, redis_url: str, prefix: str) -> Settings:
    environ = {"FIZZSTAT_DATA_DIR": str(data_dir), "FIZZSTAT_REDIS_URL": redis_url, "FIZZSTAT_REDIS_PREFIX": prefix}
    return load(environ, Path("/nowhere"))


def test_shields_are_set_shown_and_lifted(one: System, fizzstat: Shell, reader: SnapshotReader) -> None:
    fizzstat("sites", "add", "a.example")
    given = ("--shield-ip", "192.0.2.9/24", "--shield-ip", "203.0.113.7", "--shield-country", "at", "--shield-path", "/admin/*")
    assert fizzstat("sites", "set", "a.example", *given, "--shield-host", "*.staging.example").code == 0
    (site,) = fizzstat("sites", "list", "--json").json
    assert site["shields"] == {
        "ips": ["192.0.2.0/24", "203.0.113.7"],
        "countries": ["AT"],
        "hosts": ["*.staging.example"],
        "paths": ["/admin/*"],
    }
    assert "192.0.2.0/24, 203.0.113.7, AT" in " ".join(fizzstat("sites", "list").out.split())
    assert "is no country" in fizzstat("sites", "set", "a.example", "--shield-country", "Austria").sentence
    assert fizzstat("sites", "set", "a.example", "--no-shields", "--shield-country", "CH").code == 0
    (site,) = fizzstat("sites", "list", "--json").json
    assert site["shields"] == {"ips": [], "countries": ["CH"], "hosts": [], "paths": []}
    until(lambda: reader.current().sites[0].shields.countries == ("CH",), "collectors and importers to be told")


def test_sites_and_keys_are_told_again_when_redis_was_emptied(one: System, fizzstat: Shell) -> None:
    key = fizzstat("keys", "add", "shop").out.strip()
    prefix = one.settings.redis_prefix
    one.client.delete(f"{prefix}:snapshot")
    stop = Event()
    thread = Thread(target=keep_published, args=(one.settings, stop))
    thread.start()
    try:
        until(lambda: is_published(one.client, prefix), "the snapshot")
    finally:
        stop.set()
        thread.join()
    assert SnapshotReader(one.client, prefix).key(key) == KeyRow("shop", ("read", "write"))


def test_a_machine_without_accounts_does_not_tell_its_nothing(one: System, fizzstat: Shell, tmp_path: Path) -> None:
    other = _settings(tmp_path / "other", str(one.environ["FIZZSTAT_REDIS_URL"]), one.settings.redis_prefix)
    assert not ensure_published(other, one.client)
    assert not is_published(one.client, one.settings.redis_prefix)
    fizzstat("keys", "add", "shop")
    assert not ensure_published(other, one.client)
    assert SnapshotReader(one.client, one.settings.redis_prefix).current().keys != {}


def test_without_redis_nothing_is_changed_and_one_sentence_says_so(
    tmp_path: Path, one: System, redis_server: Callable[..., RedisServer]
) -> None:
    server = redis_server()
    fizzstat = Shell({**one.environ, "FIZZSTAT_REDIS_URL": server.url, "FIZZSTAT_DATA_DIR": str(tmp_path / "away")})
    server.kill()
    assert "Redis is away" in fizzstat("keys", "add", "shop").sentence
    assert fizzstat("keys", "list", "--json").json == []
    server.start()
    assert fizzstat("keys", "add", "shop").code == 0


def test_a_database_that_cannot_be_opened_is_one_sentence(one: System, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for url, said in [
        (f"sqlite:///{tmp_path / 'folder'}", "unable to open database file"),
        ("nonsense", "FIZZSTAT_ACCOUNTS_URL cannot be used"),
        ("postgresql+nodriver://u:hidden@h/d", "FIZZSTAT_ACCOUNTS_URL cannot be used"),
    ]:
        sentence = Shell({**one.environ, "FIZZSTAT_ACCOUNTS_URL": url})("keys", "list").sentence
        assert said in sentence
        assert "hidden" not in sentence
