"""The accounts' tables: made, taken over from before there were migrations, and brought up to date by many at once."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from accounts.database import open_at
from accounts.migrate import FOLDER, HEAD, migrate
from accounts.sites import list_sites
from accounts.tables import Table

#: As the first release made it: no shields, no foreign ids, no goals; nobody could be identified.
FIRST_FORM = """
CREATE TABLE change (id INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (id));
CREATE TABLE site (id VARCHAR(253) NOT NULL, name VARCHAR(200) NOT NULL, time_zone VARCHAR(64) NOT NULL,
    currency VARCHAR(3) NOT NULL, week_start VARCHAR(9) NOT NULL, "query" JSON NOT NULL, created DATETIME NOT NULL,
    dropped INTEGER, PRIMARY KEY (id));
CREATE TABLE host (name VARCHAR(253) NOT NULL, site VARCHAR(253) NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (name),
    FOREIGN KEY(site) REFERENCES site (id));
CREATE INDEX ix_host_site ON host (site);
CREATE TABLE "key" (name VARCHAR(100) NOT NULL, sha256 VARCHAR(64) NOT NULL, rights JSON NOT NULL, site VARCHAR(253),
    created DATETIME NOT NULL, PRIMARY KEY (name), UNIQUE (sha256), FOREIGN KEY(site) REFERENCES site (id));
INSERT INTO change VALUES (1, 7);
INSERT INTO site VALUES ('a.example', 'Ours', '', 'EUR', 'monday', '["q"]', '2026-11-01 00:00:00', NULL);
INSERT INTO host VALUES ('a.example', 'a.example', 0);
"""


def differences(url: str) -> list[object]:
    """Between a database and accounts/tables.py."""
    with create_engine(url).connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Table.metadata))


def test_the_migrations_make_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'accounts.db'}"
    open_at(url, lambda snapshot: None)
    assert differences(url) == []


def test_the_newest_migration_is_the_one_that_is_looked_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_database_of_the_first_release_is_taken_over_with_what_is_in_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'accounts.db'}"
    with closing(sqlite3.connect(tmp_path / "accounts.db")) as database:
        database.executescript(FIRST_FORM)
    accounts = open_at(url, lambda snapshot: None)
    assert differences(url) == []
    with accounts.read() as session:
        (site,) = list_sites(session)
        assert (site.name, site.currency, site.query, site.identify) == ("Ours", "EUR", ["q"], False)
        assert [host.name for host in site.hosts] == ["a.example"]
        assert session.scalar(text("SELECT number FROM change")) == 7


def test_many_that_start_at_once_make_the_tables_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'accounts.db'}"
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: open_at(url, lambda snapshot: None), range(6)))
    assert differences(url) == []
    with create_engine(url).connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM change")).scalar() == 1


def test_what_a_newer_version_has_made_is_left_as_it_is(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'accounts.db'}")
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
