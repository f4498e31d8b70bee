"""Made-up traffic: `traffic(seed)` gives what pages and servers of several sites sent, in order of time.

Visits lie thick where it is hard to count: around midnights, and around the hours in which clocks are changed. Some go on
over midnight, some are kept going by engagement alone, some end just before or just when a gap becomes too long, some are
cut after a day.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from tests.questions.known import (
    AGENTS,
    HAPPENINGS,
    HOSTS,
    LANGUAGES,
    OF_VIEWS,
    OWN,
    PATHS,
    PLACES,
    SCREENS,
    SOURCES,
    Happening,
    Known,
)

NOW = datetime(2026, 11, 25, 12, 34, 56, 789000, tzinfo=UTC)
SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000


@dataclass(frozen=True)
class Land:
    """A site of the traffic: its zone, how many visits, and the days on which much happens."""

    site: str
    zone: str
    visits: int
    days: tuple[date, ...]
    week_starts: str = "monday"
    identity: str = "daily"


AUTUMN = tuple(date(2026, 11, 25) - timedelta(days=n) for n in range(46))
LANDS = (
    Land("berlin.example", "Europe/Berlin", 420, (*AUTUMN, date(2026, 10, 25), date(2026, 3, 29), date(2025, 11, 20))),
    Land("york.example", "America/New_York", 160, (*AUTUMN[:30], date(2026, 11, 1), date(2026, 3, 8)), "sunday"),
    Land("kolkata.example", "Asia/Kolkata", 160, AUTUMN[:20], identity="permanent"),
    Land("howe.example", "Australia/Lord_Howe", 120, (*AUTUMN[:10], date(2026, 10, 4), date(2026, 4, 5)), identity="monthly"),
    Land("santiago.example", "America/Santiago", 80, (*AUTUMN[:5], date(2026, 9, 6), date(2026, 4, 4))),
)


@dataclass(frozen=True)
class Person:
    name: str
    ip: str
    agent: Known
    place: Known
    language: str
    screen: str


@dataclass(frozen=True)
class Sent:
    """What a page or a server sent. `path` is "" where a server names no page; `view` is the view's name, or the one that it
    names; `time` in ms since 1970, `engaged` in ms."""

    id: str
    site: str
    person: Person
    kind: str
    time: int
    host: str = ""
    path: str = ""
    source: Known = SOURCES[0]
    view: str = ""
    what: Happening | None = None
    data: tuple[tuple[str, str], ...] = ()
    revenue: tuple[float, str] | None = None
    engaged: int = 0
    scroll: int = 0


def traffic(seed: int = 6, lands: tuple[Land, ...] = LANDS) -> list[Sent]:
    sent = [one for land in lands for one in _Maker(random.Random(f"{seed} {land.site}"), land).all()]
    return sorted(sent, key=lambda one: (one.time, ("view", "event", "engagement").index(one.kind), one.id))


class _Maker:
    def __init__(self, dice: random.Random, land: Land):
        self.dice, self.land, self.zone = dice, land, ZoneInfo(land.zone)
        self.people = [self._person(n) for n in range(land.visits * 2 // 3)]
        self.made = 0

    def all(self) -> Iterator[Sent]:
        now = round(NOW.timestamp() * 1000)
        for n in range(self.land.visits):
            person = self.dice.choice(self.people)
            kind = self.dice.choice(("bounce", "plain", "plain", "plain", "waiting", "shop", "server", "events"))
            yield from (one for one in self._visit(person, self._moment(), kind) if one.time <= now)
            if n % 40 == 0:
                yield from (one for one in self._long(person, self._moment()) if one.time <= now)
        yield from self._edges()

    def _person(self, n: int) -> Person:
        dice = self.dice
        return Person(
            f"{self.land.site}-{n}",
            f"10.{len(self.land.site)}.{n // 250}.{n % 250}",
            dice.choice(AGENTS),
            dice.choice(PLACES),
            dice.choice(LANGUAGES),
            dice.choice(SCREENS),
        )

    def _moment(self) -> int:
        """Mostly by day; now and then near midnight, or in the hours of the night in which clocks change."""
        day = self.dice.choice(self.land.days)
        hour = self.dice.choice((0, 1, 2, 3, 8, 9, 10, 12, 13, 15, 15, 18, 20, 21, 22, 23, 23))
        moment = datetime.combine(day, time(hour, self.dice.randrange(60), self.dice.randrange(60)), self.zone)
        return round(moment.replace(fold=self.dice.randrange(2)).timestamp() * 1000) + self.dice.choice((0, 0, 1, 500, 999))

    def _edges(self) -> Iterator[Sent]:
        """Single views in the first and last millisecond of a day, and visits that end when one begins."""
        for n, day in enumerate(self.land.days[:6]):
            midnight = round(datetime.combine(day, time(), self.zone).timestamp() * 1000)
            for after in (-1, 0, 1):
                yield self._view(self.people[n], midnight + after + 2 * HOUR * (n % 2), "/", SOURCES[1])
            yield self._view(self.people[n + 6], midnight - 60 * SECOND, "/pricing", SOURCES[2])
            yield self._view(self.people[n + 6], midnight, "/thanks", SOURCES[0])
        for n, change in enumerate(self._changes()):
            for after in (-20 * MINUTE, -1, 0, 29 * MINUTE, 50 * MINUTE, 75 * MINUTE):
                yield self._view(self.people[n + 12], change + after, "/docs/start", SOURCES[3])

    def _changes(self) -> Iterator[int]:
        """When clocks are changed on one of the days."""
        for day in self.land.days:
            begins = datetime.combine(day - timedelta(days=1), time(12), UTC)
            moments = [begins + timedelta(minutes=15 * n) for n in range(4 * 48)]
            for before, at in pairwise(moments):
                if before.astimezone(self.zone).utcoffset() != at.astimezone(self.zone).utcoffset():
                    yield round(at.timestamp() * 1000)

    def _visit(self, person: Person, at: int, kind: str) -> Iterator[Sent]:
        dice = self.dice
        source = dice.choice((*SOURCES, SOURCES[0], SOURCES[1], OWN))
        if kind == "server":
            for _ in range(dice.randint(1, 3)):
                page = dice.choice(("", *PATHS))
                yield self._event(person, at, page, dice.choice(HAPPENINGS), "", source)
                at += dice.choice((1, SECOND, 20 * MINUTE))
            if dice.random() < 0.5:
                yield self._view(person, at, dice.choice(list(PATHS)), source)
            return
        for n in range(1 if kind == "bounce" else dice.randint(1, 6)):
            page = dice.choice(list(PATHS)) if n or dice.random() < 0.4 else "/"
            view = self._view(person, at, page, source if n == 0 or dice.random() < 0.05 else OWN)
            yield view
            stay = dice.choice((5 * SECOND, 31_500, 90 * SECOND, 10 * MINUTE, 29 * MINUTE + 59_999, 30 * MINUTE))
            if kind == "waiting":
                for engaged in range(dice.randint(1, 3)):
                    at += 25 * MINUTE
                    yield self._engagement(view, at, (engaged + 1) * 61_250, dice.randint(0, 100))
            elif dice.random() < 0.7:
                at += dice.choice((SECOND, 2_500, 40 * SECOND, 29 * MINUTE))
                yield self._engagement(view, at, dice.choice((1000, 2_500, 39_000)), dice.choice((0, 5, 50, 75, 100)))
            for _ in range(dice.randint(1, 3) if kind == "events" else dice.random() < 0.2):
                at += dice.choice((1, SECOND, 7 * SECOND))
                # a page that changes its address tells of an event by the new one, and by the old view
                where = dice.choice(list(PATHS)) if dice.random() < 0.2 else page
                yield self._event(person, at, where, dice.choice(HAPPENINGS), view.view if dice.random() < 0.7 else "", OWN)
            at += stay
        if kind == "shop":
            happening = dice.choice([one for one in HAPPENINGS if one.revenue])
            yield self._event(person, at, "/thanks", happening, "", OWN)

    def _long(self, person: Person, at: int) -> Iterator[Sent]:
        """26 hours without a gap."""
        for n in range(65):
            yield self._view(person, at + n * 24 * MINUTE, "/docs/start" if n % 9 else "/", SOURCES[1] if n == 0 else OWN)

    def _id(self) -> str:
        self.made += 1
        return f"{self.land.site}-{self.made}"

    def _view(self, person: Person, at: int, path: str, source: Known) -> Sent:
        id = self._id()
        data = tuple(self.dice.choice(OF_VIEWS).items()) if self.dice.random() < 0.15 else ()
        return Sent(id, self.land.site, person, "view", at, self._host(), path, source, f"v{id}", data=data)

    def _event(self, person: Person, at: int, path: str, what: Happening, view: str, source: Known) -> Sent:
        revenue = None
        if what.revenue and self.dice.random() < 0.9:
            revenue = (self.dice.choice((9.99, 25.5, 100.0, 0.07, 1234.56)), self.dice.choice(("EUR", "EUR", "USD")))
        host = self._host() if path else ""
        if not path and source.sent["query"]:
            source = SOURCES[0]  # no URL, no tags in it
        return Sent(self._id(), self.land.site, person, "event", at, host, path, source, view, what, revenue=revenue)

    def _engagement(self, view: Sent, at: int, engaged: int, scroll: int) -> Sent:
        told = {"host": view.host, "path": view.path, "view": view.view, "engaged": engaged, "scroll": scroll}
        return Sent(self._id(), view.site, view.person, "engagement", at, **told)

    def _host(self) -> str:
        return self.dice.choices(HOSTS, (6, 3, 1))[0] + self.land.site
