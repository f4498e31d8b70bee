"""Visits: a visit is the hits of one client on one site with gaps below 30 minutes, and at most 24 hours long.

In come facts, in any order, late or again; what a visit is follows from the set of its hits. A late hit joins the nearest
visit, and two visits are never merged. Engagement belongs to its view however late it comes, and keeps a visit going as
other hits do; engagement whose view is not there waits.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from hashlib import blake2b

from msgspec.structs import replace

from hits.hit import DATA_KEYS
from importer.document import dimensions, own_part
from importer.facts import Drop, Facts
from importer.state import Client, Known, Seen, Start, Unwritten, Visit, Waiting

WINDOW = 30 * 60 * 1000
LONGEST = 24 * 60 * 60 * 1000
MOST_HITS = 1000


class Waits(Enum):
    """What became of engagement that waits for its view."""

    FOR_VIEW = "waiting"


@dataclass
class Change:
    """What a turn did to a visit: `new` hits, `views` (ids) whose engagement grew, and whether all its documents may differ."""

    visit: Visit
    new: list[Seen] = field(default_factory=list)
    views: set[str] = field(default_factory=set)
    whole: bool = False

    def rewritten(self) -> Iterator[Seen]:
        """The hits, new ones aside, whose documents changed."""
        new = {hit.id for hit in self.new}
        for hit in self.visit.hits.values():
            if hit.id not in new and (self.whole or hit.id in self.views):
                yield hit


@dataclass
class Visits:
    """The open visits of the clients that a turn is about; `period_of` names the period of an index by a time in ms."""

    clients: dict[str, Client]
    period_of: Callable[[int], str]
    changes: dict[str, Change] = field(default_factory=dict)
    #: what this turn saw of a client (by id) in a period, to be merged with what was known of it
    glimpses: dict[str, dict[str, Known]] = field(default_factory=dict)

    def add(self, facts: Facts, now: int) -> Drop | Waits | None:
        """Merge a hit; `now` is when engagement begins to wait (ms)."""
        if self._holds(facts):
            return Drop.REPEAT
        if facts.kind == "engagement":
            return self._add_engagement(facts, now)
        visit = self._nearest(facts) or self._open(facts)
        self._add_hit(visit, facts)
        self._glimpse(visit, facts)
        return None

    def take_up(self, client: Client) -> None:
        """What was put off of a client is this turn's to write."""
        for visit in client.visits:
            if unwritten := client.unwritten.pop(visit.id, None):
                self.changes[visit.id] = Change(visit, views=set(unwritten.views), whole=unwritten.whole)
        if client.glimpsed:
            self.glimpses[client.id] = client.glimpsed
            client.glimpsed = {}

    def put_off(self, client: Client) -> None:
        """A later turn writes what this one changed of a client. What its new hits' documents say is written all the same."""
        for visit in client.visits:
            if change := self.changes.pop(visit.id, None):
                client.unwritten[visit.id] = Unwritten(sorted(change.views), change.whole)
        client.glimpsed = self.glimpses.pop(client.id, {})

    def end_waits(self, client: Client, before: int | None = None) -> tuple[list[Facts], list[Facts]]:
        """Merge waiting engagement whose view is there now, give up what has waited since `before`: (merged, given up)."""
        merged, given_up = [], []
        for id, waiting in list(client.waiting.items()):
            facts = waiting.facts
            if found := self._view_of(facts):
                self._add_pulse(*found, facts)
                merged.append(facts)
            elif before is not None and waiting.since < before:
                given_up.append(facts)
            else:
                continue
            del client.waiting[id]
        return merged, given_up

    # ── which visit

    def _of(self, facts: Facts) -> Iterator[Client]:
        for id in facts.clients:
            if id in self.clients:
                yield self.clients[id]

    def _holds(self, facts: Facts) -> bool:
        for client in self._of(facts):
            if facts.id in client.waiting:
                return True
            for visit in client.visits:
                if facts.id in visit.hits or facts.id in visit.pulses:
                    return True
        return False

    def _nearest(self, facts: Facts) -> Visit | None:
        best, least = None, WINDOW
        for client in self._of(facts):
            for visit in client.visits:
                started, ended = span(visit)
                gap = max(started - facts.time, facts.time - ended, 0)
                if gap < least and max(ended, facts.time) - min(started, facts.time) <= LONGEST:
                    best, least = visit, gap
        return best

    def _open(self, facts: Facts) -> Visit:
        client = self._client(facts)
        visit = Visit(
            id=blake2b(f"{client.id}\n{facts.id}".encode(), digest_size=16).hexdigest(),
            client=client.id,
            site=facts.site,
            period=self.period_of(facts.time),
            bot=facts.bot,
            start=_start(facts),
            hits={},
            pulses={},
        )
        client.visits.append(visit)
        return visit

    def _client(self, facts: Facts) -> Client:
        id = facts.clients[0]
        return self.clients.setdefault(id, Client(id=id, site=facts.site, visits=[], known={}, waiting={}))

    def _view_of(self, facts: Facts) -> tuple[Visit, Seen] | None:
        """The view that engagement names, or, if it names none, the latest one of its URL so far."""
        best: tuple[Visit, Seen] | None = None
        for client in self._of(facts):
            for visit in client.visits:
                for hit in visit.hits.values():
                    if hit.kind != "view":
                        continue
                    if facts.view:
                        if hit.view == facts.view:
                            return visit, hit
                    elif _same_page(hit, facts) and hit.time <= facts.time and (not best or best[1].order < hit.order):
                        best = visit, hit
        return best

    # ── merging

    def _add_hit(self, visit: Visit, facts: Facts) -> None:
        change = self._change(visit)
        hit = Seen(
            id=facts.id,
            time=facts.time,
            kind=facts.kind,
            receipt=facts.receipt,
            way=facts.way,
            domain=facts.domain,
            path=facts.path,
            view=facts.view,
            name=facts.name,
            interactive=facts.interactive,
            own=own_part(facts),
        )
        change.new.append(hit)
        late = bool(visit.hits) and facts.time <= max(seen.time for seen in visit.hits.values())
        if facts.id != visit.start.id and (not visit.hits or hit.order < visit.start.order):
            visit.start = _start(facts)
        # A late view may be the one that events name by their page, a late start is what all documents tell of.
        change.whole |= late
        if len(visit.hits) + len(visit.pulses) < MOST_HITS:
            visit.hits[hit.id] = hit
        else:
            visit.more_until = max(visit.more_until, facts.time)
            if hit.kind == "view":
                visit.more_views += 1
            else:
                visit.more_events += 1

    def _add_engagement(self, facts: Facts, now: int) -> Waits | None:
        found = self._view_of(facts)
        if not found:
            self._client(facts).waiting[facts.id] = Waiting(now, replace(facts, geo={}))
            return Waits.FOR_VIEW
        self._add_pulse(*found, facts)
        return None

    def _add_pulse(self, visit: Visit, view: Seen, facts: Facts) -> None:
        change = self._change(visit)
        change.views.add(view.id)
        view.engaged = max(view.engaged, facts.engaged)
        view.scroll = max(view.scroll, facts.scroll)
        view.activity = max(view.activity, facts.activity)
        if len(visit.hits) + len(visit.pulses) < MOST_HITS:
            visit.pulses[facts.id] = facts.time
            view.engaged_more += facts.engaged_more  # where a repeat would be known
        self._glimpse(visit, facts)

    def _change(self, visit: Visit) -> Change:
        return self.changes.setdefault(visit.id, Change(visit))

    def _glimpse(self, visit: Visit, facts: Facts) -> None:
        seen = Known(
            first_seen=facts.time,
            last_seen=facts.time,
            visit=visit.id,
            way=facts.way,
            hash=facts.client_hash,
            bot=visit.bot,
            receipt=facts.receipt,
            traits={name: (facts.time, text) for name, text in facts.traits.items()},
        )
        of_client, period = self.glimpses.setdefault(visit.client, {}), self.period_of(facts.time)
        of_client[period] = merge_known(of_client.get(period), seen)


