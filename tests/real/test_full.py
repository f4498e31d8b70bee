"""Redis is full, or the disk under the spool is: hits are taken as long as there is room anywhere, and none is lost."""

import json
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace

from dashboard.figures import queue_figures
from hits import orders
from hits.hit import decode, encode
from hits.snapshot import KeyRow, Snapshot, key_hash, publish
from hits.spool import files, locked, spool_folder
from hits.workers import importers
from metrics import table
from tests.real.shell import Shell
from tests.real.system import Start, System
from tests.real.test_collect import Collector, Reply
from tests.real.test_crashes import FIREFOX, NOON
from tests.real.test_failures import all_there, many, stop
from tests.servers import RedisServer, until

ids = count()


@pytest.fixture
def server(redis_server: Callable[..., RedisServer]) -> RedisServer:
    return redis_server()


@pytest.fixture
def one(system: Start, server: RedisServer) -> System:
    return system("embedded", server.url)


@pytest.fixture
def collector(one: System, tmp_path: Path) -> Iterator[Collector]:
    with collector_of(one, tmp_path) as collector:
        yield collector


@contextmanager
def collector_of(one: System, folder: Path) -> Iterator[Collector]:
    """Its spool is that of `one`, and it runs the drain."""
    options = {name.removeprefix("FIZZSTAT_"): text for name, text in one.environ.items() if name.startswith("FIZZSTAT_")}
    collector = Collector(folder, options.pop("REDIS_URL"), **options)
    collector.start(20)
    yield collector
    collector.stop()


def send(collector: Collector, agents: list[str], each: int, query: str = "") -> int:
    """Views of visitors, each answered with a 202; how many."""
    for agent in agents:
        for _ in range(each):
            assert _view(collector, agent, query).status == 202
    return len(agents) * each


def _view(collector: Collector, agent: str, query: str = "") -> Reply:
    body = json.dumps({"url": f"https://example.com/?{query}", "id": f"n{next(ids)}"}).encode()
    return collector.ask("POST", "/hit", body, {"User-Agent": agent, "Accept-Language": "en"})


def test_a_redis_that_is_wholly_full_tells_where_every_hit_is(one: System) -> None:
    one.take(many(20))
    one.client.config_set("maxmemory", 1)
    one.take(many(5))
    fizzstat = Shell(one.environ)
    ledger = fizzstat("ledger", "--json")
    assert ledger.code == 0, ledger.err
    assert {name: ledger.json[name] for name in ("received", "queued", "spooled", "balanced")} == {
        "received": 20,
        "queued": 20,
        "spooled": 5,
        "balanced": True,
    }
    assert fizzstat("status").code == 0
    figures = queue_figures(one.queue, spool_folder(one.settings.data_dir), 1)
    assert figures[table.REDIS_UP.name,] == 1
    assert figures[table.QUEUE_SPOOLED.name,] == 5


def test_an_importer_starts_works_and_is_heard_of_beside_a_redis_that_is_wholly_full(one: System) -> None:
    one.take(many(200))
    orders.give(one.queue, "erase-site", "other.example")
    one.client.config_set("maxmemory", 1)
    importer = one.start("import")
    until(lambda: [row.partitions for row in importers(one.queue, 1)] == [[0, 1]], "the importer to hold all")
    all_there(one, 200)
    stop(importer)


def test_hits_go_to_the_spool_of_a_full_redis_and_are_stored_once_as_importers_make_room(
    one: System, collector: Collector
) -> None:
    one.client.config_set("maxmemory", one.client.info("memory")["used_memory"] + 2_500_000)
    sent, query = 0, "q" * 4000  # which no document has
    while one.ledger().spooled < 200:
        sent += send(collector, [f"{FIREFOX} {visitor}" for visitor in range(10)], 5, query)
    full = one.ledger()
    assert (full.queued + full.spooled, full.balanced) == (sent, True)
    importer = one.start("import")
    sent += send(collector, [f"{FIREFOX} {visitor}" for visitor in range(10)], 5, query)
    until(lambda: not files(spool_folder(one.settings.data_dir)), "the spool to be drained")
    all_there(one, sent)
    stop(importer)


