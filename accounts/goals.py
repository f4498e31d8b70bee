"""Goals of a site. In: a session of a change, and what a person wrote. Out: rows; AccountError names what cannot be.

A goal is of one kind: a page (`path` alone), an event (`event`, and the properties that it must have), or how far a page was
scrolled (`percent` and `path`). Its name, where none is given, is the one that Plausible would give it.
"""

from collections.abc import Mapping, Sequence

import ada_url
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.errors import AccountError
from accounts.sites import currency_code
from accounts.tables import Goal, Site
from hits.hit import LIMITS

MOST = 500  # of a site
LONGEST_NAME = 200
LONGEST_EVENT = LIMITS["name"]
LONGEST_PATH = 2048  # what documents hold
MOST_PROPERTIES = 10


def add_goal(
    session: Session,
    site: Site,
    *,
    name: str = "",
    path: str = "",
    event: str = "",
    percent: int | None = None,
    properties: Mapping[str, str] | None = None,
    currency: str = "",
) -> Goal:
    """Raises AccountError."""
    kind = _kind(path, event, percent)
    if kind != "event" and (properties or currency):
        raise AccountError("event", "Only the goal of an event has properties or a currency.")
    goal = Goal(
        kind=kind,
        path=_path(path) if path else "",
        event=_event(event) if event else "",
        percent=percent or 0,
        properties=_properties(properties or {}),
        currency=currency_code(currency),
    )
    goal.name = _name(name) if name else _usual_name(goal)
    if any(other.name == goal.name for other in site.goals):
        raise AccountError("name", f"The site {site.id} has a goal {goal.name!r} already; drop it first, or take another name.")
    if len(site.goals) >= MOST:
        raise AccountError("name", f"A site has at most {MOST} goals.")
    site.goals.append(goal)
    session.flush()  # its id
    return goal


def list_goals(session: Session, site: str | None = None) -> Sequence[Goal]:
    """Of a site, by its id, or of all."""
    asked = select(Goal).order_by(Goal.site, Goal.name)
    return session.scalars(asked.where(Goal.site == site) if site is not None else asked).all()


def drop_goal(session: Session, site: str, name: str) -> None:
    """Raises AccountError."""
    goal = session.scalars(select(Goal).where(Goal.site == site, Goal.name == name)).first()
    if goal is None:
        raise AccountError("name", f"The site {site} has no goal {name!r}; ./fizzstat goals list names them.")
    session.delete(goal)


def _kind(path: str, event: str, percent: int | None) -> str:
    if bool(path) == bool(event):
        raise AccountError("path", "A goal is of a page or of an event: give one of path and event.")
    if event and percent is not None:
        raise AccountError("percent", "How far a page was scrolled is a goal of a page: give its path, and no event.")
    if percent is not None and not 1 <= percent <= 100:
        raise AccountError("percent", f"A page is scrolled 1 to 100 percent, not {percent}.")
    return "event" if event else "page" if percent is None else "scroll"


def _usual_name(goal: Goal) -> str:
    usual = {"event": goal.event, "page": f"Visit {goal.path}", "scroll": f"Scroll {goal.percent}% on {goal.path}"}
    return usual[goal.kind][:LONGEST_NAME]


def _name(text: str) -> str:
    if not text.strip() or len(text) > LONGEST_NAME or not text.isprintable():
        raise AccountError("name", f"A goal's name has 1 to {LONGEST_NAME} printable characters.")
    return text.strip()


def _event(text: str) -> str:
    if not text.strip() or len(text) > LONGEST_EVENT or not text.isprintable():
        raise AccountError("event", f"An event's name has 1 to {LONGEST_EVENT} printable characters.")
    return text.strip()


def _path(text: str) -> str:
    """As documents have it: as browsers write it (WHATWG), percent-encoded."""
    if not text.startswith("/") or any(letter in text for letter in "?#"):
        raise AccountError("path", f"{text!r} is no page; it begins with / and has no query, as in /blog/*.")
    path = ada_url.URL("https://host" + text).pathname
    if len(path) > LONGEST_PATH:
        raise AccountError("path", f"A page's path has at most {LONGEST_PATH} characters.")
    return path


def _properties(given: Mapping[str, str]) -> dict[str, str]:
    if len(given) > MOST_PROPERTIES:
        raise AccountError("properties", f"A goal has at most {MOST_PROPERTIES} properties, and these are {len(given)}.")
    for key, value in given.items():
        if not key or len(key) > LONGEST_PATH or len(value) > LONGEST_PATH or not (key + value).isprintable():
            raise AccountError("properties", f"{key!r} is no property: give it as in plan=pro, of printable characters.")
    return dict(given)
