"""Links that show a site to whoever has them. In: a session, a link's random token or a browser's cookie. Out: rows; AccountError
for what cannot be.

Of a token only the SHA-256 is kept. A browser that opened a link keeps `pass_of` it: the token and, where the link has a
password, a hash that is made with the password's own. A link that was dropped, or has ended, opens nothing any more.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b, sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.errors import AccountError
from accounts.passwords import hashed
from accounts.tables import SharedLink, Site

MOST = 100  # of a site
LONGEST_NAME = 200


def new_token() -> str:
    return secrets.token_urlsafe(24)


def add_link(
    session: Session, site: Site, name: str, token: str, *, now: datetime, password: str = "", expires: datetime | None = None
) -> SharedLink:
    """Without `expires` it does not end by itself. Raises AccountError."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise AccountError("name", f"A link's name has 1 to {LONGEST_NAME} printable characters.")
    if expires is not None and expires <= now:
        raise AccountError("expires", "This day is over already.")
    if len(list_links(session, site.id)) >= MOST:
        raise AccountError("name", f"A site has at most {MOST} links.")
    kept = hashed(password) if password else ""
    link = SharedLink(site=site.id, name=name, sha256=_hash(token), password=kept, created=now, expires=expires)
    session.add(link)
    session.flush()  # its id
    return link


def list_links(session: Session, site: str) -> Sequence[SharedLink]:
    """Of a site, by its id, those that have ended too."""
    return session.scalars(select(SharedLink).where(SharedLink.site == site).order_by(SharedLink.name, SharedLink.id)).all()


def find_link(session: Session, token: str, now: datetime) -> SharedLink | None:
    link = session.scalars(select(SharedLink).where(SharedLink.sha256 == _hash(token))).first()
    return link if link is not None and not has_ended(link, now) else None


def drop_link(session: Session, site: str, id: int) -> None:
    """Raises AccountError."""
    link = session.get(SharedLink, id)
    if link is None or link.site != site:
        raise AccountError("name", "This link is not there any more.")
    session.delete(link)


def has_ended(link: SharedLink, now: datetime) -> bool:
    return link.expires is not None and link.expires <= now


def pass_of(link: SharedLink, token: str) -> str:
    """What a browser keeps that opened the link, and knew its password if it has one."""
    known = blake2b(link.password.encode(), key=token.encode()[:64], digest_size=24).hexdigest() if link.password else ""
    return f"{token}.{known}"


def opens(session: Session, site: str, kept: str, now: datetime) -> bool:
    """Whether what a browser keeps is the pass of a link to this site."""
    token = kept.partition(".")[0]
    link = find_link(session, token, now)
    return link is not None and link.site == site and secrets.compare_digest(pass_of(link, token).encode(), kept.encode())


def _hash(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()
