"""The drain: queues what lies in the spool files of this host, once Redis is back, and deletes each file when it is through.

A file holds hits of several partitions, and each partition remembers in its Redis how far the file was drained into it: one
script queues a chunk's hits and moves that mark, so a drain that is killed anywhere neither loses nor repeats a hit. Each
Redis has a thread of its own here, so one that is away, or hangs, holds up nobody else's hits.
"""

import fcntl
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from socket import gethostname
from threading import Event

from hits.hit import envelope
from hits.queue import Queue, ledger_field, open_queue
from hits.redis import QueueAway, redis_errors, redis_urls
from hits.spool import files, locked, spool_folder
from hits.together import run_together
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
    """A thread for each Redis."""
    n = len(redis_urls(settings))
    through: list[dict[str, int]] = [{} for _ in range(n)]
    drains = [Drain(open_queue(settings), place, folder, through, observe) for place in range(n)]
    run_together([partial(drain.run, stop) for drain in drains], stop, "drain")


class Drain:
    """Of one Redis, by its place among them, and of one thread. `through` is shared: for each Redis how far each file (by name)
    is known to be drained into it. A file goes when all are through."""

    def __init__(self, queue: Queue, place: int, folder: Path, through: list[dict[str, int]], observe: Observe):
        self._queue, self._place, self._folder, self._observe = queue, place, folder, observe
        self._everywhere, self._through = through, through[place]
        self._said = ""

    def run(self, stop: Event) -> None:
        looked = False  # once at the start, for what a drain before may have left half done
        while not stop.wait(IDLE):
            if looked and not files(self._folder) and not self._through:
                continue
            try:
                self._queue.keep_partitions_of(self._place)
                while not stop.is_set() and self.drain_all():
                    pass
                looked = True
                self._say("")
            except QueueAway as error:
                self._through.clear()  # it may come back with less than it had
                self._say(str(error))

    def _say(self, why: str) -> None:
        """Once for each reason why the spool waits, and when it does no more."""
        if why != self._said:
            where = self._queue.shards[self._place].where
            if why:
                log.warning("the spool waits for Redis at %s: %s", where, why)
            else:
                log.info("the spool is queued in Redis at %s", where)
        self._said = why

    def drain_all(self) -> int:
        """Drain every file as far as it is written; how many hits were queued. Raises QueueAway."""
        self._forget_deleted()
        return sum(self._drain(path) for path in files(self._folder))

    def _drain(self, path: Path) -> int:
        try:
            file = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return 0
        try:
            marks, queued, end = Marks(self._queue), 0, self._through.get(path.name, 0)
            while chunk := _read_chunk(file, end):
                queued += self._queue_chunk(path.name, chunk, marks)
                end = self._through[path.name] = chunk[-1].end
            deleted = self._delete(path, file, end)
        finally:
            os.close(file)
        if deleted:
            self._observe("before forget")
            self._forget_deleted()
            self._observe("after forget")
        return queued

    def _queue_chunk(self, name: str, chunk: "list[_Line]", marks: "Marks") -> int:
        shares: dict[tuple[int, str], _Share] = {}
        for line in chunk:
            target = _target(self._queue, name, line)
            if self._queue.partition(target[0]).redis != self._place or line.start < marks[target]:
                continue
            share = shares.setdefault(target, _Share())
            (share.past if line.past else share.live).append(line.entry)
            share.queued += 1
            if hit := envelope(line.entry):
                share.received[ledger_field(hit.received, hit.way, "received", hit.site)] += 1
        for target, share in shares.items():
            self._observe("before queue")
            number, mark = target
            before, after = marks[target], chunk[-1].end
            if self._queue.drain(number, mark, before, after, share.live, share.past, share.received) != after:
                raise QueueAway("the mark of a spool file is not where it was: Redis lost data, or was changed for another")
            marks[target] = after
            self._observe("after queue")
        return sum(share.queued for share in shares.values())

    def _delete(self, path: Path, file: int, end: int) -> bool:
        """Delete the file if nothing was written behind `end` and every Redis has all of it; whether it is gone."""
        with locked(file):
            everywhere = all(through.get(path.name, 0) == end for through in self._everywhere)
            if everywhere and (os.fstat(file).st_size == end or _is_torn(file, end, path)):
                self._observe("before delete")
                path.unlink(missing_ok=True)
                self._observe("after delete")
        return not path.exists()

    def _forget_deleted(self) -> None:
        """Forget this host's files that are gone, also those that a drain left between deleting and forgetting."""
        there = {path.name for path in files(self._folder)}
        for name in self._through.keys() - there:
            del self._through[name]
        shard, host = self._queue.shards[self._place], f"{gethostname()}."
        marks = self._queue.ask(lambda pipe, keys: pipe.hkeys(keys.spools), shard=shard)
        named = {name.decode() for (names,) in marks.values() for name in names}
        gone = [name for name in named if name.startswith(host) and name.partition("@")[0] not in there]
        if gone:
            self._queue.ask(lambda pipe, keys: pipe.hdel(keys.spools, *gone), shard=shard)


class Marks(dict[tuple[int, str], int]):
    """How far a file was drained, by partition and the mark's name (see _target); asked of Redis when it is wanted first."""

    def __init__(self, queue: Queue):
        super().__init__()
        self._queue = queue

    def __missing__(self, target: tuple[int, str]) -> int:
        number, name = target
        client = self._queue.client_of(number)
        with redis_errors(client):
            mark = self[target] = int(client.hget(self._queue.partition(number).spools, name) or 0)
        return mark


def _target(queue: Queue, name: str, line: "_Line") -> tuple[int, str]:
    """The partition that a line goes to, and the name of the file's mark there. The Redis that it was meant for may have been
    taken out of the settings since. Then another stands in for it, and what is for that one itself keeps another mark."""
    n, n_redis = line.partition, len(queue.shards)
    if line.redis < n_redis:
        return n * n_redis + line.redis, name
    return n * n_redis + line.redis % n_redis, f"{name}@{line.redis}"


def spooled(queue: Queue, folder: Path) -> int:
    """How many hits of the folder's files wait to be drained. Raises QueueAway."""
    n = 0
    for path, file in _opened(folder):
        marks = Marks(queue)
        waiting = sum(line.start >= marks[_target(queue, path.name, line)] for line in _lines(file, 0))
        if os.fstat(file).st_nlink:  # else it was drained meanwhile, and its marks are forgotten
            n += waiting
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


@dataclass
class _Line:
    """`partition` and `redis` are what its title says (hits/keys.py)."""

    start: int
    end: int
    partition: int
    redis: int
    past: bool
    entry: bytes


@dataclass
class _Share:
    """What one partition gets of a chunk."""

    live: list[bytes] = field(default_factory=list)
    past: list[bytes] = field(default_factory=list)
    queued: int = 0
    received: Counter[str] = field(default_factory=Counter)


def _read_chunk(file: int, start: int) -> list[_Line]:
    with locked(file):  # else there could be lines that their writer takes back, since the disk is full
        return list(islice(_lines(file, start), MOST))


def _lines(file: int, start: int) -> Iterator[_Line]:
    """The whole lines behind an offset; a line that is not ended yet is none."""
    while data := os.pread(file, CHUNK, start):
        whole = data[: data.rfind(b"\n") + 1]
        if not whole:
            return
        for text in whole.splitlines(keepends=True):
            end = start + len(text)
            title, past, entry = text.rstrip(b"\n").split(b" ", 2)
            partition, _, redis = title.partition(b".")
            yield _Line(start, end, int(partition), int(redis or 0), past == b"1", entry)
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
