"""Sites. In: a session (of a change, where something is changed). Out: rows; AccountError for what cannot be."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from ipaddress import IPv6Address
from types import MappingProxyType
from typing import Any, TypedDict, Unpack
from zoneinfo import available_timezones

import ada_url
from babel.numbers import list_currencies
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.errors import AccountError
from accounts.shields import set_shields
from accounts.tables import Foreign, Host, Key, Site

NOTHING: Mapping[str, Sequence[str]] = MappingProxyType({})
#: Those whose sites have ids of their own.
FORMATS = ("alcolytics", "fathom", "goatcounter", "matomo", "plausible", "umami")
WEEK_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


class SiteFields(TypedDict, total=False):
    """What of a site may be set, beside its hosts, foreign ids and shields: `time_zone` "" is the server's, `currency` ""
    none."""

    name: str | None
    time_zone: str | None
    currency: str | None
    week_start: str | None
    query: Sequence[str] | None
    identify: bool | None
    public: bool | None


def host_name(text: str, field: str = "host") -> str:
    """A host as collectors name it: in lower case, as browsers write it (UTS 46), without `www.` or a final dot, an IPv6
    address in brackets. Raises AccountError."""
    host = text.strip().lower()
    if not host.isascii():
        host = ada_url.idna.encode(host).decode()
    host = host.removesuffix(".").removeprefix("www.")
    with suppress(ValueError):
        return f"[{IPv6Address(host.removeprefix('[').removesuffix(']'))}]"
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise AccountError(field, f"{text!r} is no host; give it as in example.com, without scheme, port or path.")
    return host


def list_sites(session: Session) -> Sequence[Site]:
    return session.scalars(select(Site).where(Site.dropped.is_(None)).order_by(Site.id)).all()


def id_of(session: Session, text: str) -> str:
    """The id of the site that a host belongs to; what belongs to none is taken for an id."""
    try:
        host = host_name(text)
    except AccountError:
        host = text.strip()  # an id of hits that came without a host
    owner = session.get(Host, host)
    return owner.site if owner else host


def find_site(session: Session, text: str) -> Site | None:
    """The site with this id, or that this host belongs to."""
    site = session.get(Site, id_of(session, text))
    return site if site is not None and site.dropped is None else None


def site_called(session: Session, text: str) -> Site:
    """The same; raises AccountError where there is none."""
    site = find_site(session, text)
    if site is None:
        raise AccountError("site", f"There is no site {text!r}: ./fizzstat sites list names them, sites add makes one.")
    return site


def add_site(
    session: Session,
    id: str,
    *,
    now: datetime,
    hosts: Sequence[str] = (),
    foreign: Sequence[str] = (),
    shields: Mapping[str, Sequence[str]] = NOTHING,
    **fields: Unpack[SiteFields],
) -> Site:
    """Make a site. Its hosts are its id and `hosts`; `foreign`, `shields` and `fields` as set_site takes them."""
    id = host_name(id, "id")
    site = session.get(Site, id)
    if site is not None and site.dropped is None:
        raise AccountError("id", f"There is a site {id} already; ./fizzstat sites set changes it.")
    owner = session.get(Host, id)
    if owner is not None:
        raise AccountError("id", f"The host {id} belongs to the site {owner.site} already.")
    if site is None:
        site = Site(id=id, name=id, query=[], created=now)
        session.add(site)
    site.dropped = None
    set_site(session, site, hosts=(id, *hosts), foreign=foreign, shields=shields, **fields)
    return site


def set_site(
    session: Session,
    site: Site,
    *,
    hosts: Sequence[str] | None = None,
    foreign: Sequence[str] | None = None,
    shields: Mapping[str, Sequence[str]] = NOTHING,
    **fields: Unpack[SiteFields],
) -> None:
    """Change what is given (not None); lists are replaced whole, `shields` (see accounts/shields.py) kind by kind. `foreign` has
    ids such as `matomo:3`.

    Raises AccountError."""
    set_shields(site, shields)
    if foreign is not None:
        _give_foreign(session, site, list(dict.fromkeys(_foreign(id) for id in foreign)))
    for field, value in fields.items():
        if value is not None:
            setattr(site, field, _CHECKS[field](value))
    if hosts is not None:
        _give_hosts(session, site, list(dict.fromkeys(host_name(host) for host in hosts)))


def _name(text: str) -> str:
    if not text.strip() or len(text) > 200 or not text.isprintable():
        raise AccountError("name", "A site's name has 1 to 200 printable characters.")
    return text.strip()


def _time_zone(text: str) -> str:
    if text and text not in available_timezones():
        raise AccountError("time_zone", f"{text!r} is no time zone; give a name such as Europe/Berlin.")
    return text


def currency_code(text: str) -> str:
    """In capitals; "" is none. Raises AccountError."""
    if text and text.upper() not in list_currencies():
        raise AccountError("currency", f"{text!r} is no currency; give a code such as EUR.")
    return text.upper()


def _week_start(text: str) -> str:
    if text.lower() not in WEEK_DAYS:
        raise AccountError("week_start", f"{text!r} is no day; give one of {', '.join(WEEK_DAYS)}.")
    return text.lower()


def _query(names: Sequence[str]) -> list[str]:
    if wrong := [name for name in names if not name or len(name) > 100]:
        raise AccountError("query", f"{wrong[0]!r} is no parameter's name: it has 1 to 100 characters.")
    return list(dict.fromkeys(names))


def _foreign(text: str) -> str:
    """A format and what it calls the site: case, which none of them minds, is let go."""
    format, _, id = text.strip().lower().partition(":")
    if format not in FORMATS or not id.strip() or len(text) > 253 or not id.isprintable():
        raise AccountError("foreign", f"{text!r} is no id of a site elsewhere; give one as in matomo:3 ({', '.join(FORMATS)}).")
    return f"{format}:{id.strip()}"


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "name": _name,
    "time_zone": _time_zone,
    "currency": currency_code,
    "week_start": _week_start,
    "query": _query,
    "identify": bool,
    "public": bool,
}


def _give_hosts(session: Session, site: Site, names: list[str]) -> None:
    if not names:
        raise AccountError("host", f"The site {site.id} would have no host left.")
    for name in names:
        owner = session.get(Host, name)
        other = owner.site if owner else name
        taken = session.get(Site, other)
        if other != site.id and taken is not None and taken.dropped is None:
            raise AccountError("host", f"The host {name} belongs to the site {other} already; a host has one site.")
    kept = {host.name: host for host in site.hosts}
    site.hosts = [kept.get(name) or Host(name=name) for name in names]
    for place, host in enumerate(site.hosts):
        host.place = place


def _give_foreign(session: Session, site: Site, ids: list[str]) -> None:
    for id in ids:
        owner = session.get(Foreign, id)
        if owner is not None and owner.site != site.id:
            raise AccountError("foreign", f"{id} belongs to the site {owner.site} already.")
    kept = {foreign.id: foreign for foreign in site.foreign}
    site.foreign = [kept.get(id) or Foreign(id=id) for id in sorted(ids)]


def drop_site(session: Session, site: Site, received: int) -> None:
    """Forget a site until a hit of it comes in; `received` is how many came in so far. Its documents stay."""
    keys = session.scalars(select(Key.name).where(Key.site == site.id)).all()
    if keys:
        raise AccountError("id", f"The site {site.id} has keys of its own: drop {', '.join(keys)} first.")
    site.hosts, site.foreign, site.shields, site.goals, site.segments, site.funnels, site.links = [], [], [], [], [], [], []
    site.public = False
    site.dropped = received


def adopt(session: Session, received: Mapping[str, int], now: datetime) -> list[str]:
    """Make rows for sites that the ledger names (`received`: hits by site) and nobody made; which ones those are."""
    adopted = []
    for id, hits in sorted(received.items()):
        site = session.get(Site, id)
        if site is None and session.get(Host, id) is None and 0 < len(id) <= 253:
            session.add(Site(id=id, name=id[:200], query=[], created=now, hosts=[Host(name=id, place=0)]))
        elif site is not None and site.dropped is not None and hits > site.dropped:
            site.dropped = None
            if session.get(Host, id) is None:
                site.hosts = [Host(name=id, place=0)]
        else:
            continue
        adopted.append(id)
    return adopted
