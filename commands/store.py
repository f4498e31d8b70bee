"""`./fizzstat setup` and `./fizzstat show`: what the store is made ready for, and what lies in it."""

from itertools import islice

import click

from commands.app import App, pass_app
from commands.screen import json_line, say
from store.base import BOT_KINDS, KINDS


@click.command()
@pass_app
def setup(app: App) -> None:
    """Make the store ready: its templates, or its folders.

    The importer does so when it starts.
    """
    with app.store(write=True) as store:
        store.setup()
        say(f"The store is ready: {store.url}")


@click.command()
@click.argument("kind", type=click.Choice((*KINDS, *BOT_KINDS)))
@click.option("--last", type=click.IntRange(0), default=20, show_default=True, help="How many, at most.")
@click.option("--site", help="Of one site: its id, or a host of it.")
@pass_app
def show(app: App, kind: str, last: int, site: str | None) -> None:
    """Show stored documents, the newest first.

    One JSON document a line.
    """
    id = app.site_id(site)
    query = {"term": {"site": id}} if id else None
    with app.store() as store:
        for hit in islice(store.scan(kind, query, newest_first=True), last):
            click.echo(json_line({"_id": hit["_id"], "_index": hit["_index"], **hit["_source"]}))
