"""Several Redis: collectors spread visitors over them, importers drain all, and one that is away holds up nobody else."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from hits.drain import spooled
from hits.hit import Hit
from hits.queue import open_queue
from hits.spool import files, spool_folder
from hits.workers import TIMEOUT, Leases
from settings import load
from tests.real.shell import Shell
from tests.real.system import Start, System, redis_is_there
from tests.real.test_collect import Collector
from tests.real.test_crashes import hit
from tests.servers import RedisServer, until

ids = count()


@pytest.fixture
def pair(redis_server: Callable[..., RedisServer]) -> list[RedisServer]:
    return [redis_server(), redis_server()]


@pytest.fixture
def one(system: Start, pair: list[RedisServer]) -> System:
    return system("embedded", ",".join(server.url for server in pair))


@pytest.fixture
def collector(one: System, tmp_path: Path) -> Iterator[Collector]:
    """Its spool is that of `one`, and it runs the drain."""
    options = {name.removeprefix("FIZZSTAT_"): text for name, text in one.environ.items() if name.startswith("FIZZSTAT_")}
    collector = Collector(tmp_path, options.pop("REDIS_URL"), **options)
    collector.start(20)
    yield collector
    collector.stop()


def visitors_of(one: System, place: int, n: int) -> list[str]:
    """Agents of so many visitors whose hits belong to a Redis."""
    agents = (f"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/{140 + i / 1000}" for i in count())
    fitting = (agent for agent in agents if one.queue.partition(_partition(one, agent)).redis == place)
    return [next(fitting) for _ in range(n)]


def _partition(one: System, agent: str) -> int:
    return one.queue.partition_of(
        Hit(receipt="", received=0, way="", kind="view", site="example.com", ip="127.0.0.1", agent=agent)
    )


def send(collector: Collector, agents: list[str], each: int) -> int:
    """Views of visitors, each answered with a 202; how many."""
    for agent in agents:
        for _ in range(each):
            body = json.dumps({"url": "https://example.com/", "id": f"n{next(ids)}"}).encode()
            headers = {"User-Agent": agent, "Accept-Language": "en"}
            assert collector.ask("POST", "/hit", body, headers).status == 202
    return len(agents) * each


def test_one_of_two_redis_dies_and_comes_back_and_every_hit_is_stored_once(
    one: System, pair: list[RedisServer], collector: Collector
) -> None:
    at_home, elsewhere = visitors_of(one, 0, 6), visitors_of(one, 1, 6)
    importer = one.start("import")
    sent = send(collector, [*at_home, *elsewhere], 2)
    ledger = one.imported()
    assert (ledger.received, ledger.stored, ledger.balanced) == (sent, sent, True)
    received = [sum(int(n) for name, n in _ledger(one, place) if b"|received|" in name) for place in (0, 1)]
    assert received == [12, 12]

    pair[1].kill()
    sent += send(collector, at_home, 2)
    sent += send(collector, elsewhere, 2)
    sent += send(collector, at_home, 1)
    until(lambda: len(one.documents("view")) == 24 + 18, "the hits of the Redis that is there to be imported")
    assert sum(len(file.read_bytes().splitlines()) for file in files(spool_folder(one.settings.data_dir))) == 12
    said = Shell(one.environ)("ledger")
    assert said.code == 1
    assert said.sentence.startswith(f"Error: Redis is away at {pair[1].url} ")
    assert said.out == ""
    assert pair[0].url not in said.err

    pair[1].start()
    until(lambda: not files(spool_folder(one.settings.data_dir)), "the spool to be drained")
    ledger = one.imported()
    assert (ledger.received, ledger.stored, ledger.dropped, ledger.balanced) == (sent, sent, {}, True)
    assert len(one.documents("view")) == sent
    assert len(one.documents("visit")) == len(one.documents("client")) == 12
    until(lambda: not any(n for (n,) in one.queue.ask(lambda pipe, keys: pipe.hlen(keys.spools)).values()), "no mark is left")
    importer.terminate()
    assert importer.wait(30) == 0


def test_a_worker_waits_for_a_redis_that_hangs_once_and_then_hardly_at_all(one: System, pair: list[RedisServer]) -> None:
    leases = Leases(one.queue, lambda timeout: open_queue(one.settings, timeout), 60)
    leases.balance()
    assert set(leases.held) == {0, 1, 2, 3}
    pair[1].freeze()
    leases.balance()
    assert set(leases.held) == {0, 2}
    breaker = one.queue.shards[1].breaker
    until(lambda: not breaker.rests(), "the time to try it again")
    began = time.monotonic()
    leases.balance()
    assert time.monotonic() - began < TIMEOUT / 2
    assert breaker.rests()

    def holds_all() -> bool:
        leases.balance()
        return set(leases.held) == {0, 1, 2, 3}

    pair[1].thaw()
    until(holds_all, "all to be held again")


def _ledger(one: System, place: int) -> list[tuple[bytes, bytes]]:
    told = one.queue.ask(lambda pipe, keys: pipe.hgetall(keys.ledger), shard=one.queue.shards[place])
    return [item for (fields,) in told.values() for item in fields.items()]


def test_importer_and_drain_start_while_one_of_two_redis_is_away(one: System, pair: list[RedisServer]) -> None:
    here, there = (hit("view", 1, 0, f"a{place}", agent=visitors_of(one, place, 1)[0]) for place in (0, 1))
    here.ip = there.ip = "127.0.0.1"
    for server in pair:
        server.kill()
    for _ in range(3):
        one.take([here, there])
    pair[0].start()
    until(lambda: redis_is_there(one.client), "the home")
    started = one.start("drain"), one.start("import")
    until(lambda: len(one.documents("view")) == 1, "the home's hits to be imported")
    pair[1].start()
    ledger = one.imported()
    assert (ledger.received, ledger.stored, ledger.dropped) == (6, 2, {"repeat": 4})
    assert len(one.documents("view")) == 2
    for process in started:
        process.terminate()
        assert process.wait(30) == 0


def test_hits_of_a_redis_that_was_taken_out_of_the_settings_are_drained_into_another(
    one: System, pair: list[RedisServer]
) -> None:
    agents = [visitors_of(one, place, 1)[0] for place in (0, 1)]
    for server in pair:
        server.kill()
    for n in range(4):
        hits = [hit("view", 1, n, f"{place}-{n}", agent=agent) for place, agent in enumerate(agents)]
        for each in hits:
            each.ip = "127.0.0.1"
        one.take(hits)
    pair[0].start()
    until(lambda: redis_is_there(one.client), "the home")
    drain = one.start("drain")
    until(lambda: sum(one.queue.waiting(keys.number for keys in one.queue.partitions if not keys.redis).values()) == 4, "four")
    drain.terminate()
    assert drain.wait(30) == 0

    one.environ["FIZZSTAT_REDIS_URL"] = pair[0].url
    alone = open_queue(load(one.environ, Path("none")))
    assert spooled(alone, spool_folder(one.settings.data_dir)) == 4
    drain = one.start("drain")
    until(lambda: not files(spool_folder(one.settings.data_dir)), "the spool to be drained")
    assert sum(alone.waiting(keys.number for keys in alone.partitions).values()) == 8
    drain.terminate()
    assert drain.wait(30) == 0
    alone.client.close()


def test_orders_reach_every_redis_or_none(one: System, pair: list[RedisServer]) -> None:
    importer = one.start("import")
    views = [hit("view", 1, n, f"a{n}", agent=visitors_of(one, n, 1)[0]) for n in (0, 1)]
    for view in views:
        view.ip = "127.0.0.1"
    one.take(views)
    one.imported()
    fizzstat = Shell(one.environ)
    pair[1].kill()
    assert f"away at {pair[1].url}" in fizzstat("erase", "site", "example.com").sentence
    pair[1].start()
    until(lambda: redis_is_there(one.queue.shards[1].client), "the second Redis")
    assert not any(n for (n,) in one.queue.ask(lambda pipe, keys: pipe.llen(keys.orders)).values())
    assert fizzstat("erase", "site", "example.com").code == 0
    assert one.documents("view") == one.documents("client") == []
    importer.terminate()
    assert importer.wait(30) == 0


def test_status_and_doctor_speak_of_each_redis(one: System, pair: list[RedisServer]) -> None:
    one.environ["FIZZSTAT_REDIS_URL"] = one.environ["FIZZSTAT_REDIS_URL"].replace("redis://", "redis://:secret@", 1)
    fizzstat = Shell({**one.environ, "FIZZSTAT_REDIS_URL": ",".join(server.url for server in pair)})
    found = fizzstat("status", "--json").json["redis"]
    assert (found["url"], [other["url"] for other in found["others"]]) == (pair[0].url, [pair[1].url])
    pair[1].client().config_set("maxmemory-policy", "allkeys-lru")
    assert f"Redis at {pair[1].url} may throw hits away" in " ".join(fizzstat("status").out.split())

    turned = Shell({**one.environ, "FIZZSTAT_REDIS_URL": ",".join(server.url for server in reversed(pair))})
    said = {check["check"]: check["findings"] for check in json.loads(turned("doctor", "--json").out)["checks"]}
    assert "was number 1 of FIZZSTAT_REDIS_URL" in said["redis is in its place"][1]["sentence"]

    pair[1].kill()
    wrong = fizzstat("status")
    assert wrong.code == 1
    assert f"Redis is away at {pair[1].url}" in wrong.err
    assert "received" not in wrong.out
    said = {check["check"]: check for check in json.loads(fizzstat("doctor", "--json").out)["checks"]}
    (away,) = said["redis answers"]["findings"]
    assert pair[1].url in away["sentence"]
    assert said["redis is new enough"]["state"] == "well"
    assert "secret" not in Shell(one.environ)("status").out
