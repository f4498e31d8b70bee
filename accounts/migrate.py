"""The tables of the accounts' database, brought to what this version knows (accounts/migrations, by Alembic). In: an engine.

Processes that start at once wait for each other. Alembic is loaded only where there is something to do. Who changes tables.py
adds a migration, and its number here: a test holds one against the other.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

HEAD = "0004"
LOCK = 0x66697A7A73746174  # of pg_advisory_xact_lock: a number that others will hardly use
FOLDER = Path(__file__).parent / "migrations"


def migrate(engine: Engine, to: str = HEAD) -> None:
    """A database that a newer version has changed is left as it is."""
    with engine.connect() as connection:
        if _version(connection) >= to:
            return
    with _alone(engine) as connection:
        if _version(connection) < to:
            from alembic import command
            from alembic.config import Config

            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
            command.upgrade(config, to)


def _version(connection: Connection) -> str:
    """Such as 0002; "" before the first."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction that no other process's migration crosses."""
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        yield connection
        connection.commit()
