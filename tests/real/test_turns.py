"""What a turn does with hits that are refused, late, unreadable, or another worker's, and what orders do."""

import time
from collections.abc import Iterator

import msgspec
import pytest
import redis

from hits import dead, orders
from hits.queue import Fenced
from importer import visits
from importer.orders import carry_out
from tests.memory_store import MemoryStore
from tests.model import MINUTE
from tests.way import MIDNIGHT, Crash, Way, hit


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def way(redis_url: str, redis_prefix: str, store: MemoryStore) -> Iterator[Way]:
    client = redis.Redis.from_url(redis_url)
    yield Way(client, redis_prefix, store)
    client.close()


def view(minute: float, page: str = "/", who: str = "a", **fields: object):
    return hit("view", who, minute, url=f"https://example.com{page}", **fields)


def event(minute: float, name: str, who: str = "a", **fields: object):
    return hit("event", who, minute, url="https://example.com/", name=name, **fields)


def visit_of(store: MemoryStore) -> dict:
    (visit,) = store.of("visit")
    return dict(visit["visit"])


def test_a_hit_whose_document_is_refused_has_no_part_in_its_visit_and_is_a_dead_letter(way, store) -> None:
    store.refuses = lambda source: source.get("url", {}).get("path") == "/cursed"
    way.deliver([view(0, "/cursed", referrer="https://www.google.com/"), view(1, "/fine"), event(2, "ok")], [])
    visit = visit_of(store)
    assert visit["pages"] == ["/fine"]
    assert visit["entry_path"] == "/fine"
    assert all(source["traffic"]["channel"] == "Direct" for source in store.of("view") + store.of("event"))
    ledger = way.ledger()
    assert (ledger.stored, ledger.dead, ledger.balanced) == (2, 1, True)
    (letter,) = dead.letters(way.queue)
    assert letter.reason == "refused by the test"
    assert b"203.0.113.7" not in msgspec.json.encode(letter)


def test_a_dead_letter_can_be_retried_once_its_cause_is_mended(way, store) -> None:
    store.refuses = lambda source: True
    way.deliver([view(0, "/cursed")], [])
    store.refuses = lambda source: False
    order = orders.give(way.queue, "retry-dead")
    _carry_out(way)
    assert way.ledger().queued == 1
    way.turn()
    assert visit_of(store)["pages"] == ["/cursed"]
    ledger = way.ledger()
    assert (ledger.received, ledger.stored, ledger.dead, ledger.balanced) == (1, 1, 0, True)
    progress = orders.progress(way.queue, order)
    assert progress is not None
    assert progress.finished
    assert progress.changed == 1


def test_dead_letters_that_are_dropped_are_counted_as_discarded(way, store) -> None:
    store.refuses = lambda source: True
    way.deliver([view(0), view(1)], [])
    first, _ = dead.letters(way.queue)
    orders.give(way.queue, "drop-dead", first.receipt)
    _carry_out(way)
    ledger = way.ledger()
    assert (ledger.dead, ledger.dropped, ledger.balanced) == (1, {"discarded": 1}, True)


def test_an_entry_that_nobody_can_read_is_a_dead_letter_and_keeps_nothing_of_it(way) -> None:
    way.queue.client.rpush(way.queue.partitions[0].queue, b'{"v":99,"ip":"203.0.113.7"}', b"\xff\xfe")
    way.turn()
    letters = list(dead.letters(way.queue))
    assert [letter.reason.split(":")[0] for letter in letters] == ["unreadable", "unreadable"]
    assert b"203.0.113.7" not in msgspec.json.encode(letters)
    ledger = way.ledger()
    assert (ledger.received, ledger.dead, ledger.balanced) == (2, 2, True)


def test_a_visit_of_more_hits_than_are_kept_is_still_counted_whole(way, store, monkeypatch) -> None:
    monkeypatch.setattr(visits, "MOST_HITS", 5)
    hits = [view(minute, f"/{minute}", id=f"n{minute}") for minute in range(12)]
    way.deliver(hits[:7], [])
    way.deliver([*hits[7:], event(12, "late", id="e")], [])
    way.deliver([view(11, "/11", id="n11")], [])  # a repeat of one that was counted only
    visit = visit_of(store)
    assert (visit["views"], visit["events"], visit["duration_seconds"]) == (12, 1, 12 * 60)
    assert len(store.of("view")) == 12
    assert {source["visit"]["entry_path"] for source in store.of("view")} == {"/0"}
    assert way.ledger().dropped == {"repeat": 1}


