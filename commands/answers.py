"""What commands that ask questions share: which site is meant, the answer, and how it is shown."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from accounts.asked import asked_site, known_sites
from commands.app import App
from commands.screen import json_line, say, say_json, table
from dashboard.api.errors import UnknownSite
from dashboard.api.forms import csv_text, rows
from dashboard.api.questions import Ask
from dashboard.words import seconds
from query.site import Site
from store.base import Store

NAMED = 10  # sites that a sentence names

PERCENT = (
    "bounce_rate",
    "percentage",
    "conversion_rate",
    "group_conversion_rate",
    "scroll_depth",
    "conversion_from_previous",
    "conversion_from_first",
)
SECONDS = ("visit_duration", "time_on_page")

Command = TypeVar("Command", bound=Callable[..., Any])


def site_option(command: Command) -> Command:
    return click.option("--site", help="Its id, or a host of it; not needed where there is only one.")(command)


def form_options(command: Command) -> Command:
    """The one that was said is the parameter `form`, None for a table."""
    for name, help in (("csv", "As CSV."), ("json", "As a JSON object: the whole answer.")):
        command = click.option(f"--{name}", "form", flag_value=name, help=help)(command)
    return command


def answered(app: App, site: str | None, ask: Ask, question: Mapping[str, Any]) -> dict[str, Any]:
    """Raises BadQuestion, StoreError, AccountsAway, and click's errors where the site is not clear."""
    with app.store() as store:
        found = which_site(app, store, site)
        return ask(store, {**question, "site_id": found.id}, found, datetime.now(UTC))


def which_site(app: App, store: Store, text: str | None) -> Site:
    """The site that was named, or the only one."""
    with app.accounts.read() as session:
        if text is None:
            sites = known_sites(session, store, NAMED + 1)
            if not sites:
                raise click.ClickException("There is no site yet: the first hit of one makes it.")
            if len(sites) > 1:
                raise click.ClickException(f"Say which site is meant: --site {' or '.join(sites[:NAMED])}.")
            [text] = sites
        found = asked_site(session, store, text, app.settings)
    if found is None:
        raise click.ClickException(UnknownSite(text).sentence)
    return found


def show(answer: Mapping[str, Any], form: str | None, heads: Mapping[str, str], nothing: str) -> None:
    """`heads` are what a table calls columns; `nothing` is said where the answer is empty."""
    if form == "json":
        say_json(answer)
        return
    found = rows(answer)
    if form == "csv":
        click.echo(csv_text(answer), nl=False)
    else:
        say(table_of(found, heads) if found else nothing)
    for note in notes(answer.get("meta", {})) if found else ():
        click.echo(note, err=True)


def table_of(found: Sequence[Mapping[str, Any]], heads: Mapping[str, str]) -> Any:
    names = list(dict.fromkeys(name for row in found for name in row))
    numbers = {name for name in names if all(isinstance(row.get(name), int | float | None) for row in found)}
    titles = [("#" if name in numbers else "") + (heads.get(name) or _head(name)) for name in names]
    return table(titles, [[shown(name, row.get(name)) for name in names] for row in found])


def _head(name: str) -> str:
    """Metrics in words; a dimension is what the question called it."""
    return name if ":" in name else name.replace("_", " ").capitalize()


def shown(name: str, value: Any) -> object:
    """A metric as people read it."""
    if value is None:
        return ""
    if name in PERCENT:
        return f"{value} %"
    if name in SECONDS:
        return seconds(value) or "0 s"
    if isinstance(value, Mapping):
        return value.get("long") or json_line(value)
    return value if isinstance(value, int | str) else json_line(value)


def notes(meta: Mapping[str, Any]) -> list[str]:
    """What of an answer's meta a person should know: its sentences."""
    warnings = [warning["warning"] for warning in meta.get("metric_warnings", {}).values()]
    return warnings + [text for name, text in meta.items() if name.endswith("_note")]
