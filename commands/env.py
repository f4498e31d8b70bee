"""`./fizzstat env`: the settings."""

from pathlib import Path
from typing import Any

import click

from commands.app import App, pass_app
from commands.screen import say, say_json, table
from hits.redis import without_secrets
from settings import SETTINGS, Setting, Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@pass_app
def env(app: App, as_json: bool) -> None:
    """Show every setting, and where it came from."""
    rows = [row_of(setting, app.settings) for setting in SETTINGS]
    if as_json:
        say_json(rows)
    else:
        say(table(("Setting", "Value", "From", "What it is"), (tuple(row.values()) for row in rows)))


def row_of(setting: Setting, settings: Settings) -> dict[str, str]:
    """{name, value, from, help}; secrets are masked."""
    value = shown(getattr(settings, setting.name.lower()))
    if setting.secret and value:
        value = without_secrets(value) if "://" in value or value == setting.default else "***"
    return {"name": setting.variable, "value": value, "from": settings.origin[setting.name], "help": setting.help}


def shown(value: Any) -> str:
    """A value as a variable would say it."""
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ",".join(value) or "any"
        case frozenset():
            return ",".join(sorted(value))
        case Path() | str():
            return str(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
