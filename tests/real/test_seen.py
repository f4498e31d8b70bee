"""FizzStat seen from outside: metrics that Prometheus' own parser reads, of real processes; readiness; logs; limits."""

import http.client
import json
import os
import signal
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import redis
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from dashboard.app import create_app
from hits.redis import redis_urls
from metrics.table import PARTS
from settings import load
from tests.real.system import Start, System
from tests.real.test_collect import Collector, ask, body
from tests.real.test_crashes import GOOGLEBOT, hit
from tests.running import CHROME, FizzStat
from tests.servers import RedisServer, free_port, until

KEY = "the-metrics-key"
WITH_KEY = {"Authorization": f"Bearer {KEY}"}

Samples = dict[tuple[str, ...], float]


def samples(text: str | bytes) -> Samples:
    """The sample's name and its labels' values -> value."""
    families = text_string_to_metric_families(text if isinstance(text, str) else text.decode())
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def scrape(url: str, headers: dict[str, str] = WITH_KEY) -> Samples:
    with urlopen(Request(f"{url}/metrics", headers=headers), timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return samples(answer.read())


def in_table(found: Samples, *parts: str) -> bool:
    names = {metric.name for part in parts for metric in PARTS[part]}
    return {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name, *_ in found} <= names


def workers(collector: Collector) -> list[int]:
    """The processes under uWSGI's master that answer requests or route them."""
    assert collector.process
    pid = collector.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


# ── the collector


@pytest.fixture
def server(redis_server: Callable[..., RedisServer]) -> RedisServer:
    return redis_server()


def test_the_collectors_numbers_are_those_of_all_its_processes_and_outlive_them(tmp_path: Path, server: RedisServer) -> None:
    collector = Collector(tmp_path, server.url, METRICS_KEY=KEY)
    collector.start(20)
    try:
        for n in range(40):
            assert collector.ask("POST", "/hit", body(id=str(n))).status == 202
        assert collector.ask("GET", "/pixel.gif?url=https://example.com/").status == 200
        assert collector.ask("POST", "/hit", b"{").status == 400
        assert collector.ask("POST", "/hit", body(), {"Sec-GPC": "1"}).status == 202
        assert collector.ask("GET", "/nowhere").status == 404
        assert collector.ask("GET", "/metrics").status == 401
        for pid in workers(collector):
            os.kill(pid, signal.SIGKILL)
        until(collector.ready, "the collector to serve again")
        for n in range(40, 60):
            assert collector.ask("POST", "/hit", body(id=str(n))).status == 202

        found = samples(collector.ask("GET", "/metrics", None, WITH_KEY).content)
    finally:
        collector.stop()
    assert in_table(found, "collect")
    assert found["fizzstat_collect_hits_total", "hit"] == 60
    assert found["fizzstat_collect_hits_total", "pixel"] == 1
    assert found["fizzstat_collect_requests_total", "/hit", "202"] == 61
    assert found["fizzstat_collect_requests_total", "/hit", "400"] == 1
    assert found["fizzstat_collect_requests_total", "other", "404"] == 1
    assert found["fizzstat_collect_refused_total", "unreadable"] == 1
    assert found["fizzstat_collect_refused_total", "no_key"] == 1
    assert found["fizzstat_collect_left_out_total", "gpc"] == 1
    assert found["fizzstat_collect_seconds_count", "/hit"] == 62
    assert found["fizzstat_collect_seconds_bucket", "/hit", "+Inf"] == 62
    assert 0 < found["fizzstat_collect_seconds_sum", "/hit"] < 20
    assert found["fizzstat_collect_hits_spooled_total",] == 0


def test_hits_that_are_spooled_are_seen(tmp_path: Path, server: RedisServer) -> None:
    server.kill()
    collector = Collector(tmp_path, server.url, METRICS_KEY=KEY)
    collector.start(20)
    try:
        for n in range(5):
            assert collector.ask("POST", "/hit", body(id=str(n))).status == 202
        found = samples(collector.ask("GET", "/metrics", None, WITH_KEY).content)
    finally:
        collector.stop()
    assert found["fizzstat_collect_hits_spooled_total",] == found["fizzstat_collect_hits_total", "hit"] == 5
    assert 0 < found["fizzstat_spool_bytes",] < found["fizzstat_spool_limit_bytes",] == 256 << 20


def test_a_limit_is_one_for_all_processes_of_a_collector(tmp_path: Path, server: RedisServer) -> None:
    collector = Collector(tmp_path, server.url, METRICS_KEY=KEY, LIMIT_SITE="20/h", COLLECT_PROCESSES="3")
    collector.start(20)
    try:
        answers = [collector.ask("POST", "/hit", body(id=str(n))) for n in range(60)]
        assert [answer.status for answer in answers] == [202] * 20 + [429] * 40
        assert 170 < int(answers[-1].headers["Retry-After"]) <= 180
        found = samples(collector.ask("GET", "/metrics", None, WITH_KEY).content)
        assert found["fizzstat_collect_refused_total", "limit_site"] == 40
        server.kill()
        other = collector.ask("POST", "/hit", body(url="https://other.example/"))
        assert (other.status, collector.ask("POST", "/hit", body()).status) == (202, 429)
    finally:
        collector.stop()


def test_a_collector_that_cannot_keep_counts_says_so_in_a_line_of_json_and_takes_hits(
    tmp_path: Path, server: RedisServer
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "metrics").write_text("no folder")
    collector = Collector(tmp_path, server.url, LOG_FORMAT="json")
    collector.start(20)
    assert collector.ask("POST", "/hit", body()).status == 202
    collector.stop()
    lines = [json.loads(line) for line in collector.log.read_text().splitlines() if line.startswith('{"')]
    assert lines
    assert {(line["service.name"], line["log.level"], line["log.logger"]) for line in lines} == {
        ("fizzstat-collect", "warning", "fizzstat.metrics")
    }


def test_a_connection_that_breaks_leaves_no_address_in_the_log(tmp_path: Path, server: RedisServer) -> None:
    collector = Collector(tmp_path, server.url)
    collector.start(20)
    for n in range(10):
        with socket.create_connection(("127.0.0.1", collector.port), timeout=10) as wild:
            wild.sendall(b"POST /hit?secret HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n{}" % (2 + n % 2))
            wild.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # it ends with a reset
    until(lambda: "broke" in collector.log.read_text() or "closed connection" in collector.log.read_text(), "the resets")
    assert collector.ask("POST", "/hit", body()).status == 202
    collector.stop()
    log = collector.log.read_text()
    assert "client_addr" not in log
    assert "secret" not in log
    assert [line for line in log.splitlines() if "127.0.0.1" in line and "bound" not in line] == []


# ── the importer


def test_importers_tell_what_they_imported_and_wrote(system: Start) -> None:
    port = free_port()
    one = system("embedded", FIZZSTAT_METRICS_PORT=str(port))
    one.start("import")
    one.take([hit("view", n, 0, f"view {n}") for n in range(20)])
    one.take([hit("view", 0, 0, "view 0"), hit("view", 30, 0, "bot", agent=GOOGLEBOT)])
    ledger = one.imported()
    url = f"http://127.0.0.1:{port}"
    until(lambda: scrape(url, {})["fizzstat_import_hits_total",] == 22, "the last batch to be counted")
    found = scrape(url, {})
    assert in_table(found, "import")
    assert (ledger.stored, ledger.dropped) == (20, {"bot": 1, "repeat": 1})
    assert found["fizzstat_import_documents_total", "view", "created"] == len(one.documents("view")) == 20
    assert found["fizzstat_import_documents_total", "visit", "put"] >= len(one.documents("visit")) == 20
    assert found["fizzstat_import_batch_hits_sum",] == 22
    batches = found["fizzstat_import_batch_hits_count",]
    assert 1 <= batches <= 22
    for step in ("claim", "read", "create", "put", "flush", "settle"):
        assert found["fizzstat_import_step_seconds_count", step] >= batches
        assert found["fizzstat_import_step_seconds_sum", step] > 0


def test_an_importer_tells_how_long_it_waited_for_redis(system: Start, server: RedisServer) -> None:
    port = free_port()
    one = system("embedded", server.url, FIZZSTAT_METRICS_PORT=str(port))
    one.start("import")
    one.take([hit("view", 1, 0, "one")])
    one.imported()
    server.kill()
    url = f"http://127.0.0.1:{port}"
    until(lambda: scrape(url, {}).get(("fizzstat_import_retries_total", "redis"), 0) >= 2, "the importer to try again")
    server.start()
    assert 0.2 < scrape(url, {})["fizzstat_import_away_seconds_total", "redis"] < 30


def test_the_importers_of_a_machine_tell_their_sum_whichever_is_asked(
    system: Start, server: RedisServer, elasticsearch_9: str
) -> None:
    port = free_port()
    one = system(elasticsearch_9, server.url, FIZZSTAT_METRICS_PORT=str(port))
    first, _ = one.start("import"), one.start("import")
    one.take([hit("view", n, 0, f"view {n}") for n in range(30)])
    one.imported()
    url = f"http://127.0.0.1:{port}"
    until(lambda: scrape(url, {})["fizzstat_import_hits_total",] == 30, "all batches to be counted")
    first.kill()
    first.wait()
    assert {scrape(url, {})["fizzstat_import_hits_total",] for _ in range(5)} == {30}


# ── the dashboard


def dashboard(one: System, **more: str) -> FlaskClient:
    environ = {**one.environ, "FIZZSTAT_METRICS_KEY": KEY, **more}
    return create_app(load(environ, Path("/nowhere"))).test_client()


def test_the_queue_and_the_store_are_seen(system: Start, store_url: str) -> None:
    one = system(store_url)
    client = dashboard(one)
    one.start("import")
    one.take([hit("view", n, 0, f"view {n}") for n in range(7)])
    one.take([hit("engagement", 50, 0, "e", view="nowhere"), hit("view", 30, 0, "bot", agent=GOOGLEBOT)])
    until(lambda: one.ledger().stored == 7 and one.ledger().waiting == 1, "the hits to be imported")

    def all_seen() -> Samples | None:
        found = samples(client.get("/metrics", headers=WITH_KEY).text)
        counts = [found.get(("fizzstat_store_documents", kind)) for kind in ("view", "visit")]
        return found if counts == [7, 7] and found["fizzstat_partitions_held",] == 2 else None

    found = until(all_seen, "the documents and the partitions to be seen")
    assert in_table(found, "queue", "store")
    assert found["fizzstat_redis_up",] == found["fizzstat_store_up",] == found["fizzstat_ledger_balanced",] == 1
    assert sum(n for name, n in found.items() if name[0] == "fizzstat_hits_received_total") == 9
    assert found["fizzstat_hits_stored_total",] == 7
    assert found["fizzstat_hits_dropped_total", "bot"] == 1
    assert found["fizzstat_queue_waiting_hits",] == 1
    assert (found["fizzstat_importers",], found["fizzstat_partitions",]) == (1, 2)
    assert found["fizzstat_queue_oldest_seconds",] == 0
    assert client.get("/metrics").status_code == 401


def test_lag_is_the_age_of_the_oldest_hit_that_waits(system: Start) -> None:
    one = system("embedded")
    late, later = hit("view", 1, 0, "a"), hit("view", 2, 0, "b")
    late.received, later.received = (int(one.client.time()[0] - seconds) * 1000 for seconds in (90, 30))
    one.take([later, late])
    found = samples(dashboard(one).get("/metrics", headers=WITH_KEY).text)
    assert 90 <= found["fizzstat_queue_oldest_seconds",] < 100
    assert sum(n for name, n in found.items() if name[0] == "fizzstat_queue_hits" and name[2] == "queued") == 2


def test_without_redis_the_dashboard_lives_and_is_not_ready(system: Start, server: RedisServer) -> None:
    one = system("embedded", server.url)
    client = dashboard(one)
    assert (client.get("/readyz").status_code, client.get("/readyz").json) == (200, {"ok": True, "redis": True, "store": True})
    server.kill()
    assert (client.get("/readyz").status_code, client.get("/readyz").json) == (503, {"ok": False, "redis": False, "store": True})
    assert client.get("/healthz").json == {"ok": True}
    found = samples(client.get("/metrics", headers=WITH_KEY).text)
    assert (found["fizzstat_redis_up",], found["fizzstat_store_up",]) == (0, 1)
    server.start()
    until(lambda: client.get("/readyz").status_code == 200, "the dashboard to be ready again")


def test_a_store_that_hangs_makes_the_dashboard_unready_within_seconds(system: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = dashboard(system(f"http://127.0.0.1:{silent.getsockname()[1]}"))
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json) == (503, {"ok": False, "redis": True, "store": False})
        assert client.get("/healthz").status_code == 200


# ── all of it


SECRETS = ("secret", "203.0.113.", KEY)


def test_a_whole_fizzstat_is_seen_and_its_logs_are_json_that_tells_nothing_of_visitors(tmp_path: Path) -> None:
    port = free_port()
    settings = {"metrics_key": KEY, "metrics_port": str(port), "log_format": "json", "log_level": "debug", "proxy_count": "1"}
    with FizzStat(tmp_path / "data", **settings) as fizzstat:
        for n in range(10):
            assert fizzstat.view(f"/{n}") == 202
        hostile(fizzstat)
        until(lambda: fizzstat.ledger()["stored"] >= 10, "the views to be stored")
        collected, behind = scrape(fizzstat.collector), scrape(fizzstat.dashboard)
        assert collected["fizzstat_collect_hits_total", "hit"] == behind["fizzstat_hits_received_total", "hit"] >= 10
        imported = until(
            lambda: (found := scrape(f"http://127.0.0.1:{port}"))["fizzstat_import_hits_total",] >= 10 and found, "the batches"
        )
        printed = {name for name, *_ in samples(fizzstat.fizzstat("metrics"))}
        assert printed == {name for name, *_ in (*collected, *imported, *behind)}
        for address in (fizzstat.collector, fizzstat.dashboard, f"http://127.0.0.1:{port}"):
            with pytest.raises(HTTPError, match="401"):
                scrape(address, {})
        for address in (fizzstat.collector, fizzstat.dashboard):
            with urlopen(f"{address}/readyz", timeout=10) as answer:
                assert json.load(answer)["ok"] is True
        salt = only_salt(fizzstat)
        assert fizzstat.stop() == 0

    services = set()
    for log in (tmp_path / "data" / "log").glob("*.log"):
        text = log.read_text(errors="replace")
        assert [secret for secret in (*SECRETS, salt, salt.encode().hex()) if secret in text] == [], log
        services |= {json.loads(line)["service.name"] for line in text.splitlines() if line.startswith('{"@timestamp"')}
    assert {"fizzstat-import"} <= services


def only_salt(fizzstat: FizzStat) -> str:
    with redis.Redis.from_url(redis_urls(load(fizzstat.environ, Path("/nowhere")))[0]) as client:
        (key,) = client.scan_iter("*:salt:*")
        salt = client.get(key)
        assert isinstance(salt, bytes)
        return salt.decode("latin-1")


def hostile(fizzstat: FizzStat) -> None:
    """Requests that are refused, broken, cut off, or that importers choke on; each with something that no log may hold."""
    port = int(fizzstat.environ["FIZZSTAT_COLLECT_PORT"])
    headers = {
        "User-Agent": f"{CHROME} secret-agent",
        "X-Forwarded-For": "203.0.113.66",
        "Authorization": "Bearer secret-key",
        "Cookie": "secret=cookie",
        "Referer": "https://secret-referrer.example/?secret-query",
    }
    bodies = (
        b'{"url":"https://shop.example/?secret-query=1#secret","title":"secret-title"}',
        b'{"url":"secret-url"}',
        b"secret-nonsense",
        b'{"url":"https://shop.example/","name":"' + b"secret" * 100 + b'"}',
        b'{"url":"http://a.example\\ud800secret/","data":{"secret":"\\ud800"}}',
        b"[" * 5000 + b"secret",
    )
    for sent in bodies:
        for path in ("/hit", "/event", "/nowhere?secret-query", "/metrics"):
            request(port, "POST", path, sent, headers)
    for path in ("/pixel.gif?url=https://shop.example/?secret-query", "/pixel.gif?secret-query", "/demo/secret-page?secret"):
        request(port, "GET", path, None, headers)
    request(int(fizzstat.environ["FIZZSTAT_DASHBOARD_PORT"]), "GET", "/secret-page?secret-query", None, headers)
    for raw in (
        b"SECRET secret\r\n\r\n",
        b"POST /hit?secret-query HTTP/1.1\r\nContent-Length: 99\r\n\r\n{secret",
        b"\0secret\xff" * 99,
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as wild:
            wild.sendall(raw)


def request(port: int, method: str, path: str, sent: bytes | None, headers: dict[str, str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        ask(connection, method, path, sent, headers)
    finally:
        connection.close()
