"""Orders for the importers, given and watched: `./fizzstat erase …`, and what `dead` needs."""

import re
import sys
import time

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from commands.app import App, pass_app
from commands.screen import console, plain, say
from hits import ledger, orders, workers

POLL = 0.1  # seconds between looks at an order's progress
CLIENT_ID = re.compile(r"[0-9a-f]{32}")


@click.group()
def erase() -> None:
    """Erase stored data: of one client, or of a whole site."""


no_wait_option = click.option("--no-wait", is_flag=True, help="Return when the order is given, not when it is done.")


@erase.command("client")
@click.argument("id")
@no_wait_option
@pass_app
def erase_client(app: App, id: str, no_wait: bool) -> None:
    """Erase all documents of a client: ID is a document's client.id."""
    id = id.strip().lower()
    if not CLIENT_ID.fullmatch(id):
        raise click.UsageError("A client's id is the client.id of a document: 32 hexadecimal digits.")
    give_and_wait(app, "erase-client", id, not no_wait)


@erase.command("site")
@click.argument("site")
@no_wait_option
@pass_app
def erase_site(app: App, site: str, no_wait: bool) -> None:
    """Erase all documents of a site, up to now: SITE is its id, or a host of it."""
    id = app.site_id(site) or ""
    if id not in ledger.sites(app.queue):
        raise click.ClickException(f"No hit of a site {plain(id)} was ever received: there is nothing to erase.")
    if sys.stdin.isatty() and not no_wait:
        click.confirm(f"Erase all that is stored of the site {plain(id)}? It cannot be undone", abort=True)
    give_and_wait(app, "erase-site", id, not no_wait)


@erase.command("wait")
@click.argument("order")
@pass_app
def erase_wait(app: App, order: str) -> None:
    """Wait for an order that was given with --no-wait."""
    _wait(app, order)


def give_and_wait(app: App, what: orders.What, target: str, wait: bool) -> None:
    """Raises QueueAway."""
    id = orders.give(app.queue, what, target)
    if wait:
        _wait(app, id)
    else:
        say(f"Order {id} is given; ./fizzstat erase wait {id} waits for it.")


def _wait(app: App, id: str) -> None:
    progress = orders.progress(app.queue, id)
    if progress is None:
        raise click.ClickException(f"There is no order {plain(id)!r} (any more).")
    if not progress.finished and not workers.alive(app.queue, app.settings.lease_seconds):
        say("No importer is at work: the order waits until one is (./fizzstat import). Ctrl-C stops waiting, not the order.")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("parts of the queue"))
    with Progress(*columns, console=console(), disable=not sys.stdout.isatty(), transient=True) as bar:
        task = bar.add_task(progress.order.what, total=progress.parts, completed=progress.done)
        while not progress.finished:
            time.sleep(POLL)
            progress = orders.progress(app.queue, id) or progress
            bar.update(task, completed=progress.done)
    say(f"Done: {progress.order.what} {progress.order.target or 'all'}: {progress.changed:,} {_things(progress.order.what)}.")


def _things(what: str) -> str:
    return "dead hits" if what in ("retry-dead", "drop-dead") else "documents and dead hits erased"
