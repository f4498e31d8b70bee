"""The accounts' database: opened, read and changed here. In: settings. Out: sessions, and a snapshot after each change.

A change is alone (the row of `change` is counted up first, which locks on every database), and its snapshot is in Redis
before it is committed: what a command says is done is known to collectors, and nothing is half done when Redis is away.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import redis
from sqlalchemy import URL, Engine, create_engine, event, make_url, select, update
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from accounts.errors import AccountsAway
from accounts.migrate import migrate
from accounts.shields import shields_of
from accounts.tables import Change, Key, Site
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

    @contextmanager
    def write(self) -> Iterator[Session]:
        """The same for what collectors are not told of, people and their sessions: it needs no Redis."""
        with database_errors(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.execute(update(Change).values(number=Change.number + 1))
            yield session


def open_accounts(settings: Settings, client: redis.Redis) -> Accounts:
    """The database of FIZZSTAT_ACCOUNTS_URL, or `accounts.db` in the data folder, that publishes in `client`'s Redis."""
    url = settings.accounts_url
    if not url:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        file = settings.data_dir / "accounts.db"
        file.touch(0o600)  # whoever made the folder: there are passwords in it, if hashed ones
        url = f"sqlite:///{file}"
    return open_at(url, partial(publish, client, settings.redis_prefix))


def open_at(url: str, publish: Publish) -> Accounts:
    """The database at an SQLAlchemy URL; its tables are made, or brought up to date. Raises AccountsAway."""
    try:
        engine = create_engine(_with_driver(url), poolclass=NullPool, connect_args=_patience(url))
    except ImportError as error:
        driver = "'psycopg[binary]'" if url.startswith("postgres") else str(error.name)
        raise AccountsAway(f"FIZZSTAT_ACCOUNTS_URL cannot be used before .venv/bin/pip install {driver}") from error
    except ArgumentError as error:
        raise AccountsAway("FIZZSTAT_ACCOUNTS_URL cannot be used: give it as in postgresql://user:password@host/name") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys = on"))
    with database_errors():
        migrate(engine)
    return Accounts(engine, publish)


def _with_driver(url: str) -> URL:
    """PostgreSQL is spoken to by psycopg 3, unless the URL names another driver."""
    made = make_url(url)
    return made.set(drivername="postgresql+psycopg") if made.drivername in ("postgres", "postgresql") else made


def _patience(url: str) -> dict[str, int]:
    """How long a database may take: to end another change (SQLite), to answer a knock (PostgreSQL)."""
    return {"timeout": WAIT} if url.startswith("sqlite") else {"connect_timeout": 5} if url.startswith("postgres") else {}


@contextmanager
def database_errors() -> Iterator[None]:
    """Say AccountsAway for what SQLAlchemy says: without the statement and its values."""
    try:
        yield
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or type(error).__name__
        raise AccountsAway(f"the accounts' database cannot be used ({cause})") from error


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
