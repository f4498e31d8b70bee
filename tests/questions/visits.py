"""The oracle's visits: what was sent, put together by the rules of CONTRACT.md and DESIGN.md, with no code of FizzStat.

A visit is the hits of a person on a site with gaps below 30 minutes, 24 hours at most. Engagement keeps it going. Its client is
the person on the day (or in the month, or for ever) on which the visit began, in UTC.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.questions.traffic import HOUR, MINUTE, Sent

WINDOW, LONGEST = 30 * MINUTE, 24 * HOUR
PERIOD = {"daily": "%Y-%m-%d", "monthly": "%Y-%m", "permanent": ""}


@dataclass(eq=False)
class Visit:
    """`says` holds dimensions of the visit; what is not known is not in it."""

    client: str
    start: int
    hits: list["Hit"] = field(default_factory=list)
    pulses: list[int] = field(default_factory=list)
    says: dict[str, str] = field(default_factory=dict)

    @property
    def end(self) -> int:
        end = self.hits[-1].time
        for time in sorted(self.pulses):
            if end < time < end + WINDOW and time <= self.start + LONGEST:
                end = time
        return end

    @property
    def views(self) -> list["Hit"]:
        return [hit for hit in self.hits if hit.kind == "view"]

    @property
    def bounced(self) -> bool:
        return len(self.views) == 1 and not any(hit.kind == "event" and hit.interactive for hit in self.hits)


@dataclass(eq=False)
class Hit:
    kind: str
    time: int
    visit: Visit
    id: str
    view: str
    says: dict[str, str]
    interactive: bool = True
    revenue: tuple[float, str] | None = None
    engaged: int = 0
    scroll: int = 0


def visits(sent: Iterable[Sent], identities: Mapping[str, str], stored_paths: Mapping[str, str]) -> dict[str, list[Visit]]:
    """By site. `sent` is in order of time; `stored_paths` says how a path is written that a browser sends otherwise."""
    of_people: dict[tuple[str, str], list[Visit]] = defaultdict(list)
    for one in sent:
        of_person = of_people[one.site, one.person.name]
        if one.kind == "engagement":
            view = next(hit for visit in of_person for hit in visit.hits if hit.kind == "view" and hit.view == one.view)
            view.engaged, view.scroll = max(view.engaged, one.engaged), max(view.scroll, one.scroll)
            view.visit.pulses.append(one.time)
            continue
        last = of_person[-1] if of_person else None
        if last is None or one.time - last.end >= WINDOW or one.time - last.start > LONGEST:
            last = Visit(client_of(one, identities[one.site]), one.time)
            of_person.append(last)
        last.hits.append(_hit(one, last, stored_paths))
        if len(last.hits) == 1:
            last.says = _says(one, stored_paths)
    made: dict[str, list[Visit]] = defaultdict(list)
    for (site, _), of_person in of_people.items():
        for visit in of_person:
            if visit.views:
                last_page = visit.views[-1].says.get("event:page")
                visit.says |= {"visit:exit_page": last_page} if last_page else {}
            made[site].append(visit)
    return made


def client_of(one: Sent, identity: str) -> str:
    return f"{one.person.name} {datetime.fromtimestamp(one.time / 1000, UTC).strftime(PERIOD[identity])}"


def _hit(one: Sent, visit: Visit, stored_paths: Mapping[str, str]) -> Hit:
    says = {"event:name": one.what.name if one.what else "pageview"}
    if one.path:
        says |= {"event:page": stored_paths.get(one.path, one.path), "event:hostname": one.host}
    props = one.what.props if one.what else dict(one.data)
    says |= {f"event:props:{name}": value for name, value in props.items()}
    interactive = one.what.interactive if one.what else True
    return Hit(one.kind, one.time, visit, one.id, one.view, says, interactive, one.revenue)


def _says(one: Sent, stored_paths: Mapping[str, str]) -> dict[str, str]:
    """What the hit that opens a visit says of all of it."""
    person = one.person
    says = person.agent.says | person.place.says | one.source.says | {"visit:language": person.language or "en"}
    if person.screen:
        says["visit:screen_size"] = person.screen
    if one.path:
        says["visit:entry_page"] = stored_paths.get(one.path, one.path)
    return {**says, "visit:screen": says["visit:device"]}
