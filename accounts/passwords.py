"""Passwords, as argon2id hashes (RFC 9106), with what OWASP's Password Storage Cheat Sheet names first: 19 MiB, two passes.

In: a password. Out: its hash, or whether it is the one of a hash; AccountError for what is none.
"""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from accounts.errors import AccountError

SHORTEST, LONGEST = 8, 1000
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hashed(password: str) -> str:
    """Raises AccountError."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise AccountError("password", f"A password has {SHORTEST} to {LONGEST} characters.")
    return _hasher.hash(password)


def is_it(password: str, hash: str | None) -> bool:
    """Takes as long where there is no hash to compare with, so that nobody hears whether a name is known."""
    try:
        _hasher.verify(hash or _nobodys(), password)
    except VerifyMismatchError:
        return False
    return hash is not None


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody has this password")