def test_whoever_runs_a_redis_that_open_visits_fill_is_told_and_more_memory_lets_all_go_on(
    one: System, capfd: pytest.CaptureFixture[str]
) -> None:
    visitors = 1500
    processes = [one.start("import"), one.start("drain")]
    one.take(many(10))
    one.imported()
    one.client.config_set("maxmemory", one.client.info("memory")["used_memory"] + 500_000)
    for start in range(0, visitors, 100):
        one.take([replace(each, agent=f"{FIREFOX} {start + n}") for n, each in enumerate(many(100))])
    until(lambda: not (one.ledger().queued or one.ledger().in_hand), "importers to have done what they can")
    ledger = one.ledger()
    assert ledger.spooled > 0
    assert ledger.balanced
    said = " ".join(Shell(one.environ)("status").out.split())
    assert f"Redis at {one.client.where} is full" in said
    states = "It keeps 0 hits until they are imported, and the states of "
    assert states in said
    doctor = {check["check"]: check for check in json.loads(Shell(one.environ)("doctor", "--json").out)["checks"]}
    assert states in doctor["redis has room"]["findings"][0]["sentence"]
    assert doctor["spool is drained"]["state"] == "well"
    assert "the spool waits for Redis at " in capfd.readouterr().err
    one.client.config_set("maxmemory", 0)
    all_there(one, visitors + 10)
    stop(*processes)


def test_a_full_disk_under_the_spool_refuses_hits_with_503_until_there_is_room(
    one: System, server: RedisServer, collector: Collector
) -> None:
    taken = send(collector, [FIREFOX], 1)
    server.stop()
    _files_may_grow_to(collector, 20_000)
    refused = 0
    while refused < 50:  # in a row: each thread has a file of its own
        reply = _view(collector, FIREFOX)
        refused, taken = (0, taken + 1) if reply.status == 202 else (refused + 1, taken)
    assert (reply.status, reply.headers["Retry-After"]) == (503, "30")
    assert "hits are refused with 503: Redis is away or full, and the spool takes none: the disk is full" in collector.said()
    spooled = files(spool_folder(one.settings.data_dir))
    assert all(19_000 < file.stat().st_size < 20_000 and file.read_bytes().endswith(b"\n") for file in spooled)

    _files_may_grow_to(collector, resource.RLIM_INFINITY)
    taken += send(collector, [FIREFOX], 5)
    server.start()
    importer = one.start("import")
    until(lambda: not files(spool_folder(one.settings.data_dir)), "the spool to be drained")
    all_there(one, taken)
    stop(importer)


def _files_may_grow_to(collector: Collector, size: int) -> None:
    """What a file may have (bytes), of the collector's processes: past that a write fails half-way, as on a full disk."""
    assert collector.process
    master = collector.process.pid
    for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split():
        resource.prlimit(int(pid), resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_the_drain_takes_no_line_that_its_writer_may_take_back(one: System) -> None:
    spool = one.new_spool()
    hits = [replace(each, ip="127.0.0.1") for each in many(3)]
    partition = one.queue.partition_of(hits[0])
    first, second, third = (b"%d 0 %b" % (partition, encode(each)) for each in hits)
    spool.write([first])
    (file,) = files(spool_folder(one.settings.data_dir))
    with file.open("ab", buffering=0) as writer, locked(writer.fileno()):
        before = writer.tell()
        writer.write(second + b"\n" + third[:10])  # and there the disk is full
        drain = one.start("drain")
        until(lambda: _waits_for_a_lock(drain.pid) or one.ledger().received, "the drain to come to the file")
        writer.truncate(before)
    spool.write([third])
    until(lambda: one.ledger().received == 2, "what was accepted to be queued")
    queued = one.client.lrange(one.queue.partition(partition).queue, 0, -1)
    assert [decode(entry).id for entry in queued] == [hits[0].id, hits[2].id]
    stop(drain)


def _waits_for_a_lock(pid: int) -> bool:
    return any(line.split()[1:2] == ["->"] and f" {pid} " in line for line in Path("/proc/locks").read_text().splitlines())


def test_hits_of_the_past_are_taken_again_once_importers_have_made_room(
    system: Start, server: RedisServer, tmp_path: Path
) -> None:
    one = system("embedded", server.url, FIZZSTAT_QUEUE_LIMIT="100")
    publish(one.client, one.settings.redis_prefix, Snapshot(keys={key_hash("k"): KeyRow("k", ("write",))}))
    requests = [
        f"?idsite=1&rec=1&url=https://example.com/{n}&cip=203.0.113.7&cdt={NOON // 1000 - 3 * 86400 + n}" for n in range(50)
    ]
    bulk = json.dumps({"requests": requests, "token_auth": "k"}).encode()
    one.take(many(200))
    with collector_of(one, tmp_path) as collector:
        refused = collector.ask("POST", "/matomo.php", bulk)
        assert (refused.status, refused.headers["Retry-After"]) == (503, "30")
        importer = one.start("import")
        until(lambda: collector.ask("POST", "/matomo.php", bulk).status == 200, "the past to be taken")
        ledger = one.imported()
    assert (ledger.received, ledger.stored, ledger.balanced, ledger.spooled) == (250, 250, True, 0)
    assert len(one.documents("view")) == 250
    stop(importer)
