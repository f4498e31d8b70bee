"""A plain model of the importer: what documents a sequence of deliveries must come to. No Redis, no state that is cut
short or made smaller: it keeps every hit and counts all of it again whenever it is asked. It is the tests' oracle.
"""

from collections import Counter
from copy import copy
from dataclasses import dataclass, field

from importer.document import iso
from importer.facts import Facts

MINUTE = 60_000
WINDOW = 30 * MINUTE
DAY = 24 * 60 * MINUTE


@dataclass
class Visit:
    client: str
    period: str
    opener: str
    hits: list[Facts] = field(default_factory=list)
    pulses: list[Facts] = field(default_factory=list)

    def span(self) -> tuple[int, int]:
        times = [hit.time for hit in self.hits]
        start, end = min(times), max(times)
        for time in sorted(pulse.time for pulse in self.pulses):
            if end < time < end + WINDOW and time <= start + DAY:
                end = time
        return start, end

    def in_order(self, kind: str | None = None) -> list[Facts]:
        """By time; of the same millisecond a view comes before what happened on it."""
        hits = (hit for hit in self.hits if kind in (None, hit.kind))
        return sorted(hits, key=lambda hit: (hit.time, hit.kind != "view", hit.id))

    def document(self) -> dict[str, object]:
        start, end = self.span()
        views, events, first = self.in_order("view"), self.in_order("event"), self.in_order()[0]
        return {
            "client": self.client,
            "started": iso(start),
            "ended": iso(end),
            "duration_seconds": (end - start) / 1000,
            "views": len(views),
            "events": len(events),
            "bounced": int(len(views) == 1 and not any(event.interactive for event in events)),
            "entry_path": first.path,
            "exit_path": views[-1].path if views else None,
            "pages": sorted({view.path for view in views}),
            "event_names": sorted({event.name for event in events}),
            "steps": [[(hit.time - start) / 1000, hit.kind, hit.name or hit.path] for hit in self.in_order()],
            "referrer": first.referrer,
        }

    def view_of(self, event: Facts) -> str | None:
        if event.view:
            return event.view
        before = [view for view in self.in_order("view") if view.path == event.path and view.time <= event.time]
        return before[-1].view if before else None


class Model:
    def __init__(self, period_of):
        self.period_of = period_of
        self.visits: list[Visit] = []
        self.taken: set[str] = set()
        self.waiting: list[Facts] = []
        self.ledger: Counter[str] = Counter()
        self.seen: dict[tuple[str, str], list[Facts]] = {}

    def deliver(self, hits: list[Facts]) -> None:
        """One batch of one partition."""
        self.ledger["received"] += len(hits)
        rank = {"view": 0, "event": 1, "engagement": 2}
        hits = [copy(hit) for hit in hits]
        for hit in sorted(hits, key=lambda hit: (hit.time, rank[hit.kind], hit.receipt)):
            self._take(hit)
        for hit in list(self.waiting):
            if self._find_view(hit):
                self.waiting.remove(hit)
                self._pulse(hit)

    def _take(self, hit: Facts) -> None:
        if hit.id in self.taken:
            self.ledger["repeat"] += 1
            return
        self.taken.add(hit.id)
        if hit.kind == "engagement":
            if self._find_view(hit):
                self._pulse(hit)
            else:
                self.waiting.append(hit)
            return
        visit = self._nearest(hit)
        if visit is None:
            visit = Visit(hit.clients[0], self.period_of(hit.time), hit.id)
            self.visits.append(visit)
        visit.hits.append(hit)
        self.ledger["stored"] += 1
        self.seen.setdefault((visit.client, self.period_of(hit.time)), []).append(hit)

    def _nearest(self, hit: Facts) -> Visit | None:
        fitting = []
        for client in hit.clients:
            for visit in (one for one in self.visits if one.client == client):
                start, end = visit.span()
                gap = max(start - hit.time, hit.time - end, 0)
                if gap < WINDOW and max(end, hit.time) - min(start, hit.time) <= DAY:
                    fitting.append((gap, visit))
        return min(fitting, key=lambda pair: pair[0])[1] if fitting else None

    def _find_view(self, hit: Facts) -> tuple[Visit, Facts] | None:
        views = [
            (visit, view) for visit in self.visits if visit.client in hit.clients for view in visit.hits if view.kind == "view"
        ]
        if hit.view:
            return next((pair for pair in views if pair[1].view == hit.view), None)
        same = [pair for pair in views if pair[1].path == hit.path and pair[1].time <= hit.time]
        return max(same, key=lambda pair: (pair[1].time, pair[1].id), default=None)

    def _pulse(self, hit: Facts) -> None:
        found = self._find_view(hit)
        assert found
        visit, view = found
        view.engaged, view.scroll = max(view.engaged, hit.engaged), max(view.scroll, hit.scroll)
        visit.pulses.append(hit)
        self.ledger["stored"] += 1
        self.seen.setdefault((visit.client, self.period_of(hit.time)), []).append(hit)
