"""`./fizzstat run` and the parts that it runs, each by itself: collect, import, drain, dashboard."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import click

import logs
from commands.app import App, pass_app
from settings import Settings


@click.command()
@pass_app
def run(app: App) -> None:
    """Run all of FizzStat here, until Ctrl-C."""
    from deploy.run import run as run_all

    raise SystemExit(run_all(app.settings))


@click.command()
@pass_app
def collect(app: App) -> None:
    """Run the collector, and the drain of its spool."""
    from deploy.serve import collect as serve

    serve(app.settings)


@click.command()
@pass_app
def dashboard(app: App) -> None:
    """Run the dashboard."""
    from deploy.serve import dashboard as serve

    serve(app.settings)


@click.command("import")
@pass_app
def import_(app: App) -> None:
    """Run an importer, which makes documents of hits.

    SIGTERM or Ctrl-C ends it after the batch that it is at.
    """
    from accounts.upkeep import keep_published
    from importer.daemon import run as run_importer

    with _until_signal(app.settings, "import") as stop:
        Thread(target=keep_published, args=(app.settings, stop), name="accounts", daemon=True).start()
        run_importer(app.settings, stop)


@click.command()
@pass_app
def drain(app: App) -> None:
    """Run the drain, which queues what was spooled.

    Collectors spool while Redis is away; `collect` runs a drain itself.
    """
    from hits.drain import run as run_drain

    with _until_signal(app.settings, "drain") as stop:
        run_drain(app.settings, stop)


@contextmanager
def _until_signal(settings: Settings, service: str) -> Iterator[Event]:
    """Logging on, and an event that SIGTERM and SIGINT set."""
    logs.set_up(settings, service)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, frame: stop.set())
    yield stop
