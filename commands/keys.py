"""`./fizzstat keys …`: API keys."""

from datetime import UTC, datetime
from typing import Any

import click

from accounts.keys import add_key, drop_key, list_keys, new_key
from accounts.sites import add_site, find_site
from accounts.tables import Key
from commands.app import App, pass_app
from commands.screen import plain, say, say_json, table


@click.group()
def keys() -> None:
    """API keys, for POST /event and the API."""


@keys.command("add")
@click.argument("name")
@click.option("--rights", default="read,write", show_default=True, help="Of read, write, admin; comma-separated.")
@click.option("--site", help="For one site alone: its id, or a host of it. Without, for all sites.")
@pass_app
def add(app: App, name: str, rights: str, site: str | None) -> None:
    """Make a key, and show it this once.

    The key alone is the last line.
    """
    key = new_key()
    with app.accounts.change() as session:
        made = site is not None and find_site(session, site) is None and add_site(session, site, now=datetime.now(UTC))
        row = add_key(session, name, key, rights=rights.replace(",", " ").split(), site=site, now=datetime.now(UTC))
    if made:
        say(f"The site {made.id} is made too: it had no hit yet.")
    click.echo(
        f"The key {plain(row.name)} may {' and '.join(row.rights)} on {row.site or 'all sites'}. It is not shown again:", err=True
    )
    click.echo(key)


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@pass_app
def list_(app: App, as_json: bool) -> None:
    """List their names and rights; keys themselves are not kept."""
    with app.accounts.read() as session:
        rows = [row_of(key) for key in list_keys(session)]
    if as_json:
        say_json(rows)
    elif rows:
        lines = [(row["name"], ", ".join(row["rights"]), row["site"] or "all", row["created"]) for row in rows]
        say(table(("Name", "Rights", "Site", "Made"), lines))
    else:
        say("There is no key yet; ./fizzstat keys add NAME makes one.")


@keys.command("drop")
@click.argument("name")
@pass_app
def drop(app: App, name: str) -> None:
    """Drop a key: it opens nothing any more."""
    with app.accounts.change() as session:
        drop_key(session, name)
    say(f"The key {plain(name)} is dropped.")


def row_of(key: Key) -> dict[str, Any]:
    created = key.created.isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"name": key.name, "rights": key.rights, "site": key.site, "created": created}