def test_engagement_waits_a_visits_window_for_its_view_and_is_then_dropped(way, store) -> None:
    way.deliver([hit("engagement", "a", 0, url="https://example.com/", view="never", engaged=1000)], [])
    ledger = way.ledger()
    assert (ledger.queued, ledger.stored, ledger.balanced) == (1, 0, True)
    way.now += 29 * MINUTE
    way.turn(due=True)
    assert way.ledger().queued == 1
    way.now += 2 * MINUTE
    way.turn(due=True)
    ledger = way.ledger()
    assert (ledger.queued, ledger.dropped, ledger.balanced) == (0, {"no_view": 1}, True)
    assert store.documents == {}
    assert not way.queue.client.hlen(way.queue.partitions[0].clients)


def test_a_visit_that_ended_long_ago_leaves_nothing_in_redis_and_its_document_stays(way, store) -> None:
    way.deliver([view(0)], [])
    way.turn(due=True, clock=MIDNIGHT + 59 * MINUTE)
    assert sum(way.queue.client.hlen(keys.clients) for keys in way.queue.partitions) == 1
    way.turn(due=True, clock=MIDNIGHT + 61 * MINUTE)
    assert sum(way.queue.client.hlen(keys.clients) for keys in way.queue.partitions) == 0
    assert visit_of(store)["views"] == 1


def test_a_client_that_comes_back_when_its_state_is_gone_keeps_its_first_day(way, store) -> None:
    way.deliver([view(0)], [])
    way.turn(due=True, clock=MIDNIGHT + 500 * MINUTE)
    way.deliver([view(600, "/later")], [])
    (client,) = store.of("client")
    assert client["client"]["first_seen"] == "2025-11-25T00:00:00.000Z"
    assert client["client"]["last_seen"] == "2025-11-25T10:00:00.000Z"
    assert len(store.of("visit")) == 2


def test_a_retry_that_arrives_in_the_next_index_is_a_repeat(way, store) -> None:
    last_minute = 6 * 24 * 60 - 1  # of November
    way.deliver([view(last_minute, id="x")], [])
    way.turn(due=True, clock=MIDNIGHT + (last_minute + 100) * MINUTE)
    way.deliver([view(last_minute + 90, id="x")], [])
    assert len(store.of("view")) == 1
    assert way.ledger().dropped == {"repeat": 1}


def test_what_was_spooled_after_redis_had_taken_it_is_a_repeat_even_when_its_visit_is_over(way, store) -> None:
    one = view(0)
    way.deliver([one], [])
    way.turn(due=True, clock=MIDNIGHT + 500 * MINUTE)
    one.receipt += "s"
    way.deliver([one], [])
    ledger = way.ledger()
    assert (ledger.received, ledger.stored, ledger.dropped) == (2, 1, {"repeat": 1})


