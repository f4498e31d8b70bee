"""People. In: a session of accounts.write(). Out: rows; AccountError for what cannot be.

There is always somebody who can let others in: the last owner stays one.
"""

import unicodedata
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.errors import AccountError
from accounts.passwords import hashed, is_it
from accounts.roles import NO_ROLE, ROLES
from accounts.tables import SiteRole, User

LONGEST = 100


def login_of(name: str) -> str:
    """A name as it is compared: no matter in which case, or by which of Unicode's ways, it was typed."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name.strip()).casefold())


def any_user(session: Session) -> bool:
    return session.scalars(select(User.id).limit(1)).first() is not None


def list_users(session: Session) -> Sequence[User]:
    return session.scalars(select(User).order_by(User.login)).all()


def find_user(session: Session, name: str) -> User | None:
    return session.scalars(select(User).where(User.login == login_of(name))).first()


def user_called(session: Session, name: str) -> User:
    """The same; raises AccountError where there is none."""
    user = find_user(session, name)
    if user is None:
        raise AccountError("name", f"There is nobody called {name!r}; ./fizzstat users list names them.")
    return user


def add_user(
    session: Session,
    name: str,
    password: str,
    *,
    now: datetime,
    role: str = NO_ROLE,
    sites: Sequence[tuple[str, str]] = (),
) -> User:
    """`sites` are pairs of a site's id and a role on it. Raises AccountError."""
    name = name.strip()
    if not name or len(name) > LONGEST or not name.isprintable():
        raise AccountError("name", f"A name has 1 to {LONGEST} printable characters.")
    if find_user(session, name):
        raise AccountError("name", f"There is somebody called {name!r} already.")
    user = User(name=name, login=login_of(name), password=hashed(password), created=now, sites=[], logins=[])
    session.add(user)
    user.role = _role(role)
    user.sites = _site_roles(user, sites)
    if not user.role and not user.sites:
        raise AccountError("role", f"{name} would see nothing: give a role ({', '.join(ROLES)}), or one on a site.")
    session.flush()  # its id
    return user


def set_roles(session: Session, user: User, role: str, sites: Sequence[tuple[str, str]]) -> None:
    """Raises AccountError."""
    if user.role == "owner" and role != "owner":
        _another_owner(session, user)
    user.role = _role(role)
    user.sites = _site_roles(user, sites)
    session.flush()


def drop_user(session: Session, user: User) -> None:
    """Whoever was signed in as this person is so no more. Raises AccountError."""
    if user.role == "owner":
        _another_owner(session, user)
    session.delete(user)
    session.flush()


def set_password(session: Session, user: User, password: str) -> None:
    """Ends all sessions of this person. Raises AccountError."""
    user.password = hashed(password)
    user.logins = []
    session.flush()


def right_user(session: Session, name: str, password: str) -> User | None:
    """Whose name and password these are; takes as long where there is nobody of this name."""
    user = find_user(session, name)
    return user if is_it(password, user.password if user else None) else None


def _role(text: str) -> str:
    if text and text not in ROLES:
        raise AccountError("role", f"{text!r} is no role; give one of {', '.join(ROLES)}.")
    return text


def _site_roles(user: User, sites: Sequence[tuple[str, str]]) -> list[SiteRole]:
    for site, role in sites:
        if role not in ROLES or not 0 < len(site) <= 253:
            raise AccountError("site", f"{f'{site}={role}'!r} is no role on a site; give it as in example.com=viewer.")
    kept = {row.site: row for row in user.sites}
    rows = []
    for site, role in dict(sites).items():
        row = kept.get(site) or SiteRole(site=site)
        row.role = role
        rows.append(row)
    return rows


def _another_owner(session: Session, user: User) -> None:
    others = select(func.count()).select_from(User).where(User.role == "owner", User.id != user.id)
    if not session.scalar(others):
        raise AccountError("role", f"{user.name} is the last owner; make another one first.")
