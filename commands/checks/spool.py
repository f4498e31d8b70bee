"""Is there room and a way out for hits that wait on this machine's disk?"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from commands.checks.finding import Finding, Ward, error, warning
from commands.screen import bytes_of, span
from hits.spool import Spool, files, spool_folder

OLD = 60.0  # seconds that a file may wait while Redis answers
SCARCE = 1 << 30  # bytes of a disk


def spool_is_drained(ward: Ward) -> Iterator[Finding]:
    """No hit waits on this machine's disk for long."""
    folder = spool_folder(ward.settings.data_dir)
    waiting = [path for path in files(folder) if path.stat().st_size]
    if not waiting:
        return
    used, limit = Spool(folder, 0).used(), ward.settings.spool_limit << 20
    age = ward.now() - min(path.stat().st_ctime for path in waiting)
    if used > limit / 2:
        yield error(
            f"The spool holds {bytes_of(used)} of {bytes_of(limit)}; full, it answers 503.",
            "FIZZSTAT_SPOOL_LIMIT, or bring Redis back",
        )
    if age > OLD and ward.redis and not any(one.away or one.full for one in ward.every_redis):
        yield warning(
            f"{bytes_of(used)} of hits wait in the spool for {span(age)}, and Redis answers: no drain runs.", "./fizzstat drain"
        )


def data_folder_is_ours(ward: Ward) -> Iterator[Finding]:
    """The data folder can be written to, and nobody else reads it."""
    folder: Path = ward.settings.data_dir
    if not folder.exists():
        if not os.access(next(above for above in folder.parents if above.exists()), os.W_OK):
            yield error(f"{folder} is not there, and cannot be made.", f"mkdir -p {folder}, as a user who may")
        return
    for part in (folder, spool_folder(folder)):
        if part.exists() and not os.access(part, os.W_OK | os.X_OK):
            yield error(f"{part} cannot be written to by this user.", f"chown -R {os.getuid()} {part}")
    if folder.stat().st_mode & 0o007:
        yield warning(f"Other users can read {folder}, where addresses and keys are.", f"chmod o-rwx {folder}")


def disk_has_room(ward: Ward) -> Iterator[Finding]:
    """The data folder's disk has room for a full spool, and for more documents."""
    folder: Path = ward.settings.data_dir
    there = next(part for part in (folder, *folder.parents) if part.exists())
    free = shutil.disk_usage(there).free
    spool = ward.settings.spool_limit << 20
    if free < spool:
        yield error(f"{bytes_of(free)} are free at {there}: less than a full spool ({bytes_of(spool)}).", f"df -h {there}")
    elif free < spool + SCARCE:
        yield warning(f"{bytes_of(free)} are free at {there}.", f"df -h {there}")


CHECKS = (spool_is_drained, data_folder_is_ours, disk_has_room)
