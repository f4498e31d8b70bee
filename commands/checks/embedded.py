"""Is the store in the data folder well?"""

import fcntl
from collections.abc import Iterator
from pathlib import Path

from commands.checks.finding import Finding, Ward, error, note, warning
from commands.screen import bytes_of
from hits import workers
from store.base import KINDS, StoreError

LARGE = 50 << 30  # bytes; bigger sites are Elasticsearch's


def store_can_be_read(ward: Ward) -> Iterator[Finding]:
    """The embedded store opens, and answers a search."""
    try:
        with ward.app.store() as store:
            for kind in KINDS:
                store.count(kind)
    except StoreError as wrong:
        yield error(f"{wrong}.", "stop the importer, and bring the folder back from a backup")


def store_has_one_writer(ward: Ward) -> Iterator[Finding]:
    """The embedded store is held by one importer, and no other waits for it."""
    folder: Path = ward.settings.data_dir / "store"
    importers = workers.importers(ward.queue, ward.settings.lease_seconds)
    if len(importers) > 1:
        hosts = ", ".join(f"{host} ({pid})" for host, pid in sorted((row.host, row.pid) for row in importers))
        yield error(
            f"{len(importers)} importers run ({hosts}), and the embedded store takes one.", "FIZZSTAT_STORE_URL=http://host:9200"
        )
    if _held(folder) and not importers:
        yield warning(
            f"A process holds {folder / 'writer.lock'}, and no importer says that it is at work.",
            f"fuser -v {folder}/writer.lock",
        )


def store_is_not_too_large(ward: Ward) -> Iterator[Finding]:
    """The embedded store is of a size that it was made for."""
    folder: Path = ward.settings.data_dir / "store"
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > LARGE:
        yield note(
            f"The embedded store has {bytes_of(size)}: Elasticsearch answers faster at that size.",
            "FIZZSTAT_STORE_URL=http://host:9200",
        )


def _held(folder: Path) -> bool:
    path = folder / "writer.lock"
    if not path.exists():
        return False
    with path.open("r") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


CHECKS = (store_can_be_read, store_has_one_writer, store_is_not_too_large)
