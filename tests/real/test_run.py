"""`make run` and `./fizzstat run`, for real: every process, its start, its end, and what is said when it cannot be."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.running import CHROME, Browser, FizzStat, fetch, kill, pss
from tests.servers import ROOT, RedisServer, until

MIB = 1 << 20


def stored(fizzstat: FizzStat, *paths: str) -> None:
    """Wait until these pages' views are stored, each once, and the ledger knows where every hit is."""
    until(lambda: fizzstat.ledger()["stored"] >= len(paths), f"{len(paths)} views to be stored")
    assert sorted(view["url"]["path"] for view in fizzstat.documents("view")) == sorted(paths)
    assert fizzstat.ledger()["balanced"]


def test_a_hit_is_stored_and_found_again_after_a_restart(tmp_path: Path) -> None:
    with FizzStat(tmp_path / "data") as fizzstat:
        assert f'src="{fizzstat.collector}/tracker.js"' in fizzstat.said()
        assert f"{fizzstat.collector}/demo" in fizzstat.said()
        assert f"{fizzstat.dashboard}/" in fizzstat.said()
        assert b"tracker.js" in fetch(f"{fizzstat.collector}/demo")[1]
        assert fetch(f"{fizzstat.collector}/tracker.js")[0] == 200

        assert fizzstat.view("/first") == 202
        stored(fizzstat, "/first")
        token = re.search(r"Token +(\S+)", fizzstat.said())
        assert token
        browser = Browser(fizzstat.dashboard)
        assert browser.send("/first", token=token[1], name="ann", password="a long password") == "/sites"
        assert "shop.example" in browser.page("/sites")
        assert "/first" in browser.page("/ledger")

        assert fizzstat.stop() == 0
        fizzstat.start()
        stored(fizzstat, "/first")
        assert "Token" not in fizzstat.said()
        assert "/first" in browser.page("/ledger")
        assert Browser(fizzstat.dashboard).send("/sign-in", name="ann", password="a long password") == "/sites"
        assert fizzstat.view("/second") == 202
        stored(fizzstat, "/first", "/second")
        assert [visit["visit"]["pages"] for visit in fizzstat.documents("visit")] == [["/first", "/second"]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_stops_everything_and_nothing_is_lost(tmp_path: Path, number: signal.Signals) -> None:
    with FizzStat(tmp_path / "data") as fizzstat:
        assert fizzstat.view("/last") == 202
        assert fizzstat.stop(number) == 0
        assert fizzstat.processes() == {}

        fizzstat.start()
        stored(fizzstat, "/last")


def test_a_hit_that_is_half_sent_when_it_stops_is_taken(tmp_path: Path) -> None:
    with FizzStat(tmp_path / "data") as fizzstat:
        body = b'{"url": "https://shop.example/slow"}'
        said = f"User-Agent: {CHROME}\r\nAccept-Language: en\r\nContent-Length: {len(body)}\r\n"
        head = f"POST /hit HTTP/1.1\r\nHost: x\r\n{said}\r\n".encode()
        with socket.create_connection(("127.0.0.1", int(fizzstat.environ["FIZZSTAT_COLLECT_PORT"])), timeout=30) as slow:
            slow.sendall(head + body[:10])
            assert fizzstat.process
            before = pids_of(fizzstat, "uwsgi.ini:collect")
            fizzstat.process.terminate()
            until(lambda: pids_of(fizzstat, "uwsgi.ini:collect") < before, "the idle process of the collector to end")
            slow.sendall(body[10:])
            assert slow.recv(1000).startswith(b"HTTP/1.1 202 ")
        assert fizzstat.wait() == 0
        fizzstat.start()
        stored(fizzstat, "/slow")


def test_ctrl_c_stops_make_run(tmp_path: Path) -> None:
    with FizzStat(tmp_path / "data", ("make", "run")) as fizzstat:
        assert fizzstat.process
        os.killpg(fizzstat.process.pid, signal.SIGINT)  # as a terminal does: all processes in front get it
        fizzstat.wait()
        assert fizzstat.processes() == {}
        assert "Traceback" not in fizzstat.said()


def test_sigterm_stops_make_run(tmp_path: Path) -> None:
    with FizzStat(tmp_path / "data", ("make", "run")) as fizzstat:
        fizzstat.stop(signal.SIGTERM)
        assert fizzstat.processes() == {}
        assert "Traceback" not in fizzstat.said()


def test_a_second_run_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with FizzStat(tmp_path / "data") as first:
        assert first.process
        second = FizzStat(tmp_path / "data")
        refusal = run_in_vain(second)
        assert f"Another FizzStat (process {first.process.pid}) is running on {tmp_path / 'data'}" in refusal
        assert first.view("/still-there") == 202
        stored(first, "/still-there")


def run_in_vain(fizzstat: FizzStat) -> str:
    """What a run says that ends with exit status 1, and nothing left."""
    run = subprocess.run(fizzstat.command, cwd=ROOT, env=fizzstat.environ, capture_output=True, text=True, timeout=60)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    return run.stderr


@pytest.mark.parametrize("setting", ["FIZZSTAT_COLLECT_PORT", "FIZZSTAT_DASHBOARD_PORT"])
def test_a_taken_port_is_named_with_the_setting_to_change(tmp_path: Path, setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        fizzstat = FizzStat(tmp_path / "data")
        port = fizzstat.environ[setting] = str(other.getsockname()[1])
        refusal = run_in_vain(fizzstat)
    assert f"Port {port} on 127.0.0.1 is taken" in refusal
    assert f"{setting}=" in refusal
    assert fizzstat.processes() == {}


def test_a_data_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    refusal = run_in_vain(FizzStat(tmp_path / "file" / "data"))
    assert str(tmp_path / "file") in refusal
    assert "FIZZSTAT_DATA_DIR" in refusal


def test_a_data_folder_that_supervisor_could_not_read_is_refused(tmp_path: Path) -> None:
    assert "takes no path with %" in run_in_vain(FizzStat(tmp_path / "100 %"))


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    assert "FIZZSTAT_BIND takes an address of this machine" in run_in_vain(FizzStat(tmp_path / "data", bind="192.0.2.1"))


def test_a_long_data_folder_with_spaces_will_do(tmp_path: Path) -> None:
    with FizzStat(tmp_path / ("a löng name " * 15).strip()) as fizzstat:
        assert fizzstat.view("/long") == 202
        stored(fizzstat, "/long")
        assert fizzstat.stop() == 0
        assert fizzstat.processes() == {}


def test_whoever_is_killed_is_started_again_and_no_hit_is_lost(tmp_path: Path) -> None:
    with FizzStat(tmp_path / "data") as fizzstat:
        paths = []
        for part in ("valkey-server", "cli.py import", "uwsgi.ini:dashboard", "uwsgi.ini:collect", "cli.py drain"):
            before = until(lambda: pids_of(fizzstat, part), f"{part} to run")  # noqa: B023
            kill(min(before))  # of uWSGI the master
            until(lambda: replaced(fizzstat, part, before), f"{part} to be started again")  # noqa: B023
            until(lambda: answers(fizzstat.collector), f"the collector to answer after {part} was killed")
            paths.append(f"/{part.split()[-1]}")
            assert fizzstat.view(paths[-1]) == 202
        until(lambda: answers(fizzstat.dashboard), "the dashboard to answer")
        until(lambda: fizzstat.ledger()["spooled"] == 0, "the spool to be drained")
        stored(fizzstat, *paths)
        assert fizzstat.stop() == 0
        assert fizzstat.processes() == {}


def pids_of(fizzstat: FizzStat, part: str) -> set[int]:
    """The processes with this in their command line."""
    return {pid for pid, command in fizzstat.processes().items() if part in command}


def replaced(fizzstat: FizzStat, part: str, before: set[int]) -> bool:
    now = pids_of(fizzstat, part)
    return bool(now) and not now & before


def answers(address: str) -> bool:
    try:
        return fetch(f"{address}/healthz")[0] == 200
    except (OSError, HTTPException):
        return False


def test_nothing_lives_on_when_run_itself_is_killed(tmp_path: Path) -> None:
    with FizzStat(tmp_path / "data") as fizzstat:
        assert fizzstat.view("/before") == 202
        fizzstat.stop(signal.SIGKILL)
        fizzstat.start()  # it waits for what is about to end
        stored(fizzstat, "/before")


def test_nothing_lives_on_when_supervisor_is_killed(tmp_path: Path) -> None:
    with FizzStat(tmp_path / "data") as fizzstat:
        kill(min(pids_of(fizzstat, "supervisord")))
        assert fizzstat.wait() == 1
        assert "supervisor ended" in fizzstat.said()
        assert fizzstat.processes() == {}


def test_it_runs_with_a_redis_and_an_elasticsearch_of_ones_own(
    tmp_path: Path, redis_server: Callable[..., RedisServer], elasticsearch_9: str, index_prefix: str
) -> None:
    own = FizzStat(tmp_path / "data", redis_url=redis_server().url, store_url=elasticsearch_9, index_prefix=index_prefix)
    with own as fizzstat:
        assert not [command for command in fizzstat.processes().values() if "valkey" in command]
        assert fizzstat.view("/elastic") == 202
        stored(fizzstat, "/elastic")
        assert fizzstat.stop() == 0
        assert fizzstat.processes() == {}


def test_idle_it_takes_less_than_350_mib(tmp_path: Path) -> None:
    with FizzStat(tmp_path / "data") as fizzstat:
        assert fizzstat.view("/one") == 202
        stored(fizzstat, "/one")
        assert sum(pss(pid) for pid in fizzstat.processes()) < 350 * MIB


def test_the_data_folder_is_its_owners_alone(tmp_path: Path) -> None:
    with FizzStat(tmp_path / "data") as fizzstat:
        assert fizzstat.view("/private") == 202
        stored(fizzstat, "/private")
        open_to_others = [path for path in (tmp_path / "data").rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
        assert open_to_others == []


def test_the_command_works_from_any_folder_and_through_links(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(ROOT / "fizzstat")
    run = subprocess.run([tmp_path / "link", "env", "--json"], cwd="/", capture_output=True, text=True, timeout=30)
    assert json.loads(run.stdout)


def test_without_an_installation_the_command_says_what_to_do(tmp_path: Path) -> None:
    shutil.copy(ROOT / "fizzstat", tmp_path)
    run = subprocess.run([tmp_path / "fizzstat", "status"], capture_output=True, text=True, timeout=30)
    assert run.returncode == 1
    assert f"make -C '{tmp_path}'" in run.stderr


@pytest.mark.parametrize(
    ("python", "sentence"),
    [
        ("exit 1", "needs Python 3.11 or later"),
        ('case "$*" in *ensurepip*) exit 1; esac; exec python3 "$@"', "apt-get install -y python3"),
    ],
    ids=["too old", "without venv"],
)
def test_a_python_that_will_not_do_is_said_with_what_mends_it(tmp_path: Path, python: str, sentence: str) -> None:
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "deploy" / "venv", tmp_path / "deploy")
    stub = tmp_path / "python"
    stub.write_text(f"#!/bin/sh\n{python}\n")
    stub.chmod(0o755)
    run = subprocess.run(
        [tmp_path / "deploy" / "venv", "requirements.txt", ".venv/ready"],
        env={**os.environ, "PYTHON": str(stub)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 1
    assert sentence in run.stderr
