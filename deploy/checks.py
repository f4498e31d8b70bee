"""What can stand in the way of a start. Each check passes, or raises CannotStart with what a person can do about it."""

import errno
import fcntl
import os
import socket
import time
from pathlib import Path
from typing import IO

import click

from importer.geo import watch_places
from importer.spam import watch_spam
from importer.watched import Unreadable
from settings import Settings


class CannotStart(click.ClickException):
    """FizzStat cannot start here and now; the message says why and what mends it."""


def data_folder(settings: Settings) -> Path:
    """Make the data folder, for its owner alone; it holds addresses until hits are imported."""
    folder: Path = settings.data_dir
    if unfit := set(str(folder)) & set('%"\\'):
        raise CannotStart(f"FIZZSTAT_DATA_DIR takes no path with {' or '.join(sorted(unfit))} in it, such as {folder}")
    try:
        for part in (folder, folder / "log", folder / "redis"):
            part.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not os.access(part, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(part))
    except OSError as error:
        raise CannotStart(
            f"The data folder cannot be used: {error.filename}: {error.strerror}. "
            "Make it writable, or name another: FIZZSTAT_DATA_DIR=/some/where make run"
        ) from None
    return folder


def take(folder: Path, patience: float = 60) -> IO[str]:
    """Hold the folder against a second FizzStat for as long as the answer, or a copy of it in another process, is open.

    A FizzStat whose own process was killed is waited for while its parts come to their end.
    """
    lock = (folder / "run.lock").open("a+")
    deadline = time.monotonic() + patience
    while not _locked(lock):
        lock.seek(0)
        pid = lock.read().strip()
        if _alive(pid) or time.monotonic() > deadline:
            raise CannotStart(
                f"Another FizzStat (process {pid or 'unknown'}) is running on {folder}. Stop it (Ctrl-C there, or: kill {pid}), "
                "or set FIZZSTAT_DATA_DIR, FIZZSTAT_COLLECT_PORT and FIZZSTAT_DASHBOARD_PORT for a second one."
            )
        time.sleep(0.1)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def files_readable(settings: Settings) -> None:
    """An importer would not start without the files that FIZZSTAT_GEOIP_DB and FIZZSTAT_SPAM_FILE name."""
    try:
        watch_places(settings)
        watch_spam(settings)
    except Unreadable as error:
        raise CannotStart(str(error)) from None


def socket_quiet(path: Path, patience: float = 60) -> None:
    """No Redis of an earlier run may still have the data in hand; one that was left alone is about to end."""
    deadline = time.monotonic() + patience
    while _answers(path):
        if time.monotonic() > deadline:
            raise CannotStart(f"Another Redis answers on {path}, with this folder's data in hand. Stop it: fuser -k {path}")
        time.sleep(0.1)


def port_free(bind: str, port: int, setting: str) -> None:
    """`setting` is the variable that chooses the port."""
    host = bind.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except socket.gaierror:
            raise CannotStart(f"FIZZSTAT_BIND takes an address of this machine, not {bind}") from None
        except OSError as error:
            raise CannotStart(_port_error(error, bind, port, setting)) from None


def _port_error(error: OSError, bind: str, port: int, setting: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {bind} is taken by another program. Stop it, or choose another port: {setting}={port + 10} make run"
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is for root alone. Choose one from 1024: {setting}=8080 make run"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"FIZZSTAT_BIND takes an address of this machine, not {bind}"
    return f"Port {port} on {bind} ({setting}) cannot be used: {error.strerror}"


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _alive(pid: str) -> bool:
    return pid.isdecimal() and Path("/proc", pid).exists()


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
