"""Counters of one thread, in a file of memory that is its own, and their sums over all threads and processes of a machine.

In: `add` and `observe`, at a tenth of a microsecond; nobody else writes there, so there is nothing to lock. Out: `read`,
for whichever process is asked. What a killed process had counted is not lost: its file is taken up by the next thread of that
part, which counts on. So counters keep growing over restarts, and there are no more files than there ever were threads at once.

A file `PART.N.tally` has rows of 128 bytes: a name, padded with zero bytes, and a native float64. The first is MAGIC and how
many rows follow (int64).
"""

import fcntl
import logging
import mmap
import os
import struct
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path

from metrics.table import Metric

log = logging.getLogger("fizzstat.metrics")

ROW = 128
VALUE = ROW - 8  # where in a row its value stands
ROWS = 510
SIZE = (2 + ROWS) * ROW  # the last row is for what has no room, and is never read
MAGIC = b"FizzStat tally 1"

Label = str | int

#: (name, label values …) -> value; of histograms and summaries the rows NAME_bucket (not cumulated) and NAME_sum
Figures = Mapping[tuple[str, ...], float]


def tally_folder(data_dir: Path) -> Path:
    return data_dir / "metrics"


class Tally:
    """Of one thread, opened after any fork. Without a folder, or where it cannot be written, it counts for nobody.

    Label values are words of ours, never a visitor's; what is over ROWS of them is not counted.
    """

    def __init__(self, folder: Path | None, part: str):
        self._memory = _open(folder, part) if folder else mmap.mmap(-1, SIZE)
        self._values = memoryview(self._memory).cast("d")
        self._rows = {name: row for row, (name, _) in enumerate(_rows(self._memory), 1)}
        self._cells: dict[tuple[Metric, tuple[Label, ...]], int] = {}
        self._bins: dict[tuple[Metric, tuple[Label, ...]], tuple[list[int], int]] = {}

    def add(self, metric: Metric, *labels: Label, n: float = 1) -> None:
        """Count up a counter."""
        try:
            cell = self._cells[metric, labels]
        except KeyError:
            cell = self._cells[metric, labels] = self._cell(metric.name, *labels)
        self._values[cell] += n

    def observe(self, metric: Metric, value: float, *labels: Label) -> None:
        """Count a value into a histogram or summary."""
        try:
            cells, total = self._bins[metric, labels]
        except KeyError:
            bounds = (*metric.buckets, float("inf"))
            cells = [self._cell(f"{metric.name}_bucket", *labels, f"{bound:g}") for bound in bounds]
            total = self._cell(f"{metric.name}_sum", *labels)
            self._bins[metric, labels] = cells, total
        self._values[cells[bisect_left(metric.buckets, value)]] += 1
        self._values[total] += value

    def _cell(self, *parts: Label) -> int:
        """Where the value of a row is; the row is made if it is not there."""
        name = "|".join(map(str, parts))
        row = self._rows.get(name) or len(self._rows) + 1
        if row > ROWS or len(name.encode()) > VALUE:
            return (1 + ROWS) * ROW // 8
        if name not in self._rows:
            self._rows[name] = row
            start = row * ROW
            self._memory[start : start + VALUE] = name.encode().ljust(VALUE, b"\0")
            _count(self._memory, row)
        return (row * ROW + VALUE) // 8


def read(folder: Path, part: str) -> Figures:
    """The sums over all tallies of a part."""
    figures: dict[tuple[str, ...], float] = defaultdict(float)
    for path in folder.glob(f"{part}.*.tally"):
        for name, value in _rows(path.read_bytes()):
            figures[tuple(name.split("|"))] += value
    return figures


def _open(folder: Path, part: str) -> mmap.mmap:
    """The first file that nobody counts in; the lock is the mapping's, and ends with it."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for n in count():
            file = os.open(folder / f"{part}.{n}.tally", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.posix_fallocate(file, 0, SIZE)  # a disk that is full later would kill who writes to the mapping
                memory = mmap.mmap(file, SIZE)
            except BlockingIOError:
                continue
            finally:
                os.close(file)
            if memory[: len(MAGIC)] != MAGIC:
                memory[:] = bytes(SIZE)
                _count(memory, 0)
                memory[: len(MAGIC)] = MAGIC
            return memory
    except OSError as error:
        log.warning("metrics of this process are not kept: %s", error)
    return mmap.mmap(-1, SIZE)


def _count(memory: mmap.mmap, rows: int) -> None:
    struct.pack_into("q", memory, VALUE, rows)


def _rows(memory: "mmap.mmap | bytes") -> Iterator[tuple[str, float]]:
    """Name and value of each row; none of a file that is being made."""
    if len(memory) < SIZE or memory[: len(MAGIC)] != MAGIC:
        return
    (rows,) = struct.unpack_from("q", memory, VALUE)
    for start in range(ROW, (1 + rows) * ROW, ROW):
        (value,) = struct.unpack_from("d", memory, start + VALUE)
        yield bytes(memory[start : start + VALUE]).rstrip(b"\0").decode(), value
