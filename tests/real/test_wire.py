"""A push on a plain socket (hits/wire.py), and what it promises, on real Redis servers."""

import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
import redis

from hits.hit import Hit
from hits.intake import Intake
from hits.queue import Queue
from hits.redis import QueueAway
from hits.spool import Spool
from hits.wire import Wire
from tests.servers import RedisServer, until

Redis = Callable[..., RedisServer]


def queue(server: RedisServer, wire: Wire | None) -> Queue:
    return Queue(server.client(), "test", 1, wire)


def wire_to(url: str, timeout: float = 1.0) -> Wire:
    wire = Wire.to(url, timeout)
    assert wire
    return wire


def push(to: Queue, entry: bytes) -> None:
    to.push(0, [entry], {"2026-11-25|hit|received|example.com": 1})


def entries(to: Queue) -> list[bytes]:
    return list(to.client.lrange(to.partitions[0].queue, 0, -1))


def received(to: Queue) -> list[bytes]:
    return list(to.client.hvals(to.partitions[0].ledger))


@pytest.mark.parametrize("unix", [True, False], ids=["unix", "tcp"])
def test_a_push_is_in_redis_and_in_the_ledger_when_it_returns(redis_server: Redis, unix: bool) -> None:
    server = redis_server(unix=unix)
    with closing(wire_to(server.url)) as wire:
        to = queue(server, wire)
        for number in range(3):
            push(to, b"\r\n$5\r\n:1\r\n" + b"%d" % number)
            assert len(entries(to)) == number + 1
        to.push(0, [b"x" * 4000] * 1000, {"2026-11-25|hit|received|example.com": 1000})
        assert received(to) == [b"1003"]


def test_a_password_a_user_and_a_database_in_the_url_are_heeded(redis_server: Redis) -> None:
    server = redis_server()
    port = server.url.rpartition(":")[2].removesuffix("/0")
    client: Any = server.client()
    client.config_set("requirepass", "p%w")
    client.acl_setuser("ann", enabled=True, passwords=["+secret"], keys=["*"], commands=["+@all"])
    for user, number in (("", 0), ("", 3), ("default", 0), ("ann", 2)):
        password = "secret" if user == "ann" else "p%25w"
        with closing(wire_to(f"redis://{user}:{password}@127.0.0.1:{port}/{number}")) as wire:
            to = Queue(redis.Redis(port=int(port), db=number, password="p%w"), "test", 1, wire)
            to.client.flushdb()
            push(to, b"x")
            assert entries(to) == [b"x"]
    for wrong in ("", ":no@", "bob:no@"):
        with closing(wire_to(f"redis://{wrong}127.0.0.1:{port}")) as wire, pytest.raises(QueueAway):
            push(queue(server, wire), b"x")


def test_a_script_that_redis_forgot_is_sent_again_and_pushes_once(redis_server: Redis) -> None:
    server = redis_server()
    with closing(wire_to(server.url)) as wire:
        to = queue(server, wire)
        for number in range(3):
            to.client.script_flush()
            push(to, b"%d" % number)
        assert entries(to) == [b"0", b"1", b"2"]
        assert received(to) == [b"3"]


def full(client: Any) -> None:
    client.config_set("maxmemory", 1)


def replica(client: Any) -> None:
    client.replicaof("127.0.0.1", 1)


def too_few_replicas(client: Any) -> None:
    client.config_set("min-replicas-to-write", 1)


@pytest.mark.parametrize(
    ("refuse", "mend", "word"),
    [
        (full, lambda client: client.config_set("maxmemory", 0), "OOM"),
        (replica, lambda client: client.replicaof("NO", "ONE"), "READONLY"),
        (too_few_replicas, lambda client: client.config_set("min-replicas-to-write", 0), "NOREPLICAS"),
    ],
)
def test_a_redis_that_refuses_is_away_until_it_does_not(
    redis_server: Redis, refuse: Callable[[Any], None], mend: Callable[[Any], None], word: str
) -> None:
    server = redis_server()
    with closing(wire_to(server.url)) as wire:
        to = queue(server, wire)
        push(to, b"before")
        refuse(to.client)
        with pytest.raises(QueueAway, match=word):
            push(to, b"refused")
        mend(to.client)
        push(to, b"after")
        assert entries(to) == [b"before", b"after"]


def test_after_a_redis_that_was_silent_no_answer_is_taken_for_anothers(redis_server: Redis) -> None:
    server = redis_server()
    with closing(wire_to(server.url, 0.2)) as wire:
        to = queue(server, wire)
        push(to, b"1")
        server.freeze()
        for number in (2, 3):
            with pytest.raises(QueueAway):
                push(to, b"%d" % number)
        server.thaw()
        full(to.client)
        with pytest.raises(QueueAway):  # the late answers say that all is well
            push(to, b"4")


def test_a_redis_that_was_restarted_is_found_again(redis_server: Redis) -> None:
    server = redis_server()
    with closing(wire_to(server.url)) as wire:
        to = queue(server, wire)
        push(to, b"1")
        server.kill()
        for _ in range(2):
            with pytest.raises(QueueAway):
                push(to, b"2")
        server.start()
        push(to, b"3")
        assert entries(to) == [b"1", b"3"]


def test_a_push_that_may_have_happened_goes_to_the_spool_with_a_receipt_of_its_own(redis_server: Redis, tmp_path: Any) -> None:
    server = redis_server()
    with closing(wire_to(server.url, 0.2)) as wire:
        to = queue(server, wire)
        intake = Intake(to, Spool(tmp_path, 1 << 20))
        push(to, b"before")
        server.freeze()
        intake.take([Hit(receipt="r", received=0, way="hit", kind="view", site="example.com")])
        server.thaw()
        until(lambda: len(entries(to)) == 2, "Redis to do what it was asked before it fell silent")
        (file,) = tmp_path.glob("*.spool")
        assert b'"receipt":"rs"' in file.read_bytes()
        intake.spool.close()


def test_threads_with_a_wire_each_lose_nothing_and_mix_nothing_up(redis_server: Redis) -> None:
    server = redis_server()

    def run(name: int) -> None:
        with closing(wire_to(server.url)) as wire:
            to = queue(server, wire)
            for number in range(50):
                push(to, b"%d %d" % (name, number))

    threads = [threading.Thread(target=run, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    to = queue(server, None)
    assert sorted(entries(to)) == sorted(b"%d %d" % (name, number) for name in range(8) for number in range(50))
    assert received(to) == [b"400"]
