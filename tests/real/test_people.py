"""People and keys with real servers: the CLI, the pages that collectors hear of, and accounts in PostgreSQL."""

import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from accounts import attempts
from accounts.database import open_at
from accounts.errors import AccountsAway
from accounts.keys import add_key, list_keys
from accounts.logins import begin_login, find_login
from accounts.sites import add_site, site_called
from accounts.tables import Table
from accounts.users import add_user, drop_user, right_user
from dashboard.app import create_app
from hits.snapshot import SnapshotReader
from tests.real.asked import DAY, hit
from tests.real.shell import Shell
from tests.real.system import Start, System
from tests.servers import PostgresServer, open_folder
from tests.signed_in import post, signed_in

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PASSWORD = "correct horse"


@pytest.fixture
def one(system: Start) -> System:
    return system("embedded")


@pytest.fixture
def fizzstat(one: System) -> Shell:
    return Shell(one.environ)


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with open_folder("postgres") as folder:
        server = PostgresServer(folder)
        server.start()
        yield server.url
        server.kill()


def test_the_first_person_owns_all_and_later_ones_look(one: System, fizzstat: Shell) -> None:
    token = fizzstat("users", "token").out.strip()
    assert (one.settings.data_dir / "first-account").read_text() == token
    made = fizzstat("users", "add", "ann")
    assert made.err.startswith("ann is owner of all.")
    assert fizzstat("users", "token").out == ""
    fizzstat("users", "add", "bob")
    fizzstat("users", "add", "cyd", "--site", "a.example=editor")
    rows = fizzstat("users", "list", "--json").json
    assert [(row["name"], row["role"], row["sites"]) for row in rows] == [
        ("ann", "owner", {}),
        ("bob", "viewer", {}),
        ("cyd", "", {"a.example": "editor"}),
    ]
    page = create_app(one.settings).test_client()
    password = made.out.strip().splitlines()[-1]
    assert post(page, "/", "/sign-in", name="ann", password=password).status_code == 303


def test_people_are_changed_reset_and_dropped(one: System, fizzstat: Shell) -> None:
    for name in ("ann", "bob"):
        fizzstat("users", "add", name, "--role", "owner")
    assert fizzstat("users", "set", "ANN", "--role", "editor").out == "ann is editor of all now.\n"
    password = fizzstat("users", "reset", "ann").out.strip()
    page = create_app(one.settings).test_client()
    assert post(page, "/", "/sign-in", name="ann", password=password).status_code == 303
    assert fizzstat("users", "drop", "ann").code == 0
    assert page.get("/account").status_code == 302
    assert "bob is the last owner" in fizzstat("users", "drop", "bob").sentence
    assert "nobody called 'ann'" in fizzstat("users", "reset", "ann").sentence
    assert "no role on a site" in fizzstat("users", "add", "eve", "--site", "a.example").sentence


def test_a_key_of_the_page_opens_when_it_is_shown_and_nothing_once_it_is_dropped(one: System) -> None:
    reader = SnapshotReader(one.client, one.settings.redis_prefix)
    owner = signed_in(create_app(one.settings), one.settings)
    shown = post(owner, "/keys", "/keys", name="shop", rights=["read", "write"], site="").text
    found = re.search(r"fizz_[\w-]{43}", shown)
    assert found
    key = reader.key(found[0])
    assert key
    assert (key.name, key.rights, key.site) == ("shop", ("read", "write"), "")
    assert "fizz_" not in owner.get("/keys").text
    post(owner, "/keys", "/keys/drop", name="shop")
    assert SnapshotReader(one.client, one.settings.redis_prefix).key(found[0]) is None


def test_the_ledgers_page_is_shown_of_a_site_and_of_a_day(one: System) -> None:
    one.take([hit("a.example", "/", "192.0.2.1"), hit("a.example", "/x", "192.0.2.1"), hit("b.example", "/", "192.0.2.1")])
    admin = signed_in(create_app(one.settings), one.settings, "admin")
    for query, said, received in (
        ("", "Where every hit is", 3),
        ("?site=www.A.example", "of <bdi>www.A.example</bdi>", 2),
        (f"?day={DAY}", f"of {DAY} is", 3),
        ("?day=2020-01-01", "of 2020-01-01 is", 0),
        (f"?site=b.example&day={DAY}", "of <bdi>b.example</bdi>", 1),
        ("?day=nonsense", "Where every hit is", 3),
    ):
        for path in ("/ledger", "/ledger/live"):
            text = admin.get(path + query).text
            assert said in text, query
            assert f"<dt>received</dt><dd>{received}</dd>" in text, query


def test_accounts_live_in_postgresql_too(postgres: str) -> None:
    with ThreadPoolExecutor(4) as pool:  # as processes that start at once
        accounts, *_ = pool.map(lambda _: open_at(postgres, lambda snapshot: None), range(4))
    with accounts.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []
    with accounts.change() as session:
        add_site(session, "a.example", now=NOW, hosts=["b.example"], query=["q"], shields={"countries": ["AT"]})
        add_key(session, "shop", "fizz_key", rights=["read"], site="a.example", now=NOW)
    with accounts.write() as session:
        ann = add_user(session, "Ann", PASSWORD, now=NOW, role="owner", sites=[("a.example", "viewer")])
        token = begin_login(session, ann, "Firefox", NOW)
        attempts.admit(session, "ann", "192.0.2.1", NOW)
    with accounts.read() as session:
        assert [host.name for host in site_called(session, "b.example").hosts] == ["a.example", "b.example"]
        assert [(key.name, key.rights, key.created) for key in list_keys(session)] == [("shop", ["read"], NOW)]
        login = find_login(session, token, NOW)
        assert login
        assert (login.user.name, right_user(session, "ann", PASSWORD)) == ("Ann", login.user)
    with accounts.write() as session:
        add_user(session, "bob", PASSWORD, now=NOW, role="owner")
        drop_user(session, session.get_one(type(login.user), login.user.id))
    with accounts.read() as session:
        assert find_login(session, token, NOW) is None


def test_changes_at_once_in_postgresql_are_all_made(postgres: str) -> None:
    accounts = open_at(postgres, lambda snapshot: None)

    def change(n: int) -> None:
        with accounts.change() as session:
            add_site(session, f"site{n}.example", now=NOW)
            add_key(session, f"key{n}", f"fizz_{n}", rights=["read"], now=NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(change, range(8)))
    with accounts.read() as session:
        assert {f"key{n}" for n in range(8)} <= {key.name for key in list_keys(session)}


def test_fizzstat_runs_on_postgresql(postgres: str, system: Start) -> None:
    one = system("embedded", FIZZSTAT_ACCOUNTS_URL=postgres)
    fizzstat = Shell(one.environ)
    assert fizzstat("users", "add", "zoe", "--role", "owner").code == 0
    assert "zoe" in signed_in(create_app(one.settings), one.settings).get("/users").text


def test_a_postgresql_that_is_away_is_said_without_its_password(system: Start, tmp_path: Path) -> None:
    url = f"postgresql://fizzstat:a-secret@/postgres?host={tmp_path}"
    one = system("embedded", FIZZSTAT_ACCOUNTS_URL=url)
    said = Shell(one.environ)("users", "list")
    assert said.code == 1
    assert "accounts' database cannot be used" in said.err
    assert "a-secret" not in said.err
    assert "Traceback" not in said.err


def test_without_its_driver_the_sentence_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(AccountsAway, match=r"pip install 'psycopg\[binary\]'"):
        open_at("postgresql://fizzstat@/postgres", lambda snapshot: None)
