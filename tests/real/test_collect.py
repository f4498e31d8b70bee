"""The collector as it is deployed: uWSGI with deploy/uwsgi.ini, a real Redis, and clients that write to sockets."""

import http.client
import json
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from hits.hit import Hit, decode
from hits.redis import short_path
from hits.snapshot import KeyRow, SiteRow, Snapshot, key_hash, publish
from tests.servers import ROOT, RedisServer, Server, free_port, until

URL = "https://example.com/"
PREFIX = "test"
Start = Callable[..., "Collector"]


class Reply(NamedTuple):
    status: int
    content: Any
    headers: Mapping[str, str]


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> Reply:
    """The reply to a request, its content read as JSON where it is an object."""
    headers = headers or {}
    connection.request(method, path, body, headers, encode_chunked="Transfer-Encoding" in headers)
    answer = connection.getresponse()
    content = answer.read()
    return Reply(answer.status, json.loads(content) if content.startswith(b"{") else content, dict(answer.headers))


class Collector(Server):
    """`options` are settings such as SPOOL_LIMIT="1"."""

    def __init__(self, folder: Path, redis_url: str, **options: str):
        self.port, self.data = free_port(), folder / "data"
        values = {
            "BIND": "127.0.0.1",
            "COLLECT_PORT": str(self.port),
            "COLLECT_PROCESSES": "2",
            "THREADS": "2",
            "DASHBOARD_PORT": "8001",
            "DATA_DIR": str(self.data),
            "REDIS_URL": redis_url,
            "REDIS_PREFIX": PREFIX,
            "HOME": str(ROOT),
            "SOCKET": str(short_path(folder / "collect.sock")),
            **options,
        }
        command = [str(ROOT / ".venv/bin/uwsgi"), "--ini", str(ROOT / "deploy/uwsgi.ini") + ":collect", "--listen", "1024"]
        super().__init__("collect", folder, command, {"FIZZSTAT_" + name: text for name, text in values.items()})

    def ready(self) -> bool:
        try:
            return self.ask("GET", "/healthz").status == 200
        except OSError:
            return False

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Over a connection of its own."""
        with closing(self.connect()) as connection:
            return ask(connection, method, path, body, headers)

    def said(self) -> str:
        return self.log.read_text()

    def spooled(self) -> list[Hit]:
        lines = [line for file in self.data.glob("spool/*.spool") for line in file.read_bytes().splitlines()]
        return [decode(line.split(b" ", 2)[2]) for line in lines]


def body(**fields: Any) -> bytes:
    return json.dumps({"url": URL, **fields}).encode()


def queued(client: Any) -> list[Hit]:
    return [decode(entry) for key in client.scan_iter(f"{PREFIX}:*:queue") for entry in client.lrange(key, 0, -1)]


@pytest.fixture
def server(redis_server: Callable[..., RedisServer]) -> RedisServer:
    return redis_server()


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Collector]:
    """One that tests share which look at answers alone."""
    collector = Collector(tmp_path_factory.mktemp("collect"), redis_url)
    collector.start(20)
    yield collector
    collector.stop()


@pytest.fixture
def start(tmp_path: Path, server: RedisServer) -> Iterator[Start]:
    started: list[Collector] = []

    def start(**options: str) -> Collector:
        collector = Collector(tmp_path, server.url, **options)
        started.append(collector)
        collector.start(20)
        return collector

    yield start
    for collector in started:
        collector.stop()


def test_hits_of_the_past_wait_while_the_queue_is_over_its_limit(start: Start, server: RedisServer) -> None:
    collector = start(QUEUE_LIMIT="3")
    client: Any = server.client()
    publish(client, PREFIX, Snapshot(keys={key_hash("k"): KeyRow("k", ("write",))}))
    bearer = {"Authorization": "Bearer k"}
    past = body(name="old", timestamp="2026-01-01T00:00:00Z")

    def ask_past() -> Reply:
        return collector.ask("POST", "/event", past, bearer)

    assert ask_past().status == 202
    for number in range(4):
        assert collector.ask("POST", "/hit", body(id=str(number)), {"User-Agent": "Firefox"}).status == 202
    until(lambda: all(ask_past().status == 503 for _ in range(20)), "the past to wait, in every thread")
    refusal = ask_past()
    assert refusal.headers["Retry-After"] == "30"
    assert "FIZZSTAT_QUEUE_LIMIT" in refusal.content["error"]
    mixed = collector.ask("POST", "/event", b"[" + past + b"," + body(name="new") + b"]", bearer)
    assert (mixed.status, mixed.content["accepted"]) == (202, 1)
    assert [(one["index"], one["field"]) for one in mixed.content["refused"]] == [(0, "timestamp")]
    assert collector.ask("POST", "/hit", body(), {"User-Agent": "Firefox"}).status == 202
    client.delete(*client.scan_iter(f"{PREFIX}:*:queue"), *client.scan_iter(f"{PREFIX}:*:past"))
    until(lambda: ask_past().status == 202, "the past to be taken again")


def test_a_202_says_that_the_hit_is_in_redis_and_in_the_ledger(start: Start, server: RedisServer) -> None:
    collector = start()
    client: Any = server.client()
    site, key = SiteRow("shop.example", hosts=("example.com",)), KeyRow("k", ("write",))
    publish(client, PREFIX, Snapshot(sites=(site,), keys={key_hash("k"): key}))
    bearer = {"Authorization": "Bearer k"}
    for number in range(20):
        assert collector.ask("POST", "/hit", body(id=str(number)), {"User-Agent": "Firefox"}).status == 202
        assert sorted(int(hit.id) for hit in queued(client)) == list(range(number + 1))
    events = collector.ask("POST", "/event", b"[" + body(name="a") + b",{}," + body(name="b") + b"]", bearer)
    assert events.content["accepted"] == 2
    assert collector.ask("GET", "/pixel.gif?url=" + URL).status == 200
    hits = queued(client)
    assert len(hits) == 23
    assert {hit.site for hit in hits} == {"shop.example"}
    assert len({hit.receipt for hit in hits}) == 23
    assert {hit.ip for hit in hits} == {"127.0.0.1", ""}
    by_way: Counter[str] = Counter()
    for key in client.scan_iter(f"{PREFIX}:*:ledger"):
        for field, count in client.hgetall(key).items():
            _, way, column, name = field.decode().split("|")
            assert (column, name) == ("received", site.id)
            by_way[way] += int(count)
    assert by_way == {"hit": 20, "event": 2, "pixel": 1}


def test_one_connection_serves_many_hits_and_refusals(start: Start) -> None:
    connection = start().connect()
    connection.connect()
    port = connection.sock.getsockname()[1]
    asked: Sequence[tuple[str, str, bytes | None, int]] = [
        ("POST", "/hit", body(), 202),
        ("POST", "/hit", b"{", 400),
        ("GET", "/pixel.gif?url=" + URL, None, 200),
        ("GET", "/pixel.gif?url=" + URL + "x" * 10_000, None, 200),
        ("OPTIONS", "/hit", None, 200),
        ("GET", "/tracker.js", None, 200),
        ("HEAD", "/tracker.js", None, 200),
        ("POST", "/event", body(), 401),
        ("POST", "/nowhere", body(), 404),
        ("POST", "/hit", b"x" * 1_000_000, 413),
        ("GET", "/healthz", None, 200),
    ] * 3
    for method, path, sent, status in asked:
        assert ask(connection, method, path, sent).status == status
        assert connection.sock is not None
        assert connection.sock.getsockname()[1] == port
    connection.close()


@pytest.mark.parametrize("size", [70_000, 1_000_000, 2_097_152])
@pytest.mark.parametrize("path", ["/hit", "/event", "/nowhere"])
def test_who_writes_all_of_a_body_that_is_too_large_reads_the_refusal(collector: Collector, path: str, size: int) -> None:
    for _ in range(5):
        status, answer, _ = collector.ask("POST", path, b"x" * size, {"Authorization": "Bearer nobody"})
        assert status == {"/hit": 413, "/event": 401, "/nowhere": 404}[path]
        assert answer["error"]


@pytest.mark.parametrize(
    ("pieces", "status"),
    [([body()], 202), ([body()[:9], body()[9:]], 202), ([b"x" * 10_000] * 100, 413), ([b"x" * 1_000_000], 413), ([b"{"], 400)],
    ids=["one chunk", "two chunks", "100 chunks", "1 MB chunk", "malformed"],
)
def test_a_chunked_body_is_read(collector: Collector, pieces: list[bytes], status: int) -> None:
    for _ in range(3):
        assert collector.ask("POST", "/hit", iter(pieces), {"Transfer-Encoding": "chunked"}).status == status


def test_the_script_is_sent_once(collector: Collector) -> None:
    first = collector.ask("GET", "/tracker.js", None, {"Accept-Encoding": "gzip"})
    assert (first.status, first.headers["Content-Encoding"], len(first.content) < 3000) == (200, "gzip", True)
    again = collector.ask("GET", "/tracker.js", None, {"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]})
    assert (again.status, again.content) == (304, b"")


def test_the_log_holds_no_address_no_query_and_no_body(start: Start) -> None:
    collector = start(PROXY_COUNT="1", LOG_LEVEL="debug")
    headers = {"X-Forwarded-For": "203.0.113.77", "User-Agent": "secret-agent", "Authorization": "Bearer secret-key"}
    collector.ask("GET", "/pixel.gif?url=" + quote(URL + "?secret-query"), None, headers)
    for sent in (body(title="secret-title"), b'{"url":"secret-url"}', b"secret-nonsense"):
        collector.ask("POST", "/hit", sent, headers)
        collector.ask("POST", "/event", sent, headers)
    collector.stop()
    log = collector.said()
    assert "secret" not in log
    assert "203.0.113.77" not in log


def test_without_redis_a_202_says_that_the_hit_is_in_the_spool(start: Start, server: RedisServer) -> None:
    collector = start()
    assert collector.ask("POST", "/hit", body(id="before")).status == 202
    server.kill()
    for number in range(30):
        assert collector.ask("POST", "/hit", body(id=str(number))).status == 202
        assert sorted(int(hit.id) for hit in collector.spooled()) == list(range(number + 1))
    status, ready, _ = collector.ask("GET", "/readyz")
    assert (status, ready["ok"], ready["redis"], ready["language"]) == (200, True, False, False)
    assert collector.ask("GET", "/readyz", None, {"Accept-Language": "en"}).content["language"]
    assert 0 < ready["spool"]["used"] < ready["spool"]["limit"] == 256 << 20
    server.start()
    until(lambda: collector.ask("GET", "/readyz").content["redis"], "the collector to find Redis again")
    client = server.client()
    until(
        lambda: collector.ask("POST", "/hit", body(id="after")).status == 202 and "after" in {hit.id for hit in queued(client)},
        "a hit in Redis",
    )


def test_a_redis_that_hangs_keeps_few_hits_waiting(start: Start, server: RedisServer) -> None:
    collector = start()
    assert collector.ask("POST", "/hit", body(id="warm")).status == 202
    server.freeze()
    try:
        before = time.monotonic()
        for n in range(200):  # whichever thread of whichever process gets them
            assert collector.ask("POST", "/hit", body(id=str(n))).status == 202
        assert time.monotonic() - before < 20  # each would have waited a second, had each asked
        assert sorted(int(hit.id) for hit in collector.spooled()) == list(range(200))
    finally:
        server.thaw()


def test_a_collector_starts_without_redis(start: Start, server: RedisServer) -> None:
    server.kill()
    collector = start()
    assert collector.ask("POST", "/hit", body(id="1")).status == 202
    assert [hit.id for hit in collector.spooled()] == ["1"]
    event = collector.ask("POST", "/event", body(), {"Authorization": "Bearer k"})
    assert (event.status, event.headers["Retry-After"]) == (503, "5")


def test_a_full_spool_answers_503_and_loses_nothing_that_was_taken(start: Start, server: RedisServer) -> None:
    server.kill()
    collector = start(SPOOL_LIMIT="1")
    large = {str(n): "x" * 2000 for n in range(30)}
    taken = 0
    while (reply := collector.ask("POST", "/hit", body(id=str(taken), data=large))).status == 202:
        taken += 1
        assert taken < 300
    assert (reply.status, reply.headers["Retry-After"]) == (503, "30")
    assert taken > 15
    ready = collector.ask("GET", "/readyz")
    assert (ready.status, ready.content["ok"], ready.content["spool"]["room"]) == (503, False, False)
    assert collector.ask("GET", "/healthz").status == 200
    assert sorted(int(hit.id) for hit in collector.spooled()) == list(range(taken))


def test_hits_are_taken_while_others_are_slow_or_say_nothing(collector: Collector) -> None:
    """Idle and half-written heads cost no process anything; a body that does not come holds one thread of the four."""
    request = b"POST /hit HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body()), body())
    with ExitStack() as open_sockets:
        for begun in [b""] * 50 + [request[:20]] * 50 + [request[:-5]] * 3:
            slow = open_sockets.enter_context(socket.create_connection(("127.0.0.1", collector.port), 5))
            slow.sendall(begun)
        before = time.monotonic()
        for _ in range(20):
            assert collector.ask("POST", "/hit", body()).status == 202
        assert time.monotonic() - before < 3  # that a body does not come is noticed after four


def test_a_crowd_that_comes_at_once_is_answered_to_the_last(collector: Collector) -> None:
    request = b"POST /hit HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body()), body())
    with ExitStack() as open_sockets:
        crowd = [open_sockets.enter_context(socket.create_connection(("127.0.0.1", collector.port), 20)) for _ in range(400)]
        for one in crowd:
            one.sendall(request)
        assert Counter(one.recv(12) for one in crowd) == {b"HTTP/1.1 202": 400}
