"""What the processes' logs tell the terminal. In: the folder of logs. Out: errors, with the process's name, and who is up."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

# our own lines and supervisor's name their level; uWSGI and Valkey have words of their own
_ERROR = re.compile(r"\b(WARN|WARNING|ERROR|CRITICAL)\b|^Error: |Fatal error|bind\(\):|OOM")
# what they say on every start, or of every stop
_HARMLESS = re.compile(r"running uWSGI as root|overcommit|indicating exit request|no config file specified")
_TRACEBACK = "Traceback (most recent call last)"
_UP = re.compile(r"success: (\w+) entered RUNNING")  # in supervisor's log
_TIME = re.compile(r"^[0-9TZ:,.+ -]+")
_BAD = {"warning", "error", "critical"}
REPEAT_SECONDS = 60


class Logs:
    """Reads on from where each log ended when this was made. What a process repeats is said once a minute.

    `up` names the processes that have stayed up for some seconds.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic):
        self._folder, self._clock = folder, clock
        self._read = {path: path.stat().st_size for path in folder.glob("*.log")}
        self.up: set[str] = set()
        self._tracebacks: dict[Path, list[str]] = {}
        self._said: dict[str, float] = {}

    def errors(self) -> Iterator[str]:
        """The errors since the last call: a line, without its time, or a whole traceback."""
        now = self._clock()
        self._said = {text: at for text, at in self._said.items() if now - at < REPEAT_SECONDS}
        for path in sorted(self._folder.glob("*.log")):
            for error in self._errors_in(path):
                text = f"{path.stem}: {error}"
                if text not in self._said:
                    self._said[text] = now
                    yield text

    def _errors_in(self, path: Path) -> Iterator[str]:
        for line in self._lines(path):
            if path in self._tracebacks:
                self._tracebacks[path].append(line)
                if not line.startswith(" "):  # the exception itself
                    yield "\n".join(self._tracebacks.pop(path))
            elif line.startswith(_TRACEBACK):
                self._tracebacks[path] = [line]
            elif up := _UP.search(line):
                self.up.add(up[1])
            elif line.startswith("{"):
                yield from _json_error(line)
            elif _ERROR.search(line) and not _HARMLESS.search(line):
                yield _TIME.sub("", line)

    def _lines(self, path: Path) -> list[str]:
        start = self._read.get(path, 0)
        size = path.stat().st_size
        if size < start:  # rotated
            start = 0
        with path.open("rb") as log:
            log.seek(start)
            whole, newline, _ = log.read(size - start).rpartition(b"\n")
        self._read[path] = start + len(whole) + len(newline)
        return whole.decode(errors="replace").splitlines()


def _json_error(line: str) -> Iterator[str]:
    """What a line of JSON (logs.py) says if it is an error, as it would stand in a log of text."""
    try:
        said = json.loads(line)
    except ValueError:
        return
    if said.get("log.level") in _BAD:
        yield f"{said['log.level'].upper()} {said['log.logger']}: {said['message']}"
        if trace := said.get("error.stack_trace"):
            yield trace.rstrip("\n")
