"""The drain: queues what lies in the spool files of this host, once Redis is back, and deletes each file when it is through.

A file holds hits of several partitions, and each partition remembers in Redis how far the file was drained into it: one
script queues a chunk's hits and moves that mark, so a drain that is killed anywhere neither loses nor repeats a hit.
"""

import fcntl
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from socket import gethostname
from threading import Event

from hits.hit import envelope
from hits.queue import Queue, ledger_field
from hits.redis import QueueAway, connect, redis_errors
from hits.spool import files, locked, spool_folder
from settings import Settings

log = logging.getLogger("fizzstat.drain")

CHUNK = 1 << 20  # bytes read at once
MOST = 500  # hits queued at once, of one partition
IDLE = 0.5  # seconds between looks at the folder

#: What happens to a file, in order; `observe` is told before and after each (tests kill the process there).
STEPS = ("queue", "delete", "forget")

Observe = Callable[[str], None]


def run(settings: Settings, stop: Event, observe: Observe = lambda moment: None) -> None:
    """Drain the spool of this host until `stop` is set; one drain at a time."""
    folder = spool_folder(settings.data_dir)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "drain.lock").open("w") as alone:
        while not stop.is_set() and not _lock(alone.fileno()):
            stop.wait(IDLE)
        _run(settings, folder, stop, observe)


def _lock(file: int) -> bool:
    """Whether the lock is ours; it goes with the process."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _run(settings: Settings, folder: Path, stop: Event, observe: Observe) -> None:
    looked = False  # once at the start, for what a drain before may have left half done
    while not stop.wait(IDLE):
        if looked and not files(folder):
            continue
        try:
            queue = Queue(connect(settings), settings.redis_prefix, settings.partitions)
            queue.keep_all_partitions()
            while not stop.is_set() and drain_all(queue, folder, observe):
                pass
            looked = True
        except QueueAway as error:
            log.debug("Redis is away, the spool waits: %s", error)


def drain_all(queue: Queue, folder: Path, observe: Observe = lambda moment: None) -> int:
    """Drain every file as far as it is written; how many hits were queued. Raises QueueAway."""
    forget_deleted(queue, folder)
    return sum(_drain(queue, path, observe) for path in files(folder))


def spooled(queue: Queue, folder: Path) -> int:
    """How many hits of the folder's files wait to be drained. Raises QueueAway."""
    n = 0
    for path, file in _opened(folder):
        marks = _marks(queue, path.name)
        if os.fstat(file).st_nlink:  # else it was drained meanwhile, and its marks are forgotten
            n += sum(line.start >= marks.get(line.partition, 0) for line in _lines(file, 0))
    return n


def oldest_spooled(folder: Path) -> int | None:
    """When the oldest hit that may still lie in the folder was received (ms)."""
    firsts = [line for _, file in _opened(folder) for line in islice(_lines(file, 0), 1)]
    return min((hit.received for line in firsts if (hit := envelope(line.entry))), default=None)


def _opened(folder: Path) -> Iterator[tuple[Path, int]]:
    """The folder's files, each open for reading while it is looked at."""
    for path in files(folder):
        try:
            file = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            yield path, file
        finally:
            os.close(file)


def _drain(queue: Queue, path: Path, observe: Observe) -> int:
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return 0
    try:
        marks, queued, end = _marks(queue, path.name), 0, 0
        while chunk := _read_chunk(file, end):
            queued += _queue_chunk(queue, path.name, chunk, marks, observe)
            end = chunk[-1].end
        with locked(file):
            if os.fstat(file).st_size == end or _is_torn(file, end, path):
                observe("before delete")
                path.unlink(missing_ok=True)
                observe("after delete")
    finally:
        os.close(file)
    if not path.exists():
        observe("before forget")
        _forget(queue, [path.name])
        observe("after forget")
    return queued


@dataclass
class _Line:
    start: int
    end: int
    partition: int
    past: bool
    entry: bytes


@dataclass
class _Share:
    """What one partition gets of a chunk."""

    live: list[bytes] = field(default_factory=list)
    past: list[bytes] = field(default_factory=list)
    queued: int = 0
    received: Counter[str] = field(default_factory=Counter)


def _queue_chunk(queue: Queue, name: str, chunk: list[_Line], marks: dict[int, int], observe: Observe) -> int:
    shares: dict[int, _Share] = {}
    for line in chunk:
        if line.start < marks.get(line.partition, 0):
            continue
        share = shares.setdefault(line.partition, _Share())
        (share.past if line.past else share.live).append(line.entry)
        share.queued += 1
        if hit := envelope(line.entry):
            share.received[ledger_field(hit.received, hit.way, "received", hit.site)] += 1
    for partition, share in shares.items():
        observe("before queue")
        before, after = marks.get(partition, 0), chunk[-1].end
        if queue.drain(partition, name, before, after, share.live, share.past, share.received) != after:
            raise QueueAway("the mark of a spool file is not where it was: Redis lost data, or was changed for another")
        marks[partition] = after
        observe("after queue")
    return sum(share.queued for share in shares.values())


def _read_chunk(file: int, start: int) -> list[_Line]:
    chunk: list[_Line] = []
    for line in _lines(file, start):
        chunk.append(line)
        if len(chunk) == MOST:
            break
    return chunk


def _lines(file: int, start: int) -> Iterator[_Line]:
    """The whole lines behind an offset; a line that is not ended yet is none."""
    while data := os.pread(file, CHUNK, start):
        whole = data[: data.rfind(b"\n") + 1]
        if not whole:
            return
        for text in whole.splitlines(keepends=True):
            end = start + len(text)
            partition, past, entry = text.rstrip(b"\n").split(b" ", 2)
            yield _Line(start, end, int(partition), past == b"1", entry)
            start = end


def _is_torn(file: int, end: int, path: Path) -> bool:
    """Whether what follows `end` is a line that its writer never finished, so that nobody was told 202 for it.

    The caller holds the lock, and a writer holds it until its line is whole: a torn line's writer is dead.
    """
    rest = os.pread(file, CHUNK, end)
    if rest and b"\n" not in rest:
        log.warning("%s ends in a torn line of %d bytes, which was never accepted", path.name, len(rest))
        return True
    return False


def _marks(queue: Queue, name: str) -> dict[int, int]:
    with redis_errors(), queue.client.pipeline(transaction=False) as pipe:
        for keys in queue.partitions:
            pipe.hget(keys.spools, name)
        return {n: int(mark) for n, mark in enumerate(pipe.execute()) if mark is not None}


def forget_deleted(queue: Queue, folder: Path) -> None:
    """Forget the marks of this host's files that are gone (a drain was killed between deleting and forgetting)."""
    with redis_errors(), queue.client.pipeline(transaction=False) as pipe:
        for keys in queue.partitions:
            pipe.hkeys(keys.spools)
        named = {name.decode() for names in pipe.execute() for name in names}
    there = {path.name for path in files(folder)}
    gone = [name for name in named - there if name.startswith(f"{gethostname()}.")]
    if gone:
        _forget(queue, gone)


def _forget(queue: Queue, names: list[str]) -> None:
    with redis_errors(), queue.client.pipeline(transaction=False) as pipe:
        for keys in queue.partitions:
            pipe.hdel(keys.spools, *names)
        pipe.execute()
