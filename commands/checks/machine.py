"""Is this machine as FizzStat needs it?"""

import http.client
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from commands.checks.finding import Finding, Ward, error, note, warning
from hits.redis import redis_errors
from settings import HOME

OFF, FAR_OFF = 2.0, 60.0  # seconds between clocks
LISTENING = {"0.0.0.0": "127.0.0.1", "[::]": "::1"}


def clock_is_right(ward: Ward) -> Iterator[Finding]:
    """This machine's clock and Redis's agree."""
    for one in ward.redis:
        before = ward.now()
        with redis_errors(one.client):
            seconds, micros = one.client.time()
        off = (before + ward.now()) / 2 - seconds - micros / 1e6
        if abs(off) > OFF:
            who = f"{ward.named(one)}: its clock and this machine's are {off:+.1f} s apart"
            said = f"{who}, so hits get the wrong time, and leases may be lost."
            yield error(said, "timedatectl set-ntp true") if abs(off) > FAR_OFF else warning(said, "timedatectl set-ntp true")


def ports_are_fizzstats(ward: Ward) -> Iterator[Finding]:
    """The collector and the dashboard listen on their ports, and nobody else does."""
    host = LISTENING.get(ward.settings.bind, ward.settings.bind.strip("[]"))
    for part, port in (("collector", ward.settings.collect_port), ("dashboard", ward.settings.dashboard_port)):
        variable = f"FIZZSTAT_{'COLLECT' if part == 'collector' else 'DASHBOARD'}_PORT"
        try:
            status = _status(host, port)
        except ConnectionRefusedError:
            yield note(f"No {part} listens on {host}:{port}.", f"./fizzstat {'collect' if part == 'collector' else part}, or run")
        except (OSError, http.client.HTTPException) as wrong:
            yield error(
                f"What listens on {host}:{port} is no {part}, or hangs: {wrong or type(wrong).__name__}.", f"{variable}=…"
            )
        else:
            if status != 200:
                yield error(f"What listens on {host}:{port} is no {part} (/healthz answers {status}).", f"{variable}=…")


def _status(host: str, port: int) -> int:
    connection = http.client.HTTPConnection(host, port, timeout=3)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    finally:
        connection.close()


def libraries_are_right(ward: Ward) -> Iterator[Finding]:
    """All that requirements.txt asks for is installed, in the versions that it names."""
    for line in (HOME / "requirements.txt").read_text().splitlines():
        wanted = re.match(r"([A-Za-z0-9_.-]+)(?:\[[^]]*\])?\s*(?:(~=|>=|==)\s*([0-9.]+))?", line)
        if not wanted:
            continue
        name, operator, text = wanted.groups()
        try:
            there = version(name)
        except PackageNotFoundError:
            yield error(f"{name} is not installed.", f"make -C '{HOME}' .venv/ready")
            continue
        if operator and not fits(there, operator, text):
            yield warning(
                f"{name} is version {there}, and FizzStat is tested with {operator}{text}.", f"rm {HOME}/.venv/ready; make run"
            )


def fits(there: str, operator: str, text: str) -> bool:
    """Whether a version is as a requirement has it; numbers alone are looked at (packaging.python.org, version specifiers)."""
    wanted = tuple(map(int, text.split(".")))
    found = tuple(map(int, re.findall(r"\d+", there.split("+")[0])))
    if operator == "==":
        return found[: len(wanted)] == wanted
    return found >= wanted and (operator == ">=" or found[: len(wanted) - 1] == wanted[:-1])


CHECKS = (clock_is_right, ports_are_fizzstats, libraries_are_right)
