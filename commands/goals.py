"""`./fizzstat goals …`: what a site's visitors are wished to do. Counted over past data too."""

from typing import Any

import click

from accounts.goals import add_goal, drop_goal, list_goals
from accounts.tables import Goal
from commands.app import App, pass_app
from commands.screen import plain, say, say_json, table
from commands.sites import made_site


@click.group()
def goals() -> None:
    """Goals: pages, events and scrolling that questions count.

    They hold for the past as well: nothing needs to be set up to be recorded.
    """


@goals.command("add")
@click.option("--site", required=True, help="Its id, or a host of it.")
@click.option("--page", "path", default="", help="A page: /pricing; * is anything within a part of it, ** anything: /blog/**.")
@click.option("--event", default="", help="An event, by its name.")
@click.option("--property", "properties", multiple=True, help="What the event must have: plan=pro; several: say it again.")
@click.option("--scroll", "percent", type=int, help="How far the page must be scrolled, in percent.")
@click.option("--currency", default="", help="Of the event's revenue: EUR.")
@click.option("--name", default="", help="What questions call it; else as Plausible would: Visit /pricing, or the event's name.")
@pass_app
def add(app: App, /, site: str, properties: tuple[str, ...], **given: Any) -> None:
    """Make a goal: of a page, of an event, or of how far a page is scrolled."""
    if wrong := [text for text in properties if "=" not in text]:
        raise click.ClickException(f"--property takes KEY=VALUE, and {wrong[0]!r} has no =.")
    with app.accounts.change() as session:
        goal = add_goal(session, made_site(session, site), properties=dict(p.split("=", 1) for p in properties), **given)
    say(f"The goal {plain(goal.name)} of {goal.site} is made.")


@goals.command("list")
@click.option("--site", help="Of one site: its id, or a host of it.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@pass_app
def list_(app: App, site: str | None, as_json: bool) -> None:
    """List them."""
    id = app.site_id(site)
    with app.accounts.read() as session:
        rows = [row_of(goal) for goal in list_goals(session, id)]
    if as_json:
        say_json(rows)
    elif rows:
        heads = ("Site", "Name", "Kind", "Page", "Event", "Properties", "Scrolled", "Currency")
        say(table(heads, [_line(row) for row in rows]))
    else:
        say("There is no goal yet; ./fizzstat goals add --site SITE --page /PATH makes one, and --event NAME too.")


@goals.command("drop")
@click.option("--site", required=True, help="Its id, or a host of it.")
@click.argument("name")
@pass_app
def drop(app: App, site: str, name: str) -> None:
    """Drop a goal; what was recorded stays."""
    id = app.site_id(site)
    assert id is not None
    with app.accounts.change() as session:
        drop_goal(session, id, name)
    say(f"The goal {plain(name)} of {id} is dropped.")


def row_of(goal: Goal) -> dict[str, Any]:
    return {
        "id": goal.id,
        "site": goal.site,
        "name": goal.name,
        "kind": goal.kind,
        "path": goal.path or None,
        "event": goal.event or None,
        "properties": goal.properties,
        "percent": goal.percent or None,
        "currency": goal.currency or None,
    }


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    properties = ", ".join(f"{key}={value}" for key, value in row["properties"].items())
    percent = f"{row['percent']} %" if row["percent"] else ""
    texts = (row[name] or "" for name in ("site", "name", "kind", "path", "event"))
    return *texts, properties, percent, row["currency"] or ""
