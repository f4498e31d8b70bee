"""`./fizzstat doctor` beside real servers that are as they should be, and that are not."""

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from elasticsearch import Elasticsearch
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from commands.checks.machine import fits
from hits.dead import DeadLetter
from hits.hit import decode
from hits.queue import Settlement
from tests.real.shell import Said, Shell
from tests.real.system import Start, System
from tests.real.test_cli import view
from tests.servers import RedisServer, until
from tests.website import Reply, Website


class Doctor:
    """What it says to a FizzStat: `found()` are (check, level), `said(check)` all that it says of one, and of what mends it."""

    def __init__(self, environ: dict[str, str], *arguments: str):
        self.run: Said = Shell(environ)("doctor", "--json", *arguments)
        told = json.loads(self.run.out)
        assert told["ok"] == (self.run.code == 0)
        self.checks: dict[str, Any] = {one["check"]: one for one in told["checks"]}

    def state(self, check: str) -> str:
        return str(self.checks[check]["state"])

    def said(self, check: str) -> str:
        return " ".join(f"{one['level']}: {one['sentence']} {one['mend']}" for one in self.checks[check]["findings"])

    def errors(self) -> set[str]:
        return {name for name, one in self.checks.items() if one["state"] == "error"}


@pytest.fixture
def importer(queue_only: System) -> System:
    """A FizzStat with an importer at work."""
    queue_only.start("import")
    until(lambda: queue_only.client.hlen(f"{queue_only.queue.prefix}:workers"), "an importer at work")
    return queue_only


@pytest.fixture
def queue_only(system: Start) -> System:
    return system("embedded")


