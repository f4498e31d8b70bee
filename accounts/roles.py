"""Roles: who may do what. Each role may all that those before it may.

    viewer   sees numbers and documents
    editor   also goals, funnels, segments, notes: what is asked
    admin    also settings of a site; on FizzStat itself people, keys, the ledger, new sites: what is counted
    owner    also what cannot be undone: erasing, deleting a site; and other owners

A right is the least role that has it; people say `edit` and `view`.
"""

from typing import Literal, get_args

Right = Literal["view", "edit", "admin", "owner"]
RIGHTS: tuple[Right, ...] = get_args(Right)
ROLES = ("viewer", "editor", "admin", "owner")
NO_ROLE = ""


def rank(role: str) -> int:
    """0 for no role, 4 for owner."""
    return ROLES.index(role) + 1 if role in ROLES else 0


def has(role: str, right: Right) -> bool:
    return rank(role) > RIGHTS.index(right)


def greater(one: str, other: str) -> str:
    return max(one, other, key=rank)
