"""API keys. In: a session of a change. Out: rows; the key itself is told once, to who made it, and kept nowhere."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.errors import AccountError
from accounts.sites import site_called
from accounts.tables import Key
from hits.snapshot import key_hash

RIGHTS = ("read", "write", "admin")


def new_key() -> str:
    """256 bits behind a prefix that secret scanners and people recognise."""
    return "fizz_" + secrets.token_urlsafe(32)


def add_key(session: Session, name: str, key: str, *, rights: Sequence[str], site: str | None = None, now: datetime) -> Key:
    """Keep a key's hash under a name. `site` is an id or a host of one site; None is all. Raises AccountError."""
    name = name.strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise AccountError("name", "A key's name has 1 to 100 printable characters.")
    if session.get(Key, name):
        raise AccountError("name", f"There is a key {name!r} already; drop it first, or take another name.")
    wrong = [right for right in rights if right not in RIGHTS]
    if wrong or not rights:
        raise AccountError("rights", f"Rights are of {', '.join(RIGHTS)}" + (f"; {wrong[0]!r} is none." if wrong else "."))
    row = Key(
        name=name,
        sha256=key_hash(key),
        rights=[right for right in RIGHTS if right in rights],
        site=site_called(session, site).id if site is not None else None,
        created=now,
    )
    session.add(row)
    return row


def list_keys(session: Session) -> Sequence[Key]:
    return session.scalars(select(Key).order_by(Key.name)).all()


def drop_key(session: Session, name: str) -> None:
    """The key opens nothing any more. Raises AccountError."""
    row = session.get(Key, name)
    if row is None:
        raise AccountError("name", f"There is no key {name!r}; ./fizzstat keys list names them.")
    session.delete(row)


def key_called(session: Session, key: str) -> Key | None:
    """The row of a key itself; None if nobody made it."""
    return session.scalars(select(Key).where(Key.sha256 == key_hash(key))).first()
