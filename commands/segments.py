"""`./fizzstat segments …`: filters under a name, for the questions about a site."""

import json
from typing import Any

import click

from accounts.asked import site_asked_of
from accounts.segments import add_segment, drop_segment, list_segments
from accounts.tables import Segment
from commands.app import App, pass_app
from commands.screen import json_line, plain, say, say_json, table
from commands.sites import made_site
from query.filters import read


@click.group()
def segments() -> None:
    """Segments: filters under a name."""


@segments.command("add")
@click.option("--site", required=True, help="Its id, or a host of it.")
@click.argument("name")
@click.argument("filters")
@pass_app
def add(app: App, site: str, name: str, filters: str) -> None:
    """Make a segment.

    FILTERS are a question's, as JSON: '[["is", "visit:country", ["AT", "DE"]]]'.
    """
    given = _filters(filters)
    with app.accounts.change() as session:
        row = made_site(session, site)
        read(given, site_asked_of(row, app.settings))
        segment = add_segment(session, row, name, given)
    say(f"The segment {plain(segment.name)} of {segment.site} is made; questions name it by its number, {segment.id}.")


@segments.command("list")
@click.option("--site", help="Of one site: its id, or a host of it.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@pass_app
def list_(app: App, site: str | None, as_json: bool) -> None:
    """List them."""
    id = app.site_id(site)
    with app.accounts.read() as session:
        rows = [row_of(segment) for segment in list_segments(session, id)]
    if as_json:
        say_json(rows)
    elif rows:
        lines = [(row["site"], str(row["id"]), row["name"], json_line(row["filters"])) for row in rows]
        say(table(("Site", "Number", "Name", "Filters"), lines))
    else:
        say("There is no segment yet; ./fizzstat segments add --site SITE NAME FILTERS makes one.")


@segments.command("drop")
@click.option("--site", required=True, help="Its id, or a host of it.")
@click.argument("name")
@pass_app
def drop(app: App, site: str, name: str) -> None:
    """Drop a segment."""
    id = app.site_id(site)
    assert id is not None
    with app.accounts.change() as session:
        drop_segment(session, id, name)
    say(f"The segment {plain(name)} of {id} is dropped.")


def row_of(segment: Segment) -> dict[str, Any]:
    return {"id": segment.id, "site": segment.site, "name": segment.name, "filters": segment.filters}


def _filters(text: str) -> list[Any]:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise click.ClickException(f"FILTERS are no JSON: {error}") from None
    if not isinstance(given, list):
        raise click.ClickException("FILTERS are a JSON array, as a question has them.")
    return given
