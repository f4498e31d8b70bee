"""The commands as a user runs them, on a real Redis and both stores: shapes exactly as CONTRACT.md has them."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import msgspec
import pytest

from hits.dead import DeadLetter
from hits.hit import Hit, encode
from hits.queue import Settlement
from importer.document import iso
from importer.facts import Drop, Facts
from store import open_store
from store.base import Document
from tests.real.shell import Shell
from tests.real.system import Start, System
from tests.servers import RedisServer, free_port, until

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
SHAPE = ["received", "stored", "dropped", "queued", "in_hand", "dead", "balanced", "spooled", "by_way"]
receipts = count(1)


def view(site: str = "a.example", path: str = "/", way: str = "hit", agent: str = CHROME, ago: int = 0, **fields: object) -> Hit:
    n, now = next(receipts), time.time_ns() // 1_000_000
    given = {"id": f"id{n}", "view": f"view{n}", "url": f"https://{site}{path}", "ip": "203.0.113.9", "language": "en", **fields}
    return Hit(receipt=f"{n:032x}", received=now - ago * 1000, way=way, kind="view", site=site, agent=agent, **given)  # type: ignore[arg-type]


@pytest.fixture
def one(system: Start, store_url: str) -> System:
    """On each store."""
    return system(store_url)


@pytest.fixture
def queue_only(system: Start) -> System:
    """Where the store does not matter."""
    return system("embedded")


@contextmanager
def running(shell: Shell, command: str) -> Iterator["subprocess.Popen[str]"]:
    """A daemon, that ends well when it is told to."""
    with shell.start(command) as process:
        try:
            yield process
            process.terminate()
            assert process.wait(30) == 0
        finally:
            process.kill()


def _workers(shell: Shell) -> bool:
    said = shell("status", "--json")
    return said.code == 0 and bool(json.loads(said.out)["workers"])


@pytest.fixture
def importer(one: System) -> Iterator["subprocess.Popen[str]"]:
    shell = Shell(one.environ)
    with running(shell, "import") as process:
        until(lambda: _workers(shell), "an importer at work")
        yield process


# ── the ledger


def test_the_ledger_has_its_shape_and_balances(queue_only: System) -> None:
    queue_only.take([view(), view(way="pixel")])
    found = Shell(queue_only.environ)("ledger", "--json").json
    assert list(found) == SHAPE
    assert found == {
        "received": 2,
        "stored": 0,
        "dropped": {},
        "queued": 2,
        "in_hand": 0,
        "dead": 0,
        "balanced": True,
        "spooled": 0,
        "by_way": {"hit": 1, "pixel": 1},
    }


def test_the_ledger_of_a_site_or_a_day_counts_those_alone(queue_only: System) -> None:
    fizzstat = Shell(queue_only.environ)
    queue_only.take([view("a.example"), view("b.example"), view("b.example")])
    fizzstat("sites", "add", "b.example", "--host", "c.example")
    assert fizzstat("ledger", "--json", "--site", "b.example").json["received"] == 2
    assert fizzstat("ledger", "--json", "--site", "www.C.example").json["received"] == 2
    today = time.strftime("%Y-%m-%d", time.gmtime())
    assert fizzstat("ledger", "--json", "--day", today).json["received"] == 3
    assert fizzstat("ledger", "--json", "--day", "2020-01-01").json["received"] == 0
    assert "does not match" in fizzstat("ledger", "--day", "yesterday").err


def test_spooled_hits_stand_beside_the_ledger(queue_only: System, redis_server: Callable[..., RedisServer]) -> None:
    gone = redis_server()
    queue_only.new_spool().write([b"0 0 {}", b"1 0 {}"])
    found = Shell(queue_only.environ)("ledger", "--json").json
    assert (found["spooled"], found["received"], found["balanced"]) == (2, 0, True)
    assert "2 hits wait in the spool" in Shell(queue_only.environ)("ledger").out
    gone.kill()
    said = Shell({**queue_only.environ, "FIZZSTAT_REDIS_URL": gone.url})("status")
    assert "spool" in said.out
    assert "14 bytes" in said.out


def test_people_read_why_hits_were_dropped(one: System, importer: object) -> None:
    again = view()
    one.take([again, view(agent="Googlebot/2.1 (+http://www.google.com/bot.html)"), again])
    one.imported()
    text = " ".join(Shell(one.environ)("ledger").out.split())
    for said in ("bot", Drop.BOT.sentence, "repeat", Drop.REPEAT.sentence, "Balanced."):
        assert said in text
    found = Shell(one.environ)("ledger", "--json").json
    assert (found["stored"], found["dropped"]) == (1, {"bot": 1, "repeat": 1})


# ── status


def test_status_has_its_shape(one: System, importer: object) -> None:
    one.take([view(), view(path="/b")])
    one.imported()
    shell = Shell(one.environ)
    until(lambda: shell("status", "--json").json["workers"][0]["imported"] == 2, "the importer's next sign of life")
    found = shell("status", "--json").json
    assert list(found) == ["redis", "store", "workers", "ledger"]
    assert found["redis"]["ok"] is True
    assert found["store"]["documents"] == {"client": 1, "visit": 1, "view": 2, "event": 0}
    assert found["store"]["url"].startswith("embedded" if one.settings.store_url == "embedded" else one.settings.store_url)
    (worker,) = found["workers"]
    assert worker["partitions"] == [0, 1]
    assert list(found["ledger"]) == SHAPE
    assert (found["ledger"]["stored"], found["ledger"]["balanced"]) == (2, True)
    text = Shell(one.environ)("status").out
    for said in ("Redis", "is well", "2 of 2", "Balanced."):
        assert said in text


def test_status_says_that_no_importer_is_at_work(queue_only: System) -> None:
    assert "No importer is at work" in Shell(queue_only.environ)("status").out


def test_status_says_how_a_redis_could_lose_hits(queue_only: System, redis_server: Callable[..., RedisServer]) -> None:
    careless = redis_server(appendonly="no", maxmemory_policy="allkeys-lru")
    text = Shell({**queue_only.environ, "FIZZSTAT_REDIS_URL": careless.url})("status").out
    assert "set appendonly yes" in text
    assert "set maxmemory-policy noeviction" in text
    text = Shell(queue_only.environ)("status").out
    assert "appendonly" not in text
    assert "noeviction" not in text


# ── show


def test_documents_are_shown_one_a_line_the_newest_first(one: System, importer: object) -> None:
    one.take([view(path=f"/{n}", ago=60 - n) for n in range(30)] + [view("b.example")])
    one.imported()
    fizzstat = Shell(one.environ)
    of_a = fizzstat("show", "view", "--site", "a.example").lines
    assert [document["url"]["path"] for document in of_a] == [f"/{n}" for n in range(29, 9, -1)]
    assert list(of_a[0])[:2] == ["_id", "_index"]
    assert of_a[0]["_index"].startswith(f"{one.settings.index_prefix}-view-")
    assert of_a[0]["client"]["id"]
    assert len(fizzstat("show", "view", "--last", "100").lines) == 31
    assert len(fizzstat("show", "view", "--last", "2").lines) == 2
    assert fizzstat("show", "view", "--last", "0").out == ""
    assert fizzstat("show", "event").out == ""
    assert len(fizzstat("show", "visit", "--site", "b.example").lines) == 1


def test_show_goes_past_ten_thousand_and_stops_when_nobody_reads_on(one: System) -> None:
    n, start = 10_050, 1_795_608_000_000
    store = open_store(one.settings, write=True)
    store.setup()
    for first in range(0, n, 1000):
        store.create([_bare_view(one, at, start + at) for at in range(first, min(n, first + 1000))])
    store.flush()
    store.refresh()
    store.close()
    fizzstat = Shell(one.environ)
    shown = fizzstat("show", "view", "--last", "10040").lines
    assert [int(document["_id"]) for document in shown] == list(range(n - 1, n - 10_041, -1))
    with fizzstat.start("show", "view", "--last", "20000") as process:
        assert process.stdout
        assert process.stderr
        assert json.loads(process.stdout.readline())["_id"] == f"{n - 1:032d}"
        process.stdout.close()
        assert process.wait(60) == 0
        assert process.stderr.read() == ""


def _bare_view(one: System, number: int, time: int) -> Document:
    source = {"@timestamp": iso(time), "site": "a.example", "url": {"path": "/"}, "hit": {"way": "hit"}}
    return Document("view", f"{one.settings.index_prefix}-view-2026.11", f"{number:032d}", json.dumps(source).encode())


def test_hostile_text_in_documents_cannot_command_a_terminal(one: System, importer: object) -> None:
    one.take([view(title="a\x1b[2J\x9b31m\u202eb\u2028c")])
    one.imported()
    said = Shell(one.environ)("show", "view")
    assert all(char.isprintable() for char in said.out.removesuffix("\n"))
    assert len(said.lines) == 1


def test_a_kind_that_is_none_is_refused_by_its_name(queue_only: System) -> None:
    said = Shell(queue_only.environ)("show", "cookie")
    assert said.code == 2
    assert "'cookie' is not one of" in said.err


# ── sites


def test_a_site_that_only_hits_have_named_is_listed(queue_only: System) -> None:
    fizzstat = Shell(queue_only.environ)
    queue_only.take([view("seen.example")])
    assert [site["id"] for site in fizzstat("sites", "list", "--json").json] == ["seen.example"]
    assert fizzstat("sites", "drop", "seen.example").code == 0
    assert fizzstat("sites", "list", "--json").json == []
    queue_only.take([view("seen.example")])
    assert [site["id"] for site in fizzstat("sites", "list", "--json").json] == ["seen.example"]


def test_a_site_that_only_hits_have_named_can_be_changed_at_once(queue_only: System) -> None:
    fizzstat = Shell(queue_only.environ)
    queue_only.take([view("seen.example")])
    assert fizzstat("sites", "set", "seen.example", "--name", "Seen").code == 0
    assert [(site["id"], site["name"]) for site in fizzstat("sites", "list", "--json").json] == [("seen.example", "Seen")]


# ── dead letters


def bury(one: System, receipt: str, site: str = "a.example") -> None:
    """A hit that arrived and was refused, as an importer settles it."""
    now = time.time_ns() // 1_000_000
    facts = Facts(id=receipt, receipt=receipt, kind="view", way="hit", site=site, time=now, received=now, clients=("ab" * 16,))
    facts.domain, facts.path, facts.view = site, "/dead", receipt
    facts.traffic = {"channel": "Direct"}
    letter = DeadLetter(receipt=receipt, reason="too \x1b[1mlong", died=now, received=now, way="hit", site=site)
    letter.facts = msgspec.Raw(msgspec.json.encode(facts))
    settlement = Settlement(now=now, dead={receipt: msgspec.json.encode(letter)})
    settlement.count(now, "hit", "received", site)
    settlement.count(now, "hit", "dead", site)
    token = one.queue.lease(0, "test", 5)
    assert token
    one.queue.settle(0, token, settlement)
    one.queue.release(0, "test")


def test_dead_hits_are_listed_and_shown(queue_only: System) -> None:
    fizzstat = Shell(queue_only.environ)
    assert fizzstat("dead", "list", "--json").json == []
    assert "No hit is dead" in fizzstat("dead", "list").out
    bury(queue_only, "a1")
    bury(queue_only, "b2", "b.example")
    assert [letter["receipt"] for letter in fizzstat("dead", "list", "--json").json] == ["a1", "b2"]
    assert [letter["receipt"] for letter in fizzstat("dead", "list", "--json", "--site", "b.example").json] == ["b2"]
    listed = fizzstat("dead", "list").out
    assert "a1" in listed
    assert "\x1b" not in listed
    shown = fizzstat("dead", "show", "a1").json
    assert (shown["receipt"], shown["reason"], shown["facts"]["path"]) == ("a1", "too \x1b[1mlong", "/dead")
    assert fizzstat("ledger", "--json").json["dead"] == 2
    assert "no dead hit 'c3'" in fizzstat("dead", "show", "c3").sentence
    assert fizzstat("dead", "drop").code == 2
    assert fizzstat("dead", "drop", "a1", "--all").code == 2


def test_dead_hits_are_retried_and_dropped(one: System) -> None:
    fizzstat = Shell(one.environ)
    for receipt in ("a1", "b2", "c3"):
        bury(one, receipt)
    with running(fizzstat, "import"):
        said = fizzstat("dead", "retry", "a1")
        assert (said.code, said.err) == (0, "")
        assert "1 dead hits" in said.out
        assert fizzstat("dead", "drop", "b2").code == 0
        assert [letter["receipt"] for letter in fizzstat("dead", "list", "--json").json] == ["c3"]
        assert fizzstat("dead", "drop", "--all").code == 0
        found = one.imported()
    assert (found.received, found.stored, found.dropped, found.dead, found.balanced) == (3, 1, {"discarded": 2}, 0, True)
    assert [document["url"]["path"] for document in fizzstat("show", "view").lines] == ["/dead"]


# ── erase


def test_a_client_and_a_site_are_erased(one: System, importer: object) -> None:
    one.take([view("a.example"), view("a.example", ip="203.0.113.10"), view("b.example")])
    one.imported()
    fizzstat = Shell(one.environ)
    first, second = (document["client"]["id"] for document in fizzstat("show", "client", "--site", "a.example").lines)
    said = fizzstat("erase", "client", first)
    assert (said.code, said.err) == (0, "")
    assert "Done" in said.out
    for kind in ("client", "visit", "view"):
        assert [document["client"]["id"] for document in fizzstat("show", kind, "--site", "a.example").lines] == [second]
    said = fizzstat("erase", "site", "a.example", "--no-wait")
    order = said.out.split()[1]
    assert "Done" in fizzstat("erase", "wait", order).out
    for kind in ("client", "visit", "view"):
        assert [document["site"] for document in fizzstat("show", kind).lines] == ["b.example"]


def test_an_order_waits_for_an_importer_and_says_so(queue_only: System) -> None:
    bury(queue_only, "a1", "a.example")
    fizzstat = Shell({**queue_only.environ, "PYTHONUNBUFFERED": "1"})
    with fizzstat.start("erase", "site", "a.example") as waiting:
        try:
            assert waiting.stdout
            assert "No importer is at work" in waiting.stdout.readline()
            with running(fizzstat, "import"):
                assert waiting.wait(30) == 0
        finally:
            waiting.kill()


def test_what_cannot_be_erased_is_one_sentence(queue_only: System) -> None:
    fizzstat = Shell(queue_only.environ)
    assert "32 hexadecimal digits" in fizzstat("erase", "client", "me").err
    assert "No hit of a site nosuch.example" in fizzstat("erase", "site", "nosuch.example").sentence
    assert "There is no order" in fizzstat("erase", "wait", "nothing").sentence


# ── services, setup and what goes wrong


def test_setup_makes_the_store_ready_and_may_be_repeated(one: System) -> None:
    fizzstat = Shell(one.environ)
    for _ in range(2):
        said = fizzstat("setup")
        assert (said.code, said.err) == (0, "")
        assert "The store is ready" in said.out
    assert fizzstat("show", "view").out == ""


@pytest.mark.parametrize("command", ["import", "drain"])
def test_a_daemon_ends_well_when_it_is_told_to(queue_only: System, command: str) -> None:
    with running(Shell(queue_only.environ), command):
        if command == "import":
            until(lambda: _workers(Shell(queue_only.environ)), "an importer at work")
        else:
            until(lambda: (queue_only.settings.data_dir / "spool" / "drain.lock").exists(), "the drain")


def test_the_drain_queues_what_was_spooled(queue_only: System) -> None:
    queue_only.new_spool().write([b"0 0 " + encode(view())])
    with running(Shell(queue_only.environ), "drain"):
        until(lambda: queue_only.ledger().received == 1, "the drain")


COMMANDS = [
    ["ledger"],
    ["ledger", "--json"],
    ["dead", "list"],
    ["dead", "retry", "--all"],
    ["erase", "site", "a.example"],
    ["keys", "add", "shop"],
    ["sites", "add", "a.example"],
    ["status"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_redis_away_is_one_sentence(queue_only: System, command: list[str]) -> None:
    environ = {**queue_only.environ, "FIZZSTAT_REDIS_URL": f"redis://:hidden@127.0.0.1:{free_port()}"}
    said = Shell(environ)(*command)
    assert said.code == 1
    assert said.sentence.startswith("Error: Redis is away at redis://***@127.0.0.1")
    assert "hidden" not in said.out + said.err


def test_the_private_redis_away_says_what_starts_it(queue_only: System) -> None:
    environ = {name: value for name, value in queue_only.environ.items() if name != "FIZZSTAT_REDIS_URL"}
    assert "./fizzstat run" in Shell(environ)("ledger").sentence


@pytest.mark.parametrize("command", [["show", "view"], ["setup"], ["status"]], ids=" ".join)
def test_the_store_away_is_one_sentence(queue_only: System, command: list[str]) -> None:
    environ = {**queue_only.environ, "FIZZSTAT_STORE_URL": f"http://u:hidden@127.0.0.1:{free_port()}"}
    said = Shell(environ)(*command)
    assert said.code == 1
    assert "The store is away at http://***@127.0.0.1" in said.sentence
    assert "hidden" not in said.out + said.err


def test_status_as_json_says_what_is_away(queue_only: System) -> None:
    port = free_port()
    environ = {
        **queue_only.environ,
        "FIZZSTAT_REDIS_URL": f"redis://127.0.0.1:{port}",
        "FIZZSTAT_STORE_URL": f"http://127.0.0.1:{port}",
    }
    said = Shell(environ)("status", "--json")
    found = json.loads(said.out)
    assert said.code == 1
    assert (found["redis"]["ok"], found["store"]["ok"], found["workers"], found["ledger"]) == (False, False, [], None)


def test_a_setting_that_cannot_be_used_is_one_sentence_that_names_it(queue_only: System) -> None:
    environ = {**queue_only.environ, "FIZZSTAT_PARTITIONS": "many"}
    for command in ("env", "ledger", "import", "run", "collect", "dashboard"):
        assert "FIZZSTAT_PARTITIONS takes a number from 1 to 256" in Shell(environ)(command).sentence


def test_env_shows_settings_and_where_they_came_from(queue_only: System, tmp_path: Path) -> None:
    said = Shell({**queue_only.environ, "FIZZSTAT_STORE_API_KEY": "hidden"})("env", "--json")
    rows = {row["name"]: row for row in said.json}
    assert rows["FIZZSTAT_PARTITIONS"] == {
        "name": "FIZZSTAT_PARTITIONS",
        "value": "2",
        "from": "environment",
        "help": rows["FIZZSTAT_PARTITIONS"]["help"],
    }
    assert rows["FIZZSTAT_KEEP_BOTS"]["from"] == "default"
    assert "hidden" not in said.out
    assert "FIZZSTAT_PARTITIONS" in Shell(queue_only.environ)("env").out


def test_help_is_given_even_with_settings_that_cannot_be_used(queue_only: System) -> None:
    said = Shell({**queue_only.environ, "FIZZSTAT_PARTITIONS": "many"})("show", "--help")
    assert said.code == 0
    assert "newest first" in said.out
