"""`fizzstat collect` and `fizzstat dashboard`: become uWSGI, with the section of deploy/uwsgi.ini that has the part's name."""

import os
import sysconfig
from pathlib import Path
from typing import NoReturn

from deploy.checks import data_folder, port_free
from hits.redis import short_path
from settings import HOME, Settings

SOMAXCONN = Path("/proc/sys/net/core/somaxconn")
THREADS = 4  # of one collector process, and of two together: more take hits no faster (bench/README.md)
BACKLOG = 4096  # requests that may wait for a process, as far as the kernel lets them


def collect(settings: Settings) -> NoReturn:
    """The collector's processes, and beside them the drain of their spool."""
    port_free(settings.bind, settings.collect_port, "FIZZSTAT_COLLECT_PORT")
    _uwsgi("collect", settings, settings.collect_port)


def dashboard(settings: Settings) -> NoReturn:
    port_free(settings.bind, settings.dashboard_port, "FIZZSTAT_DASHBOARD_PORT")
    _uwsgi("dashboard", settings, settings.dashboard_port)


def threads(processes: int) -> int:
    """Of each process. They wait for Redis in turns; two at least, so that one slow sender holds no process."""
    return max(2, THREADS // processes)


def _uwsgi(section: str, settings: Settings, port: int) -> NoReturn:
    data_folder(settings)
    program = Path(sysconfig.get_path("scripts"), "uwsgi")
    environ = {
        **os.environ,
        "FIZZSTAT_HOME": str(HOME),
        "FIZZSTAT_BIND": settings.bind,
        "FIZZSTAT_COLLECT_PORT": str(settings.collect_port),
        "FIZZSTAT_COLLECT_PROCESSES": str(settings.collect_processes),
        "FIZZSTAT_THREADS": str(threads(settings.collect_processes)),
        "FIZZSTAT_DASHBOARD_PORT": str(settings.dashboard_port),
        "FIZZSTAT_SOCKET": str(short_path(settings.data_dir / f"{section}-{port}.sock")),
    }
    os.chdir(HOME)
    backlog = min(BACKLOG, int(SOMAXCONN.read_text()))
    os.execve(program, [str(program), "--ini", f"deploy/uwsgi.ini:{section}", "--listen", str(backlog)], environ)