def database(path: Path, built: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = MMDBWriter(6, "GeoLite2-City", ipv4_compatible=True)
    writer.insert_network(IPSet(["8.8.8.0/24"]), {"country_code": "DE"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: built)
        writer.to_db_file(str(path))


def test_a_fizzstat_that_is_well_has_no_error(importer: System) -> None:
    importer.take([view()])
    importer.imported()
    doctor = Doctor(importer.environ)
    assert doctor.errors() == set()
    assert {
        doctor.state(name) for name in ("redis answers", "redis keeps what it takes", "importers work", "store can be read")
    } == {"well"}
    assert "append-only file keeps addresses" in doctor.said("redis promises")
    people = Shell(importer.environ)("doctor", "--all")
    assert people.code == 0
    assert "Every hit that was received is accounted for." in people.out
    assert "with an error" not in people.out


def test_a_redis_that_loses_hits_is_found_with_the_command_that_mends_it(
    system: Start, redis_server: Callable[..., RedisServer]
) -> None:
    bad = redis_server(appendonly="no", maxmemory="3mb", maxmemory_policy="allkeys-lru", save="3600 1")
    one = system("embedded", redis_url=bad.url)
    doctor = Doctor(one.environ)
    assert doctor.run.code == 1
    assert {"redis keeps what it takes", "redis throws nothing away"} <= doctor.errors()
    assert "CONFIG SET appendonly yes" in doctor.said("redis keeps what it takes")
    assert "CONFIG SET maxmemory-policy noeviction" in doctor.said("redis throws nothing away")
    assert "snapshots" in doctor.said("redis promises")
    with bad.client() as client:
        client.config_set("maxmemory", client.info()["used_memory"] + 1000)
    assert "error: Redis uses" in Doctor(one.environ).said("redis has room")
    bad.kill()
    gone = Doctor(one.environ)
    assert "error: Redis is away" in gone.said("redis answers")
    assert gone.state("ledger balances") == "unknown"
    assert bad.url.removesuffix("/0") in gone.said("redis answers")


def test_servers_that_hang_are_told_of_within_seconds(system: Start, redis_server: Callable[..., RedisServer]) -> None:
    servers = [redis_server(), redis_server()]
    with socket.create_server(("127.0.0.1", 0)) as silent:  # a connection is made, and nobody answers
        one = system(f"http://127.0.0.1:{silent.getsockname()[1]}", redis_url=",".join(server.url for server in servers))
        one.queue.keep_all_partitions()
        for server in servers:
            server.freeze()
        began = time.monotonic()
        doctor = Doctor(one.environ)
        assert time.monotonic() - began < 15
        for server in servers:
            server.thaw()
    assert all(f"Redis is away at {server.url}" in doctor.said("redis answers") for server in servers)
    assert doctor.state("store answers") == "error"
    assert {doctor.state(name) for name in ("redis has room", "ledger balances", "importers work", "store is green")} == {
        "unknown"
    }


def test_a_replica_is_no_place_for_hits(system: Start, redis_server: Callable[..., RedisServer]) -> None:
    primary = redis_server()
    host, port = primary.url.removeprefix("redis://").removesuffix("/0").split(":")
    replica = redis_server(replicaof=f"{host} {port}")
    assert "is a replica" in Doctor(system("embedded", redis_url=replica.url).environ).said("redis answers")


def test_hits_that_nobody_imports_are_found(queue_only: System) -> None:
    queue_only.take([view(ago=7200)])
    doctor = Doctor(queue_only.environ)
    assert "No importer is at work" in doctor.said("importers work")
    assert "error: The oldest of 1 hits waits for 2 hours" in doctor.said("queue moves")


def test_hits_that_no_drain_brings_to_redis_are_found(queue_only: System) -> None:
    environ = {**queue_only.environ, "FIZZSTAT_SPOOL_LIMIT": "1"}
    queue_only.new_spool().write([b"0 0 {}" + b" " * 600_000])
    assert "error: The spool holds 586 KiB of 1 MiB" in Doctor(environ).said("spool is drained")


def test_dead_hits_and_a_ledger_that_a_hit_is_missing_in_are_found(queue_only: System) -> None:
    queue_only.take([view()])
    hit = next(entry for keys in queue_only.queue.partitions for entry in queue_only.client.lrange(keys.queue, 0, -1))
    keys = next(keys for keys in queue_only.queue.partitions if queue_only.client.llen(keys.queue))
    token = queue_only.queue.lease(keys.number, "me", 60)
    assert token
    queue_only.queue.claim(keys.number, token, 10)
    known = decode(hit)
    settlement = Settlement(
        now=1, empty_hand=True, dead={known.receipt: msgspec.json.encode(DeadLetter(receipt=known.receipt, reason="no", died=1))}
    )
    settlement.count(known.received, known.way, "dead", known.site)
    queue_only.queue.settle(keys.number, token, settlement)
    doctor = Doctor(queue_only.environ)
    assert "warning: 1 hits were refused for good" in doctor.said("no hit is dead")
    assert doctor.state("ledger balances") == "well"
    queue_only.client.delete(keys.dead)
    assert "error: The ledger is not balanced" in Doctor(queue_only.environ).said("ledger balances")


def test_elasticsearch_that_is_not_set_up_or_takes_nothing_is_found(
    system: Start, elasticsearch_url: str, index_prefix: str
) -> None:
    one = system(elasticsearch_url)
    environ = {**one.environ, "FIZZSTAT_INDEX_PREFIX": index_prefix}
    before = Doctor(environ)
    assert before.state("store answers") == "well"
    assert "error: There are no index templates for client, visit, view, event" in before.said("templates are up to date")
    assert "./fizzstat setup" in before.said("templates are up to date")

    assert Shell(environ)("setup").code == 0
    with Elasticsearch(elasticsearch_url) as client:
        name, old = (
            f"{index_prefix}-view",
            {"index_patterns": [f"{index_prefix}-view-*"], "priority": 200, "_meta": {"hash": "old"}},
        )
        client.indices.put_index_template(name=name, body=old)
        client.indices.create(index=f"{index_prefix}-view-2026.11", settings={"number_of_replicas": 3})
        client.indices.put_settings(index=f"{index_prefix}-view-2026.11", settings={"index.blocks.read_only_allow_delete": True})
    doctor = Doctor(environ)
    assert "warning: The index templates for view are of another version" in doctor.said("templates are up to date")
    assert "warning: Indices are yellow" in doctor.said("store is green")
    assert f"error: {index_prefix}-view-2026.11 can be read only" in doctor.said("store takes documents")
    assert {
        doctor.state("store is a version that is tested"),
        doctor.state("store clock is right"),
        doctor.state("shards are few"),
    } == {"well"}
    with Elasticsearch(elasticsearch_url) as client:
        client.indices.put_settings(index=f"{index_prefix}-view-2026.11", settings={"index.blocks.read_only_allow_delete": None})


def test_a_store_that_is_away_is_an_error_and_its_password_is_not_said(queue_only: System) -> None:
    doctor = Doctor({**queue_only.environ, "FIZZSTAT_STORE_URL": "http://me:passw0rd@127.0.0.1:9"})
    assert doctor.state("store answers") == "error"
    assert doctor.state("store is green") == "unknown"
    assert "passw0rd" not in doctor.run.out


def test_old_unreadable_and_unused_databases_of_places_are_found(queue_only: System) -> None:
    environ, fetched = queue_only.environ, queue_only.settings.data_dir / "geoip" / "places.mmdb"
    assert "note: There is no database of places" in Doctor(environ).said("places are known")
    database(fetched, time.time() - 50 * 86400)
    assert Doctor(environ).state("places are known") == "well"
    assert "50 days ago" in Doctor(environ).said("places are of today")
    assert "fetched is not used" in Doctor({**environ, "FIZZSTAT_GEOIP_DB": str(fetched)}).said("places are known")
    fetched.write_bytes(b"none")
    assert "error: " in Doctor(environ).said("places are known")


def test_settings_that_do_not_fit_together_are_found(queue_only: System) -> None:
    doctor = Doctor(
        {
            **queue_only.environ,
            "FIZZSTAT_BIND": "0.0.0.0",
            "FIZZSTAT_PROXY_COUNT": "1",
            "FIZZSTAT_STORE_API_KEY": "key",
            "FIZZSTAT_MAXMIND_KEY": "key",
            "FIZZSTAT_IDENTITY": "permanent",
            "FIZZSTAT_STORE_URL": "embedded",
        }
    )
    assert "FIZZSTAT_STORE_API_KEY is set" in doctor.said("settings fit together")
    assert "FIZZSTAT_MAXMIND_ACCOUNT" in doctor.said("settings fit together")
    assert "must agree" in doctor.said("settings fit together")
    assert "may say any address in X-Forwarded-For" in doctor.said("what the network reaches is meant")


def test_a_port_that_another_program_has_is_found(queue_only: System) -> None:
    with Website() as other:
        port = other.url.rpartition(":")[2]
        doctor = Doctor({**queue_only.environ, "FIZZSTAT_COLLECT_PORT": port, "FIZZSTAT_DASHBOARD_PORT": "9"})
    assert f"127.0.0.1:{port} is no collector (/healthz answers 404)" in doctor.said("ports are fizzstats")
    assert "note: No dashboard listens on 127.0.0.1:9" in doctor.said("ports are fizzstats")


@pytest.mark.parametrize(
    ("forwarded", "proxies", "sentence"),
    [(1, 0, "FIZZSTAT_PROXY_COUNT=1"), (0, 1, "let every proxy add to X-Forwarded-For"), (1, 1, "")],
)
def test_proxies_that_are_not_counted_are_found_from_outside(
    queue_only: System, forwarded: int, proxies: int, sentence: str
) -> None:
    ready = json.dumps({"ok": True, "forwarded": forwarded, "proxies": proxies}).encode()
    with Website({"/tracker.js": b"!", "/readyz": lambda request: Reply(body=ready)}) as proxy:
        doctor = Doctor(queue_only.environ, "--url", proxy.url)
    assert sentence in doctor.said("proxies are counted")
    assert doctor.state("proxies are counted") == ("error" if sentence else "well")
    assert "is without HTTPS" in doctor.said("browsers reach the collector")


@pytest.mark.parametrize(("signs", "state"), [("headless", "warning"), ("headless,no_language", "error")])
def test_a_proxy_that_takes_the_language_away_is_found_from_outside(queue_only: System, signs: str, state: str) -> None:
    def ready(kept: bool) -> Callable[[Any], Reply]:
        told = {"ok": True, "forwarded": 0, "proxies": 0}
        return lambda request: Reply(
            body=json.dumps({**told, "language": kept and "Accept-Language" in request.headers}).encode()
        )

    found = []
    for kept in (True, False):
        with Website({"/tracker.js": b"!", "/readyz": ready(kept)}) as proxy:
            doctor = Doctor({**queue_only.environ, "FIZZSTAT_BOT_SIGNS": signs}, "--url", proxy.url)
        found.append(doctor.state("headers come through"))
    assert found == ["well", state]
    assert "takes Accept-Language away" in doctor.said("headers come through")


@pytest.mark.parametrize(
    ("there", "operator", "wanted", "fit"),
    [
        ("8.1.3", "~=", "8.1", True),
        ("8.2", "~=", "8.1", True),
        ("9.0", "~=", "8.1", False),
        ("8.0.9", "~=", "8.1", False),
        ("0.27.1", "~=", "0.27.0", True),
        ("0.28.0", "~=", "0.27.0", False),
        ("2.0.30.post1", "~=", "2.0.30", True),
        ("8.20", ">=", "8.19", True),
    ],
)
def test_versions_are_compared_as_pip_does(there: str, operator: str, wanted: str, fit: bool) -> None:
    assert fits(there, operator, wanted) is fit
