"""A whole FizzStat as `./fizzstat run` starts it, on free ports and a data folder of its own, for tests."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

from tests.servers import ROOT, free_port, until

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"


class FizzStat:
    """`start()` returns when it says that it runs; `stop(signal)` when it has ended. `said()` is all that it printed."""

    def __init__(self, data_dir: Path, command: tuple[str, ...] = ("./fizzstat", "run"), **settings: str):
        self.data_dir, self.command = data_dir, command
        self.collector = f"http://127.0.0.1:{(collect := free_port())}"
        self.dashboard = f"http://127.0.0.1:{(dashboard := free_port())}"
        self.environ = {
            **os.environ,
            "FIZZSTAT_DATA_DIR": str(data_dir),
            "FIZZSTAT_COLLECT_PORT": str(collect),
            "FIZZSTAT_DASHBOARD_PORT": str(dashboard),
            **{f"FIZZSTAT_{name.upper()}": value for name, value in settings.items()},
        }
        self.output = data_dir.parent / f"{data_dir.name[:50]}.out"
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error:  # pytest shows it
            for log in sorted(self.data_dir.glob("log/*.log")):
                print(f"── {log.name}\n{log.read_text(errors='replace')[-3000:]}")
        for pid in self.processes():
            kill(pid)
        if self.process:
            self.process.wait(10)

    def start(self) -> Self:
        """In a session of its own, as at a terminal of its own."""
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environ, stdout=output, stderr=output, start_new_session=True
            )
        until(lambda: "Ctrl-C stops it." in self.said() or self.process.poll() is not None, "FizzStat to run", 90)  # type: ignore[union-attr]
        assert self.process.poll() is None, self.said()
        return self

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process
        os.kill(self.process.pid, number)
        return self.wait()

    def wait(self) -> int:
        """The exit status, once it has ended."""
        assert self.process
        return self.process.wait(90)

    def said(self) -> str:
        return self.output.read_text()

    def fizzstat(self, *arguments: str) -> str:
        """The output of a command with the same settings, which must succeed."""
        run = subprocess.run(["./fizzstat", *arguments], cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def documents(self, kind: str) -> list[dict[str, Any]]:
        """The newest of a kind."""
        return [json.loads(line) for line in self.fizzstat("show", kind).splitlines()]

    def ledger(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.fizzstat("ledger", "--json"))
        return found

    def view(self, path: str) -> int:
        """Send a view of a page, as a browser would; the status of the answer."""
        body = json.dumps({"kind": "view", "id": f"view of {path}", "url": f"https://shop.example{path}"}).encode()
        return fetch(f"{self.collector}/hit", body)[0]

    def processes(self) -> dict[int, str]:
        """All that run, by pid: those that were started with its data folder, or have a file of it open."""
        return dict(_processes(self.data_dir))


class Browser:
    """As much of one as signing in needs: it keeps cookies, and sends forms with the token of the page that they are on."""

    def __init__(self, root: str):
        self._root = root
        self._opener = build_opener(HTTPCookieProcessor())

    def page(self, path: str) -> str:
        with self._opener.open(self._root + path, timeout=10) as answer:
            return str(answer.read().decode())

    def send(self, path: str, **fields: str) -> str:
        """The path of the page that it led to."""
        found = re.search(r'name="csrf_token" value="(\w+)"', self.page("/"))
        assert found
        body = urlencode({"csrf_token": found[1], **fields}).encode()
        with self._opener.open(self._root + path, body, timeout=10) as answer:
            return urlsplit(answer.url).path


def fetch(url: str, body: bytes | None = None) -> tuple[int, bytes]:
    with urlopen(Request(url, body, {"User-Agent": CHROME, "Accept-Language": "en"}), timeout=10) as answer:
        return answer.status, answer.read()


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def pss(pid: int) -> int:
    """A process's share of memory, in bytes: its own, and its part of what it shares with others."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"the kernel does not tell the memory of {pid}")


def _processes(data_dir: Path) -> Iterator[tuple[int, str]]:
    named = f"FIZZSTAT_DATA_DIR={data_dir}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if named in (folder / "environ").read_bytes().split(b"\0") or _has_open(folder, data_dir):
                yield int(folder.name), (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it has ended, or is another user's


def _has_open(process: Path, data_dir: Path) -> bool:
    return any(file.readlink().is_relative_to(data_dir) for file in (process / "fd").iterdir())
