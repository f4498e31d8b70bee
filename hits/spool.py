"""The spool: a file of each collector's own, where hits wait while Redis is away. hits/drain.py queues them later.

A line is `partition past entry`: the partition's title (hits/keys.py), 1 if the hit belongs to the past's queue else 0, the hit's
JSON.
Whoever writes to a file or deletes it holds its lock, so no hit is written to a file that is being deleted.
"""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from socket import gethostname
from uuid import uuid4

SUFFIX = ".spool"
USUAL = 4096  # bytes


class SpoolFull(Exception):
    """The spool's limit is reached, or its disk is full."""


def spool_folder(data_dir: Path) -> Path:
    return data_dir / "spool"


@contextmanager
def locked(file: int) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


class Spool:
    """The spool of this process. `limit` (bytes) counts the files of all processes in the folder."""

    def __init__(self, folder: Path, limit: int):
        self._folder, self._limit = folder, limit
        self._file: int | None = None
        self._others = 0
        self._looked = 0.0

    def write(self, lines: Sequence[bytes]) -> None:
        """Append lines; they are with the kernel when this returns, all of them or, when it raises SpoolFull, none."""
        data = b"".join(line + b"\n" for line in lines)
        try:
            while not self._append(data):
                self.close()
        except OSError as error:
            raise SpoolFull(error.strerror or "the disk is full") from error

    def used(self) -> int:
        """The bytes of all spool files of the folder."""
        return sum(size for size in map(_size, files(self._folder)))

    def room(self) -> bool:
        """Whether a hit of the usual size would be taken now."""
        there = next(folder for folder in (self._folder, *self._folder.parents) if folder.exists())
        disk = os.statvfs(there)
        room = min(self._limit - self.used(), disk.f_bavail * disk.f_frsize)
        return room >= USUAL and os.access(there, os.W_OK | os.X_OK)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _append(self, data: bytes) -> bool:
        """False if the file was drained and deleted meanwhile."""
        if self._file is None:
            self._file = self._open()
        with locked(self._file):
            state = os.fstat(self._file)
            if state.st_nlink == 0:
                return False
            if state.st_size + self._size_of_others(state.st_size) + len(data) > self._limit:
                raise SpoolFull("the spool's limit is reached")
            try:
                whole = os.write(self._file, data) == len(data)
            except OSError:
                whole = False
            if not whole:
                os.ftruncate(self._file, state.st_size)
                raise SpoolFull("the disk is full")
        return True

    def _open(self) -> int:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{gethostname()}.{uuid4().hex}{SUFFIX}"
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)

    def _size_of_others(self, own: int) -> int:
        now = time.monotonic()
        if now - self._looked > 1:
            self._looked, self._others = now, self.used() - own
        return self._others


def files(folder: Path) -> list[Path]:
    """The spool files of a folder, oldest first."""
    return sorted(folder.glob("*" + SUFFIX), key=lambda path: (_changed(path), path.name))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _changed(path: Path) -> float:
    try:
        return path.stat().st_ctime
    except FileNotFoundError:
        return 0.0
