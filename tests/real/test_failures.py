"""What stands behind the collector goes away, comes back, is overloaded or refuses; workers freeze and meet."""

import signal
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from hits import dead, orders
from hits.hit import Hit
from hits.workers import importers
from importer.index import index_period
from tests.real.proxy import Proxy
from tests.real.system import Load, Start, System, redis_is_there
from tests.real.test_crashes import NOON, exact, first_hits, hit, later_hits, whole
from tests.servers import until

ids = count()


def many(n: int, visitors: int = 50) -> list[Hit]:
    """Views of some visitors, a second apart, each of its own id."""
    return [hit("view", 1 + i % visitors, i // visitors, f"many{next(ids)}", f"/{i % 7}", view=f"m{i}") for i in range(n)]


def stop(*processes) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        assert process.wait(30) == 0


def all_there(system: System, n: int) -> None:
    ledger = system.imported()
    assert ledger.balanced
    assert (ledger.received, ledger.stored, ledger.dropped) == (n, n, {})
    assert len(system.documents("view")) == n
    visits = system.documents("visit")
    assert sum(source["visit"]["views"] for source in visits) == n
    assert len(visits) == len(system.documents("client"))


def test_an_importer_frozen_past_its_lease_does_no_harm_when_it_goes_on(system: Start, elasticsearch_url: str) -> None:
    one = system(elasticsearch_url)
    frozen = one.start("import")
    until(lambda: [row.partitions for row in importers(one.queue, 1)] == [[0, 1]], "the first worker to hold all")
    one.take(first_hits())
    one.imported()
    frozen.send_signal(signal.SIGSTOP)
    one.take(later_hits())
    other = one.start("import")
    exact(one.imported())
    one.take(many(100))
    frozen.send_signal(signal.SIGCONT)
    until(lambda: len(importers(one.queue, 1)) == 2, "the frozen worker to be alive again")
    one.take(many(100))
    ledger = one.imported()
    assert ledger.balanced
    assert ledger.stored == 15 + 200
    assert len(one.documents("view")) == 6 + 200
    stop(frozen, other)


def test_an_importer_frozen_in_the_middle_of_a_batch_changes_nothing_when_it_goes_on(
    system: Start, elasticsearch_url: str
) -> None:
    for moment in ("after claim", "after create", "after put", "before settle"):
        each = system(elasticsearch_url)
        each.take(first_hits())
        frozen = each.start("freeze", moment)
        until(lambda process=frozen: _is_stopped(process.pid), "the worker to freeze itself")
        each.take(later_hits())
        other = each.start("import")
        exact(each.imported())
        frozen.send_signal(signal.SIGCONT)
        until(lambda system=each: len(importers(system.queue, 1)) == 2, "the frozen worker to be alive again")
        exact(each.imported())
        whole(each)
        stop(frozen, other)


def test_a_second_importer_waits_while_the_embedded_store_has_its_writer(system: Start) -> None:
    one = system("embedded")
    first = one.start("import")
    until(lambda: len(importers(one.queue, 1)) == 1, "the first importer")
    second = one.start("import")
    one.take(first_hits())
    one.imported()
    assert len(importers(one.queue, 1)) == 1
    first.kill()
    first.wait()
    one.take(later_hits())
    exact(one.imported())
    whole(one)
    stop(second)


def test_redis_restarted_under_load_costs_no_hit(system: Start, redis_server: Callable, store_url: str) -> None:
    server = redis_server()
    one = system(store_url, server.url)
    processes = [one.start("import"), one.start("drain")]
    with Load(one, lambda: many(3)) as load:
        for n in range(3):
            until(lambda least=200 * (n + 1): load.taken > least, "some load")
            server.restart()
        until(lambda: load.taken > 900, "some more load")
    until(lambda: redis_is_there(one.client), "Redis")
    ledger = one.imported()
    assert ledger.balanced
    # What Redis had taken without being able to say so came a second time through the spool, and is known as a repeat.
    assert ledger.stored == load.taken
    assert set(ledger.dropped) <= {"repeat"}
    assert len(one.documents("view")) == load.taken
    stop(*processes)


def test_documents_put_off_while_hits_queue_up_are_all_written_in_the_end(system: Start, store_url: str) -> None:
    one = system(store_url, FIZZSTAT_BATCH_SIZE="20")
    one.take(many(300, visitors=30))
    assert one.start("import", "after settle", 6).wait(60) == -signal.SIGKILL
    assert one.put_off()
    importer = one.start("import")
    all_there(one, 300)
    assert not one.put_off()
    stop(importer)


def test_elasticsearch_stopped_and_started_costs_no_hit(system: Start, elasticsearch_server: Callable) -> None:
    server = elasticsearch_server("9.2.0")
    one = system(server.url)
    importer = one.start("import")
    one.take(first_hits())
    one.imported()
    server.stop()
    one.take(later_hits())
    until(lambda: one.ledger().in_hand > 0, "the importer to have hits in hand")
    assert one.ledger().balanced
    server.start()
    exact(one.imported(120))
    whole(one)
    stop(importer)


@pytest.fixture
def overloaded(elasticsearch_9: str) -> Iterator[Proxy]:
    proxy = Proxy(elasticsearch_9, lambda path, n: 429 if path.endswith("/_bulk") and n % 3 != 0 else 0)
    yield proxy
    proxy.close()


def test_an_elasticsearch_that_answers_429_is_asked_again_later(system: Start, overloaded: Proxy) -> None:
    one = system(overloaded.url)
    importer = one.start("import")
    one.take(first_hits())
    one.imported()
    one.take(later_hits())
    exact(one.imported())
    assert overloaded.answered > 0
    whole(one)
    stop(importer)


def test_documents_that_elasticsearch_refuses_are_dead_letters_and_the_rest_of_the_batch_is_stored(
    system: Start, elasticsearch_url: str
) -> None:
    one = system(elasticsearch_url)
    importer = one.start("import")
    until(lambda: importers(one.queue, 1), "the importer")  # it has brought the mappings up to date
    with Elasticsearch(elasticsearch_url) as client:
        index = f"{one.settings.index_prefix}-event-{index_period('month')(NOON)}"
        number = {"properties": {"event": {"properties": {"value": {"type": "integer"}}}}}
        client.indices.create(index=index, mappings=number)
    one.take([*first_hits(), *later_hits()])
    ledger = one.imported()
    assert ledger.balanced
    assert (ledger.received, ledger.stored, ledger.dead) == (18, 12, 4)  # a repeat of a dead hit died too
    assert {letter.reason.split()[0] for letter in dead.letters(one.queue)} != {""}
    assert sum(source["visit"]["events"] for source in one.documents("visit")) == 0
    with Elasticsearch(elasticsearch_url) as client:
        client.indices.delete(index=index)
    orders.give(one.queue, "retry-dead")
    until(lambda: one.ledger().dead == 0, "the dead letters to be retried")
    exact(one.imported())
    whole(one)
    stop(importer)


def test_a_visit_over_midnight_is_one_visit_though_its_salts_are_two(system: Start, store_url: str) -> None:
    one = system(store_url)
    importer = one.start("import")
    before, after = 12 * 3600 - 300, 12 * 3600 + 300  # seconds after noon
    one.take([hit("view", 1, before, "a", "/evening", view="v1"), hit("view", 1, after, "b", "/morning", view="v2")])
    one.imported()
    one.take([hit("event", 1, after + 60, "c", name="read"), hit("view", 1, after + 7200, "d", "/later")])
    one.imported()
    stop(importer)
    first, second = sorted((source["visit"] for source in one.documents("visit")), key=lambda visit: visit["started"])
    assert (first["pages"], first["event_names"]) == (["/evening", "/morning"], ["read"])
    assert second["pages"] == ["/later"]
    assert len({source["client"]["id"] for source in one.documents("view")}) == 2


def _is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"
