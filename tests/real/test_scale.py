"""Four importers over 16 partitions, joining and dying, while hits stream in: every hit is stored once, in the right visit."""

import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import count
from operator import attrgetter

from hits.hit import Hit
from hits.workers import importers
from importer import pipeline
from importer.facts import Facts
from importer.index import index_period
from tests.model import Model
from tests.real.system import Start, System, told_visit
from tests.real.test_crashes import FIREFOX, hit
from tests.servers import until
from tests.way import CONTEXT

VISITORS, VISITS, GAP = 120, 3, 3600  # seconds from the start of a visit to that of the next
BACKLOG = 500
ids = count()


def traffic() -> list[Hit]:
    """Visits of four pages with events and engagement, in order of time."""
    hits = []
    for visitor in range(VISITORS):
        agent = f"{FIREFOX} {visitor}"
        for visit in range(VISITS):
            for page in range(4):
                at = visit * GAP + page * 60 + visitor % 50
                view = f"{visitor}-{visit}-{page}"
                hits.append(hit("view", 1, at, f"v{next(ids)}", f"/{page}", agent, view=view))
                hits.append(hit("engagement", 1, at + 20, f"g{next(ids)}", f"/{page}", agent, view=view, engaged=9000, scroll=50))
                if (visitor + page) % 3 == 0:
                    hits.append(hit("event", 1, at + 30, f"e{next(ids)}", f"/{page}", agent, view=view, name="read"))
    return sorted(hits, key=attrgetter("at"))


def model_of(hits: list[Hit]) -> Model:
    model = Model(index_period("month"))
    facts = [pipeline.run(one, CONTEXT) for one in hits]
    model.deliver([one for one in facts if isinstance(one, Facts)])
    return model


def _expected(model: Model) -> Iterator[tuple[object, ...]]:
    """Visits as tests.real.system tells of them."""
    for visit in model.visits:
        yield told_visit({"site": "example.com", "visit": visit.document()})


def shares(one: System) -> Counter[int]:
    """How many partitions each importer process holds."""
    held: Counter[int] = Counter()
    for row in importers(one.queue, 1):
        held[row.pid] += len(row.partitions)
    return held


def test_importers_share_the_queue_while_they_join_and_die(system: Start, elasticsearch_9: str) -> None:
    one = system(elasticsearch_9, FIZZSTAT_PARTITIONS="16", FIZZSTAT_BATCH_SIZE="200")
    importers = [one.start("import") for _ in range(4)]

    def shared(*running: "subprocess.Popen[bytes]") -> bool:
        return shares(one) == {process.pid: 16 // len(running) for process in running}

    until(lambda: shared(*importers), "each of four importers to hold a quarter", 60)
    hits, taken = traffic(), 0

    def stream() -> None:
        nonlocal taken
        for start in range(0, len(hits), 30):
            until(lambda: sum(one.queue.waiting(range(16)).values()) < BACKLOG, "the backlog to go down")
            one.take(hits[start : start + 30])
            taken = start + 30

    streaming = threading.Thread(target=stream)
    streaming.start()
    until(lambda: taken > len(hits) * 0.2, "a fifth of the hits")
    importers[0].kill()
    until(lambda: taken > len(hits) * 0.4, "more of them")
    importers.append(one.start("import"))
    until(lambda: taken > len(hits) * 0.7, "most of them")
    importers[1].terminate()
    assert importers[1].wait(30) == 0
    streaming.join()

    ledger = one.imported()
    assert (ledger.received, ledger.stored, ledger.dropped) == (len(hits), len(hits), {})
    assert ledger.balanced
    until(
        lambda: sum(shares(one).values()) == 16 and shares(one).keys() == {each.pid for each in importers[2:]}, "all to be held"
    )
    model = model_of(hits)
    for kind in ("view", "event"):
        documents = one.documents(kind)
        assert len(documents) == sum(each.kind == kind for each in hits)
    visits = one.documents("visit")
    assert Counter(map(told_visit, visits)) == Counter(_expected(model))
    assert len(visits) == VISITORS * VISITS
    assert len(one.documents("client")) == VISITORS
    assert {source["view"]["engaged_seconds"] for source in one.documents("view")} == {9.0}
    for process in importers[2:]:
        process.terminate()
        assert process.wait(30) == 0
