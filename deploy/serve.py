"""`fizzstat collect` and `fizzstat dashboard`: become uWSGI, with the section of deploy/uwsgi.ini that has the part's name."""

import os
import sysconfig
from pathlib import Path
from typing import NoReturn

from deploy.checks import data_folder, port_free
from settings import HOME, Settings


def collect(settings: Settings) -> NoReturn:
    """The collector's processes, and beside them the drain of their spool."""
    port_free(settings.bind, settings.collect_port, "FIZZSTAT_COLLECT_PORT")
    _uwsgi("collect", settings)


def dashboard(settings: Settings) -> NoReturn:
    port_free(settings.bind, settings.dashboard_port, "FIZZSTAT_DASHBOARD_PORT")
    _uwsgi("dashboard", settings)


def _uwsgi(section: str, settings: Settings) -> NoReturn:
    data_folder(settings)
    program = Path(sysconfig.get_path("scripts"), "uwsgi")
    environ = {
        **os.environ,
        "FIZZSTAT_HOME": str(HOME),
        "FIZZSTAT_BIND": settings.bind,
        "FIZZSTAT_COLLECT_PORT": str(settings.collect_port),
        "FIZZSTAT_COLLECT_PROCESSES": str(settings.collect_processes),
        "FIZZSTAT_DASHBOARD_PORT": str(settings.dashboard_port),
    }
    os.chdir(HOME)
    os.execve(program, [str(program), "--ini", f"deploy/uwsgi.ini:{section}"], environ)
