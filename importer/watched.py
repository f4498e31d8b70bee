"""Files that an operator may change while FizzStat runs: which files they are in, what was made of them last out.

A look costs one stat a file, at most once in EVERY seconds. New contents are swapped in whole; where they cannot be read, what
was made of the old ones stays, and the log says so once.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

log = logging.getLogger("fizzstat.importer")

EVERY = 2.0  # seconds

T = TypeVar("T")
State = tuple[tuple[Path, int, int, int], ...]


class Unreadable(ValueError):
    """A file cannot be used; the message names it and says what to do."""


class Watched(Generic[T]):
    """`paths` says at each look which files count; `read` makes a T of them, or raises Unreadable."""

    def __init__(
        self,
        paths: Callable[[], tuple[Path, ...]],
        read: Callable[[tuple[Path, ...]], T],
        clock: Callable[[], float] = time.monotonic,
    ):
        self._paths, self._read, self._clock = paths, read, clock
        self._state = _state(paths())
        self._made = read(tuple(path for path, *_ in self._state))
        self._looked = clock()

    def current(self) -> T:
        if self._clock() - self._looked >= EVERY:
            self._looked = self._clock()
            self._look()
        return self._made

    def _look(self) -> None:
        state = _state(self._paths())
        if state == self._state:
            return
        self._state = state
        paths = tuple(path for path, *_ in state)
        try:
            self._made = self._read(paths)
        except Unreadable as error:
            log.error("%s; what was read before is used on", error)
        else:
            log.info("read anew: %s", ", ".join(map(str, paths)) or "no file any more")


def _state(paths: tuple[Path, ...]) -> State:
    """Changes when a file is written to or another takes its name; zeros for one that is not there."""
    states = []
    for path in paths:
        try:
            stat = path.stat()
        except OSError:
            states.append((path, 0, 0, 0))
        else:
            states.append((path, stat.st_ino, stat.st_mtime_ns, stat.st_size))
    return tuple(states)
