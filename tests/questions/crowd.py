"""Thirty thousand visitors, written straight as documents: for how exact uniques are where there are many.

Sources, pages and days have from a few to some ten thousand visitors each. Some of them send an event, often of a page that
they did not view.
"""

import random
from collections.abc import Iterator
from datetime import datetime

import orjson

from importer.document import iso
from query.site import Goal, Site
from store.base import Document
from tests.questions.oracle import Oracle
from tests.questions.traffic import HOUR, MINUTE, NOW
from tests.questions.visits import Hit, Visit
from tests.stores import nest

SITE = Site("crowd.example", "Europe/Berlin", goals=(Goal(1, "Signup", "event", event="signup"),))
VITALS = Site("vitals.example")
START = round(datetime.fromisoformat("2026-11-16T00:00:00+01:00").timestamp() * 1000)
#: Visitors by source: none is of two.
SOURCES = {"ten": 10_000, "eight": 8_000, "six": 6_000, "four": 4_000, "some": 1_500, "few": 300, "": 200}


#: A share of visits. Of 5,000 events and more those of pages that were not viewed are not looked for: `meta.notes` says so.
EVENTS = 0.15


class Crowd:
    """`oracle` and `documents()` of the same visits; numbers of vitals are in `vitals`, by name."""

    def __init__(self, seed: int = 6):
        self.dice = random.Random(seed)
        self.visits: list[Visit] = []
        self.vitals: dict[str, list[float]] = {"LCP": [], "CLS": []}
        self._documents: list[Document] = []
        for source, visitors in SOURCES.items():
            for n in range(visitors):
                self._visit(f"{source}{n}", source)
        for n in range(1500):
            self._vital(n, "LCP", self.dice.lognormvariate(7.5, 0.6))
            self._vital(n, "CLS", self.dice.expovariate(9))
        self.oracle = Oracle(self.visits, SITE, NOW)

    def documents(self) -> Iterator[Document]:
        yield from self._documents

    def _visit(self, name: str, source: str) -> None:
        dice = self.dice
        at = START + dice.randrange(5 * 24) * HOUR + dice.randrange(HOUR // 2)
        visit = Visit(name, at, says={"visit:source": source} if source else {})
        number = dice.getrandbits(63)
        # every third page is one of five, the others lie among two thousand
        pages = [
            f"/{dice.randrange(5) if dice.random() < 0.33 else dice.randrange(2000)}" for _ in range(1 + (dice.random() < 0.05))
        ]
        for n, page in enumerate(pages):
            scroll, engaged = dice.randrange(101), dice.randrange(60_000)
            says = {"event:page": page, "event:name": "pageview"}
            visit.hits.append(Hit("view", at + n * MINUTE, visit, f"{name}v{n}", "", says, engaged=engaged, scroll=scroll))
        if dice.random() < EVENTS:
            page = f"/{dice.randrange(2000)}" if dice.random() < 0.5 else pages[-1]
            says = {"event:page": page, "event:name": "signup"}
            visit.hits.append(Hit("event", at + 2 * MINUTE, visit, f"{name}e", f"{name}v0", says))
        visit.says |= {"visit:entry_page": pages[0], "visit:exit_page": pages[-1]}
        self.visits.append(visit)
        self._write(visit, number)

    def _write(self, visit: Visit, number: int) -> None:
        shared = {"site": SITE.id, "client.num": number, "client.part": number % 64, "client.id": f"{number:032x}"}
        shared |= {"visit.id": visit.client, "visit.entry_path": visit.says["visit:entry_page"]}
        if source := visit.says.get("visit:source"):
            shared["traffic.source"] = source
        for hit in visit.hits:
            told = {"@timestamp": iso(hit.time), "url.path": hit.says["event:page"]}
            if hit.kind == "view":
                told |= {"view.id": hit.id, "view.engaged_seconds": hit.engaged / 1000, "view.scroll_percent": hit.scroll}
            else:
                told |= {"event.name": hit.says["event:name"], "view.id": hit.view}
            self._document(hit.kind, hit.id, shared | told)
        ended = {"visit.ended": iso(visit.end), "visit.duration_seconds": (visit.end - visit.start) / 1000}
        counts = {"visit.views": len(visit.views), "visit.bounced": int(visit.bounced)}
        lists = {
            "visit.pages": [view.says["event:page"] for view in visit.views],
            "visit.exit_path": visit.says["visit:exit_page"],
        }
        lists["visit.event_names"] = [hit.says["event:name"] for hit in visit.hits if hit.kind == "event"]
        self._document("visit", visit.client, shared | {"@timestamp": iso(visit.start)} | ended | counts | lists)

    def _vital(self, n: int, name: str, value: float) -> None:
        value = round(value, 3)
        self.vitals[name].append(value)
        told = {"site": VITALS.id, "client.num": n, "client.part": n % 64, "@timestamp": iso(START + 2 * HOUR + n * 1000)}
        told |= {"event.name": "vitals", "event.data.metric": name, "event.number": value, "url.path": f"/{n % 3}"}
        self._document("event", f"{name}{n}", told)

    def _document(self, kind: str, id: str, flat: dict[str, object]) -> None:
        self._documents.append(Document(kind, f"x-{kind}-2026.11", id, orjson.dumps(nest(flat))))