def test_a_clock_that_jumps_back_leaves_no_document_behind(way, store) -> None:
    way.deliver([view(0, "/first")], [])
    in_a_year = (time.time_ns() // 1000) + 365 * 24 * 60 * MINUTE * 1000
    way.queue.client.set(f"{way.queue.prefix}:version", in_a_year)  # what a clock that was a year ahead has left
    way.deliver([view(1, "/second")], [])
    way.deliver([view(2, "/third")], [])
    assert visit_of(store)["pages"] == ["/first", "/second", "/third"]
    assert max(store.versions.values()) > in_a_year


def test_a_worker_that_lost_its_partition_changes_nothing(way, store) -> None:
    way.push([view(0), view(0, who="b"), view(0, who="c")])
    stale = dict(way.tokens)
    way.take_over()
    for number, token in stale.items():
        with pytest.raises(Fenced):
            way.queue.claim(number, token, 10)
    way.turn()
    assert way.ledger().stored == 3


def test_a_worker_that_was_frozen_after_it_had_claimed_cannot_put_old_documents_over_new_ones(way, store) -> None:
    way.push([view(0, "/first")])

    def overtaken(moment: str) -> None:
        if moment == "before put":
            mine = dict(way.tokens)
            way.take_over()
            way.turn()
            way.deliver([view(1, "/second")], [])
            way.tokens = mine

    assert way.turn(overtaken) != []
    assert visit_of(store)["pages"] == ["/first", "/second"]
    ledger = way.ledger()
    assert (ledger.received, ledger.stored, ledger.balanced) == (2, 2, True)


def test_erasing_a_site_takes_its_documents_states_dead_letters_and_hits_on_their_way(way, store) -> None:
    store.refuses = lambda source: source.get("url", {}).get("path") == "/cursed"
    way.deliver([view(0), view(1, "/cursed"), hit("engagement", "b", 0, url="https://example.com/", view="never")], [])
    way.push([view(2)])
    orders.give(way.queue, "erase-site", "example.com")
    _carry_out(way)
    way.turn()
    assert store.documents == {}
    ledger = way.ledger()
    assert ledger.balanced
    assert ledger.dropped == {"erased": 3}
    later = view(3)
    later.received = 4_000_000_000_000
    way.deliver([later], [])
    assert len(store.of("view")) == 1


def test_erasing_takes_what_said_it_was_of_some_minutes_to_come_and_leaves_what_came_later(way, store) -> None:
    now = time.time_ns() // 1_000_000
    ahead = view(0, "/ahead", time=now + 4 * MINUTE, receipt=f"{now - 1000:012x}{0:020x}")
    way.deliver([ahead], [])
    way.turn(due=True, clock=now + 500 * MINUTE)  # its visit is over, and its state gone
    orders.give(way.queue, "erase-site", "example.com")
    _carry_out(way)
    later = view(0, "/later", who="b", time=now + 4 * MINUTE, receipt=f"{now + 60_000:012x}{0:020x}", received=now + 60_000)
    way.deliver([later], [])
    assert [source["url"]["path"] for source in store.of("view")] == ["/later"]
    assert len(store.of("visit")) == len(store.of("client")) == 1


def test_a_visit_that_goes_on_while_an_erasure_is_on_its_way_is_erased_whole(way, store) -> None:
    now = time.time_ns() // 1_000_000
    way.deliver([view(0, "/secret", time=now - MINUTE, receipt=f"{now - 60_000:012x}{0:020x}")], [])
    orders.give(way.queue, "erase-site", "example.com")
    later = {"time": now + 1000, "received": now + 1000}
    way.deliver([view(0, "/next", receipt=f"{now + 1000:012x}{1:020x}", **later)], [])
    _carry_out(way)
    assert store.documents == {}
    way.deliver([view(0, "/anew", receipt=f"{now + 1000:012x}{2:020x}", **later)], [])
    (again,) = store.of("view")
    assert again["visit"]["entry_path"] == "/anew"
    assert visit_of(store)["id"] == again["visit"]["id"]


@pytest.mark.parametrize("moment", ["after create", "after put", "after flush"])
def test_a_batch_that_is_done_again_after_an_erasure_tells_of_no_erased_visit(way, store, moment) -> None:
    now = time.time_ns() // 1_000_000
    way.deliver([view(0, "/secret", time=now - MINUTE, receipt=f"{now - 60_000:012x}{0:020x}")], [])
    orders.give(way.queue, "erase-site", "example.com")
    way.push([view(0, "/next", time=now + 1000, received=now + 1000, receipt=f"{now + 1000:012x}{1:020x}")])

    def die(at: str) -> None:
        if at == moment:
            raise Crash(at)

    with pytest.raises(Crash):
        way.turn(die)
    way.take_over()
    _carry_out(way)
    way.turn()
    (left,) = store.of("view")
    assert left["visit"]["entry_path"] == "/next"
    assert visit_of(store)["id"] == left["visit"]["id"]
    assert way.ledger().balanced


def test_a_dead_letter_that_is_retried_does_not_outlive_an_erasure(way, store) -> None:
    store.refuses = lambda source: True
    way.deliver([view(0)], [])
    store.refuses = lambda source: False
    orders.give(way.queue, "retry-dead")
    _carry_out(way)
    orders.give(way.queue, "erase-site", "example.com")
    _carry_out(way)
    way.turn()
    assert store.documents == {}
    ledger = way.ledger()
    assert (ledger.dropped, ledger.dead, ledger.balanced) == ({"erased": 1}, 0, True)


def test_erasing_a_client_leaves_the_others(way, store) -> None:
    way.deliver([view(0), view(0, who="b")], [])
    one, other = store.of("client")
    orders.give(way.queue, "erase-client", one["client"]["id"])
    _carry_out(way)
    assert {source["client"]["id"] for source in store.documents.values()} == {other["client"]["id"]}
    states = [id.decode() for keys in way.queue.partitions for id in way.queue.client.hkeys(keys.clients)]
    assert states == [other["client"]["id"]]


def _carry_out(way: Way) -> None:
    carry_out(way.queue, way.store, way.tokens, way.now)
    assert all(orders.first(way.queue, number) is None for number in way.tokens)
