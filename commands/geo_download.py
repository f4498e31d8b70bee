"""Gets a database of places and swaps it in while FizzStat runs.

In: a Source, and the folder of what was fetched. Out: what was done, as an Outcome. Beside each database lies a note
(`places.json`) of where it came from and what the server called that version, so that asking again costs one small request.

A download goes to a file that ends with .part, is checked there, and gets its name in one step. A .part is only ever there
while the lock is held; what a killed download left is thrown away by the next.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkstemp
from typing import Any

import msgspec

from commands.geo_unpack import MOST, PIECE, Database, Unusable, check, unpack
from commands.web import Answer, WebError, ask, basic, public

DIGEST = 256  # bytes that an answer with a checksum may have


@dataclass(frozen=True)
class Source:
    """Where a database comes from. `what` names the option or setting that says so.

    `checksum` is the URL of the download's SHA-256 (`HEX  NAME`). `by_head`: downloads are limited, so a HEAD asks first.
    """

    url: str
    what: str
    authorization: str = field(default="", repr=False)
    checksum: str = ""
    by_head: bool = False

    @property
    def name(self) -> str:
        """Tells sources apart, and no secret of their URLs."""
        return hashlib.blake2b(self.url.encode(), digest_size=16).hexdigest()


def maxmind(url: str, account: str, key: str, edition: str) -> Source:
    """MaxMind's permalink of an edition (dev.maxmind.com/geoip/updating-databases: directly downloading databases).

    `url` is that of the service. A HEAD does not count against the account's daily downloads.
    """
    link = f"{url.rstrip('/')}/geoip/databases/{edition}/download?suffix=tar.gz"
    return Source(link, "FIZZSTAT_MAXMIND_URL", basic(account, key), link + ".sha256", by_head=True)


class Note(msgspec.Struct, kw_only=True):
    """What is remembered of a fetched file; `size` and `changed` (ns) tell whether it still is that file."""

    source: str
    etag: str = ""
    last_modified: str = ""
    size: int = 0
    changed: int = 0


@dataclass(frozen=True)
class Outcome:
    """`fresh`: a database was swapped in; else the one that is there is the newest."""

    path: Path
    fresh: bool
    database: Database
    size: int


@contextmanager
def taken(folder: Path) -> Iterator[None]:
    """Hold the folder for one download at a time; a second waits."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.glob("*.part"):
            left.unlink()
        yield


def fetch(source: Source, path: Path) -> Outcome:
    """Bring `path` up to date. Call it with the folder taken. Raises WebError and Unusable, and then nothing has changed."""
    note = _remembered(path, source)
    if note and source.by_head and _unchanged(source, note):
        return _same(path)
    headers = {"If-None-Match": note.etag, "If-Modified-Since": note.last_modified} if note else {}
    with _part(path) as packed, _part(path) as fresh:
        with _asked(source, headers={name: text for name, text in headers.items() if text}) as answer:
            if answer.status == 304 and note:
                return _same(path)
            digest = _save(answer, packed, source)
            etag, last_modified = _version(answer)
        _compare(source, digest)
        with fresh.open("wb") as target:
            unpack(packed, target, public(source.url))
            target.flush()
            os.fsync(target.fileno())
        database = check(fresh, public(source.url))
        fresh.replace(path)
        _remember(path, Note(source=source.name, etag=etag, last_modified=last_modified))
    return Outcome(path, True, database, path.stat().st_size)


def forget(path: Path) -> bool:
    """Remove a database that is not wanted any more; whether there was one."""
    there = path.exists()
    path.unlink(missing_ok=True)
    _note_of(path).unlink(missing_ok=True)
    return there


def _same(path: Path) -> Outcome:
    return Outcome(path, False, check(path, str(path)), path.stat().st_size)


@contextmanager
def _part(path: Path) -> Iterator[Path]:
    handle, name = mkstemp(dir=path.parent, prefix=path.stem + ".", suffix=".part")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def _asked(source: Source, **options: Any) -> Iterator[Answer]:
    """An answer of 200 or 304."""
    with ask(source.url, source.what, authorization=source.authorization, **options) as answer:
        if answer.status not in (200, 304):
            raise WebError(_refused(source, answer.status))
        yield answer


def _refused(source: Source, status: int) -> str:
    meaning = {
        401: "it does not know this account and key, or password",
        403: "it does not let this account and key have it",
        404: "it has no such database",
        429: "it was asked too often: try again tomorrow",
    }.get(status, "try again later" if status >= 500 else "it is no download")
    return f"{public(source.url)} answers {status}: {meaning}."


def _unchanged(source: Source, note: Note) -> bool:
    with _asked(source, method="HEAD") as answer:
        now = _version(answer)
        return any(now) and now == (note.etag, note.last_modified)


def _version(answer: Answer) -> tuple[str, str]:
    """What a server calls this version of a file."""
    return answer.headers["ETag"] or "", answer.headers["Last-Modified"] or ""


def _save(answer: Answer, path: Path, source: Source) -> str:
    """The SHA-256 of what was saved, which is all that the server meant to send."""
    meant = answer.headers["Content-Length"]
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        while piece := answer.read(PIECE):
            size += len(piece)
            if size > MOST:
                raise Unusable(f"{public(source.url)} sends more than {MOST >> 30} GiB, which no database of places has.")
            digest.update(piece)
            file.write(piece)
    if meant is not None and size != int(meant):
        raise WebError(f"{public(source.url)} broke off after {size:,} of {int(meant):,} bytes. Try again.")
    return digest.hexdigest()


def _compare(source: Source, digest: str) -> None:
    if not source.checksum:
        return
    with ask(source.checksum, source.what, authorization=source.authorization) as answer:
        if answer.status != 200:
            raise WebError(_refused(source, answer.status))
        told = answer.read(DIGEST).decode("ascii", "replace").split()
    if told[:1] != [digest]:
        raise Unusable(f"What {public(source.url)} sent does not have the checksum that it tells. Try again.")


def _note_of(path: Path) -> Path:
    return path.with_suffix(".json")


def _remembered(path: Path, source: Source) -> Note | None:
    """The note of a file that came from this source and was not touched since."""
    with suppress(OSError, msgspec.MsgspecError):
        note = msgspec.json.decode(_note_of(path).read_bytes(), type=Note)
        state = path.stat()
        if (note.source, note.size, note.changed) == (source.name, state.st_size, state.st_mtime_ns):
            return note
    return None


def _remember(path: Path, note: Note) -> None:
    state = path.stat()
    note.size, note.changed = state.st_size, state.st_mtime_ns
    with _part(path) as part:
        part.write_bytes(msgspec.json.encode(note))
        part.replace(_note_of(path))


def told(outcome: Outcome) -> Mapping[str, Any]:
    """For programs."""
    about = outcome.database
    return {
        "path": str(outcome.path),
        "fresh": outcome.fresh,
        "type": about.type,
        "built": f"{about.built:%Y-%m-%d}",
        "ip_version": about.ip_version,
        "bytes": outcome.size,
        "known": {about.known: about.country},
    }
