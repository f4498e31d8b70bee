"""`./fizzstat init`: a settings_ext.py to begin with, in which every setting stands as a comment with its default."""

import os
from pathlib import Path
from textwrap import wrap

import click

from commands.screen import say
from settings import HOME, SETTINGS, Setting

HEAD = '''"""FizzStat's settings. Take the # from a line and change what stands there; a restart makes it count.

Variables of the environment (FIZZSTAT_COLLECT_PORT=8010) win over this file; `./fizzstat env` shows what holds, and from where.
Some values are secret: this file is its owner's alone, and git does not see it.
"""
'''
WIDTH = 120


@click.command()
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=HOME / "settings_ext.py",
    show_default="settings_ext.py at the top of the checkout",
    help="Where to write it; FizzStat reads the default alone.",
)
def init(force: bool, file: Path) -> None:
    """Write a settings_ext.py in which every setting is explained."""
    part = file.with_name(file.name + ".part")
    try:
        if file.exists() and not force:
            raise click.ClickException(f"{file} is there already. To write over it, and lose what it says: --force")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as new:
            new.write(commented())
        part.replace(file)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from None
    say(f"{file} has every setting, as a comment. Change what you need, and start FizzStat again.")


def commented() -> str:
    """The text of the file."""
    return HEAD + "".join(f"\n{_row(setting)}\n" for setting in SETTINGS)


def _row(setting: Setting) -> str:
    return "\n".join(
        [*wrap(setting.help, WIDTH, initial_indent="# ", subsequent_indent="# "), f"# {setting.name} = {literal(setting)}"]
    )


def literal(setting: Setting) -> str:
    """The default as one would write it in Python: 8000, True, "embedded"."""
    value = setting.read(setting.default)
    return repr(value) if isinstance(value, bool | int | float) else f'"{setting.default}"'
