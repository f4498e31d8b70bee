"""The table of crashes: the process is killed with -9 before and after each step of a batch's way and of the spool's drain,
on both stores. Whatever was answered 202 is there afterwards, once, and the ledger says so."""

import signal
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from hits.drain import STEPS as DRAIN_STEPS
from hits.hit import Hit
from hits.ledger import Ledger
from importer.turn import STEPS as TURN_STEPS
from tests.real.system import Start, System, redis_is_there
from tests.servers import until

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
NOON = (int(time.time()) // 86_400 - 1) * 86_400_000 + 12 * 3_600_000  # yesterday's, so that nothing here is about midnight
numbers = count()


def moments(steps: tuple[str, ...]) -> list[str]:
    return [f"{when} {step}" for step in steps for when in ("before", "after")]


def hit(kind: str, visitor: int, second: float, id: str, page: str = "/", agent: str = FIREFOX, **fields: object) -> Hit:
    return Hit(
        receipt=f"{next(numbers):032x}",
        received=NOON + 60_000,
        time=NOON + int(second * 1000),
        way="event",
        kind=kind,
        site="example.com",
        ip=f"203.0.113.{visitor}",
        agent=agent,
        id=f"{id}-{visitor}",
        url=f"https://example.com{page}",
        title=f"Page {page}" if kind == "view" else "",
        **fields,
    )


def first_hits() -> list[Hit]:
    """Three visitors come in, one of their trackers sends a view twice, and a bot is about."""
    hits = []
    for visitor in (1, 2, 3):
        hits.append(hit("view", visitor, 0, "a", "/", view=f"first-{visitor}", referrer="https://duckduckgo.com/"))
        hits.append(hit("event", visitor, 2, "b", name="signup", value="pro", view=f"first-{visitor}"))
        hits.append(hit("engagement", visitor, 5, "c", view=f"first-{visitor}", engaged=4500, scroll=40))
    return [*hits, hit("view", 1, 0, "a", "/", view="first-1"), hit("view", 9, 0, "z", agent=GOOGLEBOT)]


def later_hits() -> list[Hit]:
    """They go on: a view's engagement grows, a page more, and one retry comes late."""
    hits = []
    for visitor in (1, 2, 3):
        hits.append(hit("engagement", visitor, 30, "d", view=f"first-{visitor}", engaged=9000, scroll=90))
        hits.append(hit("view", visitor, 31, "e", "/pricing", view=f"second-{visitor}"))
    return [*hits, hit("event", 2, 2, "b", name="signup", value="pro")]


def exact(ledger: Ledger) -> None:
    """Of first_hits and later_hits: 18 received, of which a bot and two repeats."""
    assert ledger.balanced
    assert (ledger.received, ledger.stored, ledger.dropped) == (18, 15, {"bot": 1, "repeat": 2})
    assert (ledger.queued, ledger.in_hand, ledger.dead, ledger.spooled) == (0, 0, 0, 0)


def whole(system: System) -> dict[str, Any]:
    """All documents, as they must be: three visits of two pages, and nothing else."""
    told = system.told()
    assert told["clients"] == 3
    (visit,) = told["visits"]  # all three are alike
    assert told["visits"][visit] == 3
    assert sum(told["views"].values()) == 6
    assert sum(told["events"].values()) == 3
    engaged = {(view[1], view[5], view[6]) for view in told["views"]}
    assert engaged == {("/", 9.0, 90), ("/pricing", 0.0, 0)}
    assert {view[2] for view in told["views"]} == {"Organic Search"}
    return told


@pytest.mark.parametrize("moment", moments(TURN_STEPS))
def test_an_importer_killed_at_any_step_loses_nothing_and_repeats_nothing(system: Start, store_url: str, moment: str) -> None:
    one = system(store_url)
    one.take(first_hits())
    assert one.start("import", moment).wait(60) == -signal.SIGKILL
    assert one.ledger().balanced
    one.take(later_hits())
    assert one.start("import", moment).wait(60) == -signal.SIGKILL
    survivor = one.start("import")
    exact(one.imported())
    survivor.terminate()
    assert survivor.wait(30) in (0, -signal.SIGTERM)  # where nothing was left to do, it may not have begun yet
    whole(one)


@pytest.mark.parametrize("moment", moments(DRAIN_STEPS))
def test_a_drain_killed_at_any_step_queues_every_hit_once(system: Start, redis_server: Callable, moment: str) -> None:
    server = redis_server()
    one = system("embedded", server.url)
    server.stop()
    for each in [*first_hits(), *later_hits()]:
        one.take([each])
    server.start()
    until(lambda: redis_is_there(one.client), "Redis")
    assert one.ledger().spooled == 18
    assert one.start("drain", moment).wait(60) == -signal.SIGKILL
    drain = one.start("drain")
    until(lambda: not list((one.settings.data_dir / "spool").glob("*.spool")), "the spool to be empty")
    importer = one.start("import")
    exact(one.imported())
    until(lambda: not any(one.client.hlen(keys.spools) for keys in one.queue.partitions), "the marks to be forgotten")
    for process in (drain, importer):
        process.terminate()
        assert process.wait(30) == 0
    whole(one)
