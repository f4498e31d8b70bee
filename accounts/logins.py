"""Who is signed in, with which browser. In: a session, and the random token of a browser's cookie. Out: rows.

A token is made anew at each sign-in, whatever a browser sent before; it is kept as its hash, and ends a while after it was last
used.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from accounts.tables import Login, User

LASTS = timedelta(days=30)  # since it was last used
LONGEST = timedelta(days=365)
NOTED = timedelta(minutes=10)  # uses are not written down more often


def begin_login(session: Session, user: User, agent: str, now: datetime) -> str:
    """The new token."""
    session.execute(delete(Login).where(Login.expires <= now))
    token = secrets.token_urlsafe(32)
    session.add(Login(sha256=_hash(token), user=user, agent=agent[:200], created=now, seen=now, expires=now + LASTS))
    session.flush()
    return token


def find_login(session: Session, token: str, now: datetime) -> Login | None:
    return session.scalars(select(Login).where(Login.sha256 == _hash(token), Login.expires > now)).first()


def to_be_noted(login: Login, now: datetime) -> bool:
    """Whether it is time to write down that it was used."""
    return now - login.seen > NOTED


def note_use(session: Session, id: int, now: datetime) -> None:
    login = session.get(Login, id)
    if login is not None:
        login.seen = now
        login.expires = min(now + LASTS, login.created + LONGEST)


def list_logins(session: Session, user: int, now: datetime) -> Sequence[Login]:
    """Of a person, by the person's id, the last used first."""
    asked = select(Login).where(Login.user_id == user, Login.expires > now).order_by(Login.seen.desc(), Login.id.desc())
    return session.scalars(asked).all()


def end_login(session: Session, user: int, id: int) -> None:
    """One of this person's; another's, or one that has ended, is left as it is."""
    session.execute(delete(Login).where(Login.id == id, Login.user_id == user))


def end_others(session: Session, user: int, id: int) -> None:
    """All of this person's but this one."""
    session.execute(delete(Login).where(Login.id != id, Login.user_id == user))


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