def merge_known(one: Known | None, other: Known) -> Known:
    """What two looks at a client come to: from the first to the last, in the words of the earlier."""
    if one is None:
        return other
    earlier, later = (one, other) if one.first_seen <= other.first_seen else (other, one)
    return Known(
        first_seen=earlier.first_seen,
        last_seen=max(one.last_seen, other.last_seen),
        visit=earlier.visit,
        way=earlier.way,
        hash=earlier.hash or later.hash,
        bot=earlier.bot,
        receipt=earlier.receipt,
        dimensions=earlier.dimensions,
        traits=_last_told(one.traits, other.traits) if one.traits and other.traits else one.traits or other.traits,
    )


def _last_told(one: dict[str, tuple[int, str]], other: dict[str, tuple[int, str]]) -> dict[str, tuple[int, str]]:
    """Of each trait what was said of it last, and of too many those that were told last: the same in whatever order."""
    told = {name: max(traits[name] for traits in (one, other) if name in traits) for name in one | other}
    return dict(sorted(told.items(), key=lambda item: (-item[1][0], item[0]))[:DATA_KEYS])


def span(visit: Visit) -> tuple[int, int]:
    """When a visit started and ended (ms). Engagement counts as long as no gap of a visit's window lies before it."""
    times = [hit.time for hit in visit.hits.values()] or [visit.start.time]
    started, ended = min(min(times), visit.start.time), max(max(times), visit.more_until)
    for time in sorted(visit.pulses.values()):
        if ended < time < ended + WINDOW and time - started <= LONGEST:
            ended = time
    return started, ended


def latest_view(visit: Visit, hit: Seen) -> str:
    """The id of the view that an event belongs to: the one it names, else the latest of its page, else ""."""
    if hit.view or hit.kind == "view":
        return hit.view
    views = [seen for seen in visit.hits.values() if seen.kind == "view" and _same_page(seen, hit) and seen.time <= hit.time]
    return max(views, key=lambda view: view.order).view if views else ""


def _start(facts: Facts) -> Start:
    return Start(facts.time, facts.id, facts.way, dimensions(facts), facts.kind)


def _same_page(hit: Seen, other: Facts | Seen) -> bool:
    return hit.path == other.path and hit.domain == other.domain
