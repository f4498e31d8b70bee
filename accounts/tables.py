"""The rows of the accounts' database. A later table refers to `Site.id`, which never changes."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, ForeignKey, String, TypeDecorator, UniqueConstraint, false
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
    type_annotation_map = {datetime: Moment, list[str]: JSON, list[Any]: JSON, dict[str, str]: JSON, dict[str, Any]: JSON}


class Change(Table):
    """One row, that every change counts up first: whoever holds it is alone, on any database."""

    __tablename__ = "change"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]


class Site(Table):
    """A site. `id` is its first host and permanent; "" in `time_zone` is the server's, "" in `currency` none.

    `identify`: its pages may tell traits of a visitor; `public`: anybody may see its numbers. `dropped` is how many of its hits
    had been received when it was dropped (None: it was not): the ledger goes on naming it, and only newer hits bring it back.
    """

    __tablename__ = "site"

    id: Mapped[str] = mapped_column(String(253), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    time_zone: Mapped[str] = mapped_column(String(64), default="")
    currency: Mapped[str] = mapped_column(String(3), default="")
    week_start: Mapped[str] = mapped_column(String(9), default="monday")
    query: Mapped[list[str]] = mapped_column(default=list)
    identify: Mapped[bool] = mapped_column(default=False, server_default=false())
    public: Mapped[bool] = mapped_column(default=False, server_default=false())
    created: Mapped[datetime]
    dropped: Mapped[int | None]

    hosts: Mapped[list["Host"]] = relationship(cascade="all, delete-orphan", order_by="Host.place", lazy="selectin")
    shields: Mapped[list["Shield"]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    foreign: Mapped[list["Foreign"]] = relationship(cascade="all, delete-orphan", order_by="Foreign.id", lazy="selectin")
    goals: Mapped[list["Goal"]] = relationship(cascade="all, delete-orphan", order_by="Goal.name")
    segments: Mapped[list["Segment"]] = relationship(cascade="all, delete-orphan", order_by="Segment.name")
    funnels: Mapped[list["Funnel"]] = relationship(cascade="all, delete-orphan", order_by="Funnel.name")
    links: Mapped[list["SharedLink"]] = relationship(cascade="all, delete-orphan")


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


class Goal(Table):
    """What a site's visitors are wished to do; its fields are those of query.site.Goal. A site's goals differ in name."""

    __tablename__ = "goal"
    __table_args__ = (UniqueConstraint("site", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(6))
    path: Mapped[str] = mapped_column(String(2048), default="")
    event: Mapped[str] = mapped_column(String(200), default="")
    percent: Mapped[int] = mapped_column(default=0)
    properties: Mapped[dict[str, str]] = mapped_column(default=dict)
    currency: Mapped[str] = mapped_column(String(3), default="")


class Segment(Table):
    """Filters of a site's questions, under a name that no other of the site has."""

    __tablename__ = "segment"
    __table_args__ = (UniqueConstraint("site", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    filters: Mapped[list[Any]]


class Funnel(Table):
    """Steps of a visit, as questions take them, under a name that no other of the site has."""

    __tablename__ = "funnel"
    __table_args__ = (UniqueConstraint("site", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    steps: Mapped[list[str]]


class SharedLink(Table):
    """What shows a site to whoever has it. Of its token only the SHA-256 is kept; `password` is a hash, "" for none."""

    __tablename__ = "shared_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    password: Mapped[str] = mapped_column(String(200), default="")
    created: Mapped[datetime]
    expires: Mapped[datetime | None]


class User(Table):
    """A person who signs in. `login` is the name as it is compared (accounts/users.py); `role`, of accounts/roles.py, is on all
    sites and on FizzStat itself, "" for who has a role on sites of his own alone."""

    __tablename__ = "user_account"  # `user` is a word of SQL

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    login: Mapped[str] = mapped_column(String(300), unique=True)
    password: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(6), default="")
    created: Mapped[datetime]

    sites: Mapped[list["SiteRole"]] = relationship(cascade="all, delete-orphan", order_by="SiteRole.site", lazy="selectin")
    logins: Mapped[list["Login"]] = relationship(cascade="all, delete-orphan", back_populates="user")


class SiteRole(Table):
    """What a person may do on one site. A site that only hits have named has no row, so this refers to none."""

    __tablename__ = "site_role"

    user: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    site: Mapped[str] = mapped_column(String(253), primary_key=True)
    role: Mapped[str] = mapped_column(String(6))


class Login(Table):
    """A browser that somebody is signed in with. Of its cookie only the SHA-256 is kept; `agent` is such as `Firefox, Linux`."""

    __tablename__ = "login"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    agent: Mapped[str] = mapped_column(String(200), default="")
    created: Mapped[datetime]
    seen: Mapped[datetime]
    expires: Mapped[datetime] = mapped_column(index=True)

    user: Mapped[User] = relationship(back_populates="logins", lazy="joined")


class Attempt(Table):
    """How often it was tried to sign in of late, by a hash of who tried; gone after `until`."""

    __tablename__ = "attempt"

    who: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int]
    until: Mapped[datetime] = mapped_column(index=True)
