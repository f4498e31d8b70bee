"""The accounts' database: opened, read and changed here. In: settings. Out: sessions, and a snapshot after each change.

A change is alone (the row of `change` is counted up first, which locks on every database), and its snapshot is in Redis
before it is committed: what a command says is done is known to collectors, and nothing is half done when Redis is away.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import redis
from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text, update
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

from accounts.errors import AccountsAway
from accounts.shields import shields_of
from accounts.tables import Change, Key, Site, Table
from hits.snapshot import KeyRow, SiteRow, Snapshot, publish
from settings import Settings

#: How long a change waits for another one to end, in seconds.
WAIT = 30

Publish = Callable[[Snapshot], None]


@dataclass(frozen=True)
class Accounts:
    """An open database, and where its snapshots go."""

    engine: Engine
    publish: Publish

    @contextmanager
    def read(self) -> Iterator[Session]:
        with database_errors(), Session(self.engine) as session:
            yield session

    @contextmanager
    def change(self) -> Iterator[Session]:
        """A session that nobody else's change can cross; it is published, then committed, when the block ends well."""
        with database_errors(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.execute(update(Change).values(number=Change.number + 1))
            yield session
            self.publish(snapshot(session))


def open_accounts(settings: Settings, client: redis.Redis) -> Accounts:
    """The database of FIZZSTAT_ACCOUNTS_URL, or `accounts.db` in the data folder, that publishes in `client`'s Redis."""
    url = settings.accounts_url
    if not url:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{settings.data_dir / 'accounts.db'}"
    return open_at(url, partial(publish, client, settings.redis_prefix))


def open_at(url: str, publish: Publish) -> Accounts:
    """The database at an SQLAlchemy URL; its tables are made where they are missing. Raises AccountsAway."""
    try:
        engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": WAIT} if url.startswith("sqlite") else {})
    except (ArgumentError, ImportError) as error:
        raise AccountsAway(f"FIZZSTAT_ACCOUNTS_URL cannot be used ({error})") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys = on"))
    with database_errors():
        _make_tables(engine)
    return Accounts(engine, publish)


@contextmanager
def database_errors() -> Iterator[None]:
    """Say AccountsAway for what SQLAlchemy says: without the statement and its values."""
    try:
        yield
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or type(error).__name__
        raise AccountsAway(f"the accounts' database cannot be used ({cause})") from error


def _make_tables(engine: Engine) -> None:
    """Safe when two processes start at once."""
    with engine.begin() as connection:
        for table in Table.metadata.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in table.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))
        _add_columns(connection)
    with Session(engine) as session:
        if session.get(Change, 1) is None:
            session.add(Change(id=1, number=0))
            try:
                session.commit()
            except IntegrityError:
                session.rollback()


def _add_columns(connection: Connection) -> None:
    """Those that tables of an earlier version have not: every one has a default in the database."""
    for table in Table.metadata.sorted_tables:
        there = {column["name"] for column in inspect(connection).get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                written = CreateColumn(column).compile(dialect=connection.dialect)
                connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {written}"))


def snapshot(session: Session) -> Snapshot:
    """What collectors and importers are told of."""
    sites = session.scalars(select(Site).where(Site.dropped.is_(None)).order_by(Site.id))
    keys = session.scalars(select(Key).order_by(Key.name))
    return Snapshot(
        sites=tuple(
            SiteRow(
                id=site.id,
                hosts=tuple(host.name for host in site.hosts),
                query=tuple(site.query),
                shields=shields_of(site),
                currency=site.currency,
                foreign=tuple(foreign.id for foreign in site.foreign),
                identify=site.identify,
            )
            for site in sites
        ),
        keys={key.sha256: KeyRow(key.name, tuple(key.rights), key.site or "") for key in keys},
    )
