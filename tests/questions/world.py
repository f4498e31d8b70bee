"""The traffic in three stores, and an oracle for each site: `World.differences(asked)` asks all of them the same."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

from query.ask import ask
from query.errors import BadQuestion
from query.site import Goal, Segment, Site
from store.base import Document, Store, StoreError
from tests.conftest import own_prefix
from tests.questions.known import PATHS
from tests.questions.oracle import Oracle
from tests.questions.same import differences
from tests.questions.stored import documents
from tests.questions.traffic import LANDS, NOW, traffic
from tests.questions.visits import visits
from tests.stores import Opener

Json = Any

GOALS = (
    Goal(1, "Signup", "event", event="signup"),
    Goal(2, "Pro", "event", event="signup", properties={"plan": "pro"}),
    Goal(3, "Docs", "page", path="/docs/*"),
    Goal(4, "All docs", "page", path="/docs**"),
    Goal(5, "Thanks", "page", path="/thanks"),
    Goal(6, "Read", "scroll", path="/docs/**", percent=50),
    Goal(7, 'Say "hi" ☕', "event", event='Say "hi" ☕'),
    Goal(8, "Sale", "event", event="purchase", currency="EUR"),
    Goal(9, "Never", "event", event="never"),
    Goal(10, "Odd pages", "page", path="/**.b+c(d)*"),
)
SEGMENTS = (
    Segment(1, "Phones", [["is", "visit:device", ["mobile", "tablet"]]]),
    Segment(2, "Readers", [["contains", "event:page", ["/docs"]], ["is_not", "visit:country", ["US"]]]),
)
SITES = {
    land.site: Site(land.site, land.zone, land.week_starts, goals=GOALS, segments=SEGMENTS, identity=land.identity)
    for land in LANDS
}
IDENTITIES = {land.site: land.identity for land in LANDS}


class Asked(NamedTuple):
    site: str
    question: Json


@dataclass
class World:
    stores: dict[str, Store]
    oracles: dict[str, Oracle]

    def differences(self, asked: Sequence[Asked], in_turns: bool = False) -> list[str]:
        """One line of JSON a question and store that went wrong: it can be pasted. `in_turns`: every question is asked of the
        first store and of one of the others."""
        first, *others = self.stores
        turns = [[first, other] for other in others] if in_turns else [list(self.stores)]
        return [line for one, names in zip(asked, cycle(turns), strict=False) for line in self._of(one, names)]

    def _of(self, one: Asked, names: Sequence[str]) -> Iterator[str]:
        expected = self.oracles[one.site].answer(one.question)
        for name in names:
            store = self.stores[name]
            try:
                wrong = differences(one.question, ask(store, one.question, SITES[one.site], NOW), expected)
            except BadQuestion as error:
                wrong = differences(one.question, error, expected)
            except StoreError as error:
                wrong = [f"{type(error).__name__}: {error}"]
            if wrong:
                shown = {"store": name, "site": one.site, "question": one.question, "wrong": wrong[:6], "in all": len(wrong)}
                yield json.dumps(shown, ensure_ascii=False)


def oracles() -> dict[str, Oracle]:
    found = visits(traffic(), IDENTITIES, PATHS)
    return {site: Oracle(found[site], SITES[site], NOW) for site in SITES}


@cache
def _documents() -> list[Document]:
    return list(documents(traffic(), IDENTITIES, "x"))


@contextmanager
def filled(url: str, folder: Path, made: Iterable[Document] | None = None) -> Iterator[Store]:
    """A store with the traffic, or with other documents (whose indices begin with `x-`), for as long as it is needed."""
    with own_prefix([] if url == "embedded" else [url]) as prefix:
        opener = Opener(url, prefix, folder)
        store = opener(write=True)
        store.setup()
        batch = [
            Document(one.kind, prefix + one.index[1:], one.id, one.source) for one in (_documents() if made is None else made)
        ]
        for n in range(0, len(batch), 5000):
            assert {one.state for one in store.create(batch[n : n + 5000])} == {"created"}
        store.flush()
        store.refresh()
        yield store
        opener.close()
