"""How often it may be tried to sign in. In: a session of accounts.write(), the name and the address. Out: nothing, or TooOften.

Counted before a password is looked at, for names that are known and for those that are not. By the pair of both, so that who
guesses at a name from elsewhere does not lock its owner out before very many tries; by address alone, for who tries many names;
by name alone, for who has many addresses. Kept as hashes, and for a quarter of an hour.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from sqlalchemy import delete
from sqlalchemy.orm import Session

from accounts.tables import Attempt
from accounts.users import login_of

FOR = timedelta(minutes=15)
OF_BOTH, OF_ADDRESS, OF_NAME = 10, 50, 200


class TooOften(Exception):
    """Come back in `seconds`."""

    def __init__(self, seconds: int):
        super().__init__(f"come back in {seconds} s")
        self.seconds = seconds


def admit(session: Session, name: str, address: str, now: datetime) -> None:
    """Count one more try. Raises TooOften."""
    session.execute(delete(Attempt).where(Attempt.until <= now))
    for who, most in _counted(name, address):
        row = session.get(Attempt, who, with_for_update=True)
        if row is None:
            session.add(Attempt(who=who, number=1, until=now + FOR))
        elif row.number >= most:
            raise TooOften(max(1, round((row.until - now).total_seconds())))
        else:
            row.number += 1
    session.flush()


def forget(session: Session, name: str, address: str) -> None:
    """Who got in has not guessed."""
    (both, _), *_ = _counted(name, address)
    session.execute(delete(Attempt).where(Attempt.who == both))


def _counted(name: str, address: str) -> Iterator[tuple[str, int]]:
    login, network = login_of(name), _network(address)
    yield _hash("both", login, network), OF_BOTH
    yield _hash("address", network), OF_ADDRESS
    yield _hash("name", login), OF_NAME


def _network(address: str) -> str:
    """Of IPv6 the /64, which one household has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return parsed.exploded[:19] if isinstance(parsed, IPv6Address) else str(parsed)


def _hash(*words: str) -> str:
    return sha256("\0".join(words).encode(errors="surrogatepass")).hexdigest()
