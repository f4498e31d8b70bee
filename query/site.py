"""What an answer depends on besides the documents: a site's time zone, week, currency, goals, segments and funnels, as people
set them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Goal:
    """What visitors are wished to do. Counted over past data: nothing has to be set up to be recorded.

    `kind` is "page" (`path`; `*` stands for anything within a part of the path, `**` for anything), "event" (the name
    `event`, of which `properties` must hold), or "scroll" (at least `percent` of the page `path`). A `currency` makes it a
    revenue goal.
    """

    id: int
    name: str
    kind: str
    path: str = ""
    event: str = ""
    percent: int = 0
    properties: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""


@dataclass(frozen=True)
class Segment:
    """Filters under a name, as the question's JSON has them."""

    id: int
    name: str
    filters: list[Any]


@dataclass(frozen=True)
class Funnel:
    """Steps under a name, each as query/steps.py reads it: a page, the name of a goal or of an event."""

    id: int
    name: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Site:
    """`zone` is an IANA name; `identity` is FIZZSTAT_IDENTITY, which says how long a visitor is known."""

    id: str
    zone: str = "UTC"
    week_starts: str = "monday"
    currency: str = ""
    goals: tuple[Goal, ...] = ()
    segments: tuple[Segment, ...] = ()
    identity: str = "daily"
    funnels: tuple[Funnel, ...] = ()
