"""Funnels of a site: steps that visitors are wished to take one after the other, under a name. In: a session of a change, and
what a person wrote. Out: rows; AccountError names what cannot be.

A step is a text as questions take it (query/steps.py): a page, the name of a goal, or of an event.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from accounts.errors import AccountError
from accounts.tables import Funnel, Site

MOST = 100  # of a site
LONGEST_NAME = 200
FEWEST_STEPS, MOST_STEPS, LONGEST_STEP = 2, 20, 2048


def add_funnel(session: Session, site: Site, name: str, steps: Sequence[str]) -> Funnel:
    """Steps that are empty are left out. Raises AccountError."""
    if len(site.funnels) >= MOST:
        raise AccountError("name", f"A site has at most {MOST} funnels.")
    funnel = Funnel(name=_name(site, name), steps=_steps(steps))
    site.funnels.append(funnel)
    session.flush()  # its id
    return funnel


def set_funnel(site: Site, id: int, name: str, steps: Sequence[str]) -> None:
    """Raises AccountError."""
    funnel = _of(site, id)
    funnel.name, funnel.steps = _name(site, name, id), _steps(steps)


def drop_funnel(site: Site, id: int) -> None:
    """Raises AccountError."""
    site.funnels.remove(_of(site, id))


def _of(site: Site, id: int) -> Funnel:
    for funnel in site.funnels:
        if funnel.id == id:
            return funnel
    raise AccountError("name", "This funnel is not there any more.")


def _name(site: Site, text: str, id: int | None = None) -> str:
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise AccountError("name", f"A funnel's name has 1 to {LONGEST_NAME} printable characters.")
    if any(other.name == name and other.id != id for other in site.funnels):
        raise AccountError("name", f"The site {site.id} has a funnel {name!r} already.")
    return name


def _steps(given: Sequence[str]) -> list[str]:
    steps = [text.strip() for text in given if text.strip()]
    if not FEWEST_STEPS <= len(steps) <= MOST_STEPS:
        raise AccountError("steps", f"A funnel has {FEWEST_STEPS} to {MOST_STEPS} steps.")
    for text in steps:
        if len(text) > LONGEST_STEP or not text.isprintable():
            raise AccountError("steps", f"A step has at most {LONGEST_STEP} printable characters.")
    return steps
