"""The rows of the accounts' database. A later table refers to `Site.id`, which never changes."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, ForeignKey, String, TypeDecorator, false
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Moment(TypeDecorator[datetime]):
    """A time in UTC, that comes back as one: SQLite forgets the zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


class Table(DeclarativeBase):
    type_annotation_map = {datetime: Moment, list[str]: JSON, dict[str, Any]: JSON}


class Change(Table):
    """One row, that every change counts up first: whoever holds it is alone, on any database."""

    __tablename__ = "change"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]


class Site(Table):
    """A site. `id` is its first host and permanent; "" in `time_zone` is the server's, "" in `currency` none.

    `identify`: its pages may tell traits of a visitor. `dropped` is how many of its hits had been received when it was dropped
    (None: it was not): the ledger goes on naming it, and only newer hits bring it back.
    """

    __tablename__ = "site"

    id: Mapped[str] = mapped_column(String(253), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    time_zone: Mapped[str] = mapped_column(String(64), default="")
    currency: Mapped[str] = mapped_column(String(3), default="")
    week_start: Mapped[str] = mapped_column(String(9), default="monday")
    query: Mapped[list[str]] = mapped_column(default=list)
    identify: Mapped[bool] = mapped_column(default=False, server_default=false())
    created: Mapped[datetime]
    dropped: Mapped[int | None]

    hosts: Mapped[list["Host"]] = relationship(cascade="all, delete-orphan", order_by="Host.place", lazy="selectin")
    shields: Mapped[list["Shield"]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    foreign: Mapped[list["Foreign"]] = relationship(cascade="all, delete-orphan", order_by="Foreign.id", lazy="selectin")


class Host(Table):
    """A host name; its primary key is why it belongs to one site only. `place` is its place in the site's list."""

    __tablename__ = "host"

    name: Mapped[str] = mapped_column(String(253), primary_key=True)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    place: Mapped[int]


class Foreign(Table):
    """What another format calls a site, such as `matomo:3`; its primary key is why it names one site only."""

    __tablename__ = "foreign_id"

    id: Mapped[str] = mapped_column(String(253), primary_key=True)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)


class Shield(Table):
    """Whose hits of a site are not counted. `kind` is ips, countries, hosts or paths (hits.snapshot.Shields), `value` one of
    them."""

    __tablename__ = "shield"

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    kind: Mapped[str] = mapped_column(String(9))
    value: Mapped[str] = mapped_column(String(500))


class Key(Table):
    """An API key, of which only the SHA-256 is kept. `site` None: all sites."""

    __tablename__ = "key"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    rights: Mapped[list[str]]
    site: Mapped[str | None] = mapped_column(ForeignKey("site.id"), index=True)
    created: Mapped[datetime]
