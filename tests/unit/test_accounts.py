"""Sites and keys, in SQLite: what may be asked for, what is kept, and what is told to collectors."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from alembic import command
from alembic.config import Config
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from accounts.database import Accounts, open_at
from accounts.errors import AccountError
from accounts.keys import add_key, drop_key, list_keys, new_key
from accounts.migrate import FOLDER
from accounts.sites import add_site, adopt, drop_site, host_name, list_sites, set_site, site_called
from hits.redis import QueueAway
from hits.snapshot import KeyRow, Shields, SiteRow, Snapshot, key_hash

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def before_migrations(url: str) -> None:
    """Take from a database what it has by migrations later than the first, and what tells that there are any."""
    with create_engine(url).begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(FOLDER))
        command.downgrade(config, "0001")
        connection.execute(text("DROP TABLE alembic_version"))


class Published(list[Snapshot]):
    """What collectors would have been told, change by change."""

    @property
    def last(self) -> Snapshot:
        return self[-1]


@pytest.fixture
def published() -> Published:
    return Published()


@pytest.fixture
def accounts(tmp_path: Path, published: Published) -> Accounts:
    return open_at(f"sqlite:///{tmp_path / 'accounts.db'}", published.append)


def test_a_site_is_told_with_its_hosts_and_its_query_parameters(accounts: Accounts, published: Published) -> None:
    with accounts.change() as session:
        add_site(session, "WWW.Example.com", now=NOW, hosts=["shop.example.com"], query=["page", "q", "page"])
    assert published.last.sites == (SiteRow("example.com", ("example.com", "shop.example.com"), ("page", "q")),)


def test_a_site_keeps_what_it_was_given(accounts: Accounts) -> None:
    with accounts.change() as session:
        add_site(session, "example.com", now=NOW, name="Ours", time_zone="Europe/Berlin", currency="eur", week_start="Sunday")
    with accounts.read() as session:
        site = site_called(session, "example.com")
    kept = (site.name, site.time_zone, site.currency, site.week_start, site.created)
    assert kept == ("Ours", "Europe/Berlin", "EUR", "sunday", NOW)


def test_a_host_moves_with_set_and_the_id_stays(accounts: Accounts, published: Published) -> None:
    with accounts.change() as session:
        add_site(session, "old.example", now=NOW)
        set_site(session, site_called(session, "old.example"), hosts=["new.example"])
    assert published.last.sites == (SiteRow("old.example", ("new.example",), ()),)
    assert published.last.site_of("www.new.example") == "old.example"


def test_setting_one_thing_leaves_the_others(accounts: Accounts) -> None:
    with accounts.change() as session:
        add_site(session, "example.com", now=NOW, hosts=["b.example"], name="Ours", query=["q"])
    with accounts.change() as session:
        set_site(session, site_called(session, "b.example"), currency="USD")
    with accounts.read() as session:
        site = site_called(session, "example.com")
    assert (site.name, [h.name for h in site.hosts], site.query, site.currency) == (
        "Ours",
        ["example.com", "b.example"],
        ["q"],
        "USD",
    )


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("name", {"name": " "}),
        ("name", {"name": "a\x1b[31mb"}),
        ("name", {"name": "n" * 201}),
        ("host", {"hosts": ["https://example.org/"]}),
        ("host", {"hosts": ["a" * 64 + ".example"]}),
        ("time_zone", {"time_zone": "Mars/Olympus"}),
        ("currency", {"currency": "EURO"}),
        ("week_start", {"week_start": "someday"}),
        ("query", {"query": [""]}),
    ],
)
def test_what_a_site_cannot_be_is_refused_by_the_fields_name(
    accounts: Accounts, published: Published, field: str, asked: dict[str, Any]
) -> None:
    with pytest.raises(AccountError) as refused, accounts.change() as session:
        add_site(session, "example.com", now=NOW, **asked)
    assert refused.value.field == field
    assert published == []
    with accounts.read() as session:
        assert list_sites(session) == []


def test_a_host_belongs_to_one_site_only(accounts: Accounts) -> None:
    with accounts.change() as session:
        add_site(session, "a.example", now=NOW, hosts=["shop.a.example"])
    for id, hosts in [("b.example", ["shop.a.example"]), ("b.example", ["a.example"]), ("shop.a.example", [])]:
        with pytest.raises(AccountError, match=r"belongs to the site a\.example"), accounts.change() as session:
            add_site(session, id, now=NOW, hosts=hosts)


def test_a_sites_id_cannot_become_another_sites_host_even_when_it_is_no_host_any_more(accounts: Accounts) -> None:
    with accounts.change() as session:
        set_site(session, add_site(session, "a.example", now=NOW), hosts=["c.example"])
    with pytest.raises(AccountError, match=r"belongs to the site a\.example"), accounts.change() as session:
        add_site(session, "b.example", now=NOW, hosts=["a.example"])


def test_a_site_cannot_lose_its_last_host(accounts: Accounts) -> None:
    with pytest.raises(AccountError, match="no host left"), accounts.change() as session:
        set_site(session, add_site(session, "a.example", now=NOW), hosts=[])


def test_a_second_site_of_the_same_id_is_refused(accounts: Accounts) -> None:
    with accounts.change() as session:
        add_site(session, "a.example", now=NOW)
    with pytest.raises(AccountError, match="already"), accounts.change() as session:
        add_site(session, "www.a.example", now=NOW)


def test_sites_of_the_ledger_get_rows(accounts: Accounts, published: Published) -> None:
    with accounts.change() as session:
        add_site(session, "a.example", now=NOW, hosts=["b.example"])
        assert adopt(session, {"a.example": 3, "b.example": 1, "c.example": 5}, NOW) == ["c.example"]
    assert published.last.sites[1:] == (SiteRow("c.example", ("c.example",)),)


def test_a_dropped_site_comes_back_with_newer_hits_only(accounts: Accounts, published: Published) -> None:
    with accounts.change() as session:
        drop_site(session, add_site(session, "a.example", now=NOW, hosts=["b.example"]), received=7)
        assert adopt(session, {"a.example": 7}, NOW) == []
    assert list(published.last.sites) == []
    with accounts.change() as session:
        assert adopt(session, {"a.example": 8}, NOW) == ["a.example"]
    assert published.last.sites == (SiteRow("a.example", ("a.example",)),)


def test_a_dropped_sites_hosts_are_free_and_it_can_be_made_again(accounts: Accounts, published: Published) -> None:
    with accounts.change() as session:
        drop_site(session, add_site(session, "a.example", now=NOW, hosts=["b.example"]), received=7)
    with accounts.change() as session:
        add_site(session, "c.example", now=NOW, hosts=["b.example"])
        add_site(session, "a.example", now=NOW)
    assert [row.id for row in published.last.sites] == ["a.example", "c.example"]


def test_a_key_is_known_by_its_hash_alone(accounts: Accounts, published: Published, tmp_path: Path) -> None:
    key = new_key()
    with accounts.change() as session:
        add_key(session, "shop", key, rights=["write", "read"], now=NOW)
    assert published.last.keys == {key_hash(key): KeyRow("shop", ("read", "write"), "")}
    assert key.encode() not in (tmp_path / "accounts.db").read_bytes()


def test_a_key_of_one_site_names_it_by_its_id(accounts: Accounts, published: Published) -> None:
    with accounts.change() as session:
        add_site(session, "a.example", now=NOW, hosts=["b.example"])
        add_key(session, "shop", "k", rights=["write"], site="www.b.example", now=NOW)
    assert published.last.keys[key_hash("k")] == KeyRow("shop", ("write",), "a.example")


def test_a_dropped_key_is_told_no_more(accounts: Accounts, published: Published) -> None:
    with accounts.change() as session:
        add_key(session, "shop", "k", rights=["read"], now=NOW)
    with accounts.change() as session:
        drop_key(session, "shop")
    assert published.last.keys == {}
    with pytest.raises(AccountError, match="no key 'shop'"), accounts.change() as session:
        drop_key(session, "shop")


def test_a_site_with_keys_of_its_own_is_not_dropped(accounts: Accounts) -> None:
    with accounts.change() as session:
        site = add_site(session, "a.example", now=NOW)
        add_key(session, "shop", "k", rights=["read"], site="a.example", now=NOW)
    with pytest.raises(AccountError, match="drop shop first"), accounts.change() as session:
        drop_site(session, site, received=0)


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("name", {"name": ""}),
        ("name", {"name": "a\nb"}),
        ("rights", {"rights": ["write", "fly"]}),
        ("rights", {"rights": []}),
        ("site", {"site": "nowhere.example"}),
    ],
)
def test_what_a_key_cannot_be_is_refused_by_the_fields_name(accounts: Accounts, field: str, asked: dict[str, Any]) -> None:
    with pytest.raises(AccountError) as refused, accounts.change() as session:
        add_key(session, key="k", now=NOW, **{"name": "shop", "rights": ["read"], **asked})
    assert refused.value.field == field


def test_a_keys_name_is_given_once(accounts: Accounts) -> None:
    with accounts.change() as session:
        add_key(session, "shop", "k", rights=["read"], now=NOW)
    with pytest.raises(AccountError, match="already"), accounts.change() as session:
        add_key(session, "shop", "l", rights=["read"], now=NOW)


def test_a_change_that_cannot_be_told_is_not_made(tmp_path: Path) -> None:
    def away(_: Snapshot) -> None:
        raise QueueAway("gone")

    accounts = open_at(f"sqlite:///{tmp_path / 'accounts.db'}", away)
    with pytest.raises(QueueAway), accounts.change() as session:
        add_key(session, "shop", "k", rights=["read"], now=NOW)
    with accounts.read() as session:
        assert list_keys(session) == []


def test_changes_at_once_are_all_made_and_the_last_snapshot_has_all(tmp_path: Path, published: Published) -> None:
    def change(number: int) -> None:
        accounts = open_at(f"sqlite:///{tmp_path / 'accounts.db'}", published.append)
        with accounts.change() as session:
            add_key(session, f"key {number}", str(number), rights=["read"], now=NOW)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change, range(24)))
    assert [len(snapshot.keys) for snapshot in published] == list(range(1, 25))


def test_an_opened_database_finds_what_was_there(accounts: Accounts, published: Published, tmp_path: Path) -> None:
    with accounts.change() as session:
        add_site(session, "a.example", now=NOW)
    again = open_at(f"sqlite:///{tmp_path / 'accounts.db'}", published.append)
    with again.change():
        pass
    assert published[-1] == published[-2]


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("www.Example.com.", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "[::1]"),
        ("2001:DB8::1", "[2001:db8::1]"),
        ("my_shop.example", "my_shop.example"),
    ],
)
def test_a_host_is_kept_as_hits_name_it(text: str, host: str) -> None:
    assert host_name(text) == host


@given(st.text(max_size=300))
def test_any_text_is_a_host_or_is_refused(text: str) -> None:
    try:
        host = host_name(text)
    except AccountError:
        return
    assert host == host_name(host)
    assert 0 < len(host) <= 253


def test_shields_are_told_as_importers_need_them(accounts: Accounts, published: Published) -> None:
    shields = {
        "ips": ["203.0.113.7", "192.0.2.9/24", "2001:DB8::/32", "203.0.113.7/32"],
        "countries": ["at", "CH"],
        "hosts": ["WWW.Staging.example.com.", "*.bücher.example"],
        "paths": ["/admin/*", "/über/*", "*.pdf"],
    }
    with accounts.change() as session:
        add_site(session, "example.com", now=NOW, shields=shields)
    assert published.last.sites[0].shields == Shields(
        ips=("192.0.2.0/24", "2001:db8::/32", "203.0.113.7"),
        countries=("AT", "CH"),
        hosts=("*.xn--bcher-kva.example", "staging.example.com"),
        paths=("*.pdf", "/%C3%BCber/*", "/admin/*"),
    )


def test_each_kind_of_shields_is_replaced_alone(accounts: Accounts, published: Published) -> None:
    with accounts.change() as session:
        add_site(session, "example.com", now=NOW, shields={"ips": ["192.0.2.1", "192.0.2.2"], "paths": ["/a"]})
    with accounts.change() as session:
        set_site(session, site_called(session, "example.com"), shields={"ips": ["192.0.2.2", "192.0.2.3"]})
    assert published.last.sites[0].shields == Shields(ips=("192.0.2.2", "192.0.2.3"), paths=("/a",))
    with accounts.change() as session:
        set_site(session, site_called(session, "example.com"), shields={"ips": [], "paths": []})
    assert published.last.sites[0].shields == Shields()


def test_a_dropped_site_has_no_shields_when_it_comes_back(accounts: Accounts, published: Published) -> None:
    with accounts.change() as session:
        drop_site(session, add_site(session, "example.com", now=NOW, shields={"countries": ["AT"]}), 0)
    with accounts.change() as session:
        add_site(session, "example.com", now=NOW)
    assert published.last.sites == (SiteRow("example.com", ("example.com",)),)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("ips", "192.0.2"),
        ("ips", "192.0.2.0/33"),
        ("ips", "example.com"),
        ("ips", ""),
        ("countries", "Austria"),
        ("countries", "ZZ"),
        ("countries", ""),
        ("hosts", "https://example.com"),
        ("hosts", ""),
        ("hosts", "a b"),
        ("paths", "admin"),
        ("paths", "/search?q=*"),
        ("paths", ""),
        ("paths", "/" + "x" * 500),
    ],
)
def test_what_a_shield_cannot_be_is_refused_by_the_fields_name(accounts: Accounts, kind: str, value: str) -> None:
    with pytest.raises(AccountError) as refused, accounts.change() as session:
        add_site(session, "example.com", now=NOW, shields={kind: [value]})
    assert refused.value.field == f"shield_{kind}"


def test_a_database_that_was_made_before_there_were_shields_gets_them(tmp_path: Path, published: Published) -> None:
    url = f"sqlite:///{tmp_path / 'accounts.db'}"
    with open_at(url, published.append).change() as session:
        add_site(session, "example.com", now=NOW)
    before_migrations(url)
    with closing(sqlite3.connect(tmp_path / "accounts.db")) as database:
        database.execute("DROP TABLE shield")
    with open_at(url, published.append).change() as session:
        set_site(session, site_called(session, "example.com"), shields={"countries": ["AT"]})
    assert published.last.sites[0].shields == Shields(countries=("AT",))


def test_a_snapshot_of_an_older_release_has_no_shields() -> None:
    old = msgspec.json.decode(b'{"sites":[{"id":"a.example","hosts":["a.example"],"query":[]}],"keys":{}}', type=Snapshot)
    assert old.sites == (SiteRow("a.example", ("a.example",)),)


def test_what_other_trackers_call_a_site_is_told(accounts: Accounts, published: Published) -> None:
    with accounts.change() as session:
        add_site(session, "a.example", now=NOW, foreign=["matomo:3", "Umami: B59E9C65 ", "matomo:3"], identify=True)
        add_site(session, "b.example", now=NOW)
    assert published.last.foreign == {"matomo:3": "a.example", "umami:b59e9c65": "a.example"}
    assert published.last.identifying == {"a.example"}
    with accounts.change() as session:
        set_site(session, site_called(session, "a.example"), foreign=["matomo:4", "matomo:3"])
    assert published.last.foreign == {"matomo:3": "a.example", "matomo:4": "a.example"}
    with accounts.change() as session:
        drop_site(session, site_called(session, "a.example"), 0)
        set_site(session, site_called(session, "b.example"), foreign=["matomo:3"])
    assert published.last.foreign == {"matomo:3": "b.example"}


def test_what_another_tracker_calls_a_site_is_one_sites(accounts: Accounts) -> None:
    with accounts.change() as session:
        add_site(session, "a.example", now=NOW, foreign=["matomo:3"])
    with pytest.raises(AccountError) as refused, accounts.change() as session:
        add_site(session, "b.example", now=NOW, foreign=["matomo:3"])
    assert refused.value.field == "foreign"
    assert "a.example" in str(refused.value)


@pytest.mark.parametrize("id", ["3", "matomo:", "matomo: ", "google:3", "umami:" + "x" * 250, "matomo:\n3"])
def test_an_id_of_no_known_format_is_refused(accounts: Accounts, id: str) -> None:
    with pytest.raises(AccountError) as refused, accounts.change() as session:
        add_site(session, "a.example", now=NOW, foreign=[id])
    assert refused.value.field == "foreign"


def test_a_database_that_was_made_before_sites_identified_anybody_gets_the_column(tmp_path: Path, published: Published) -> None:
    url = f"sqlite:///{tmp_path / 'accounts.db'}"
    with open_at(url, published.append).change() as session:
        add_site(session, "a.example", now=NOW)
    before_migrations(url)
    with closing(sqlite3.connect(tmp_path / "accounts.db")) as database:
        database.execute("ALTER TABLE site DROP COLUMN identify")
    accounts = open_at(url, published.append)
    with accounts.change() as session:
        add_site(session, "b.example", now=NOW, identify=True)
    assert [(site.id, site.identify) for site in published.last.sites] == [("a.example", False), ("b.example", True)]
