"""Writes the generated parts of these pages: the settings' rows, why hits are dropped, other trackers' fields, the commands as
their help has them.

In: the pages, with `<!-- begin NAME -->` and `<!-- end NAME -->`. Out: the same, with what stands between them made anew.
A test fails while a page is out of date; `.venv/bin/python -m docs.build` mends it.
"""

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import click

from docs import scale, ways
from importer.facts import Drop
from metrics import table
from settings import SETTINGS

PAGES = Path(__file__).parent


def settings_table() -> str:
    rows = [f"| `{row.variable}` | {f'`{row.default}`' if row.default else ''} | {row.help} |" for row in SETTINGS]
    return "\n".join(["| variable | default | |", "|---|---|---|", *rows])


def drops_table() -> str:
    return "\n".join(["| reason | |", "|---|---|", *(f"| `{drop}` | {drop.sentence} |" for drop in Drop)])


def metrics_table(part: str) -> str:
    rows = [
        f"| `{metric.name}` | {metric.kind} | {', '.join(f'`{label}`' for label in metric.labels)} | {metric.help} |"
        for metric in table.PARTS[part]
    ]
    return "\n".join(["| metric | kind | labels | |", "|---|---|---|---|", *rows])


def commands_text() -> str:
    from cli import cli

    return "\n\n".join(_command_text(path, command) for path, command in commands(cli))


def commands(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All commands and groups below a group, with the words that call them."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command, path = group.get_command(context, name), (*above, name)
        if command:
            yield path, command
        if isinstance(command, click.Group):
            yield from commands(command, path)


def _command_text(path: tuple[str, ...], command: click.Command) -> str:
    help = inspect.cleandoc(command.help or "").replace("\b\n", "")
    if isinstance(command, click.Group):
        return f"### {' '.join(path)}\n\n{help}"
    context = click.Context(command)
    pieces = (piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]")
    records = [param.get_help_record(context) for param in command.params if isinstance(param, click.Option)]
    options = "\n".join(f"- `{names}` {text}" for names, text in filter(None, records))
    return f"### {' '.join(path)}\n\n    {' '.join(['./fizzstat', *path, *pieces])}\n\n{help}" + (
        f"\n\n{options}" if options else ""
    )


PARTS: dict[str, Callable[[], str]] = {
    "ways": ways.tables,
    "settings": settings_table,
    "drops": drops_table,
    "costs": scale.costs,
    "cores": scale.cores,
    "sizes": scale.sizes,
    "commands": commands_text,
    **{f"metrics {part}": partial(metrics_table, part) for part in table.PARTS},
}


def rebuilt(text: str) -> str:
    """A page with its generated parts made anew."""
    for name, make in PARTS.items():
        begin, end = f"<!-- begin {name} -->\n", f"\n<!-- end {name} -->"
        if begin in text:
            before, rest = text.split(begin)
            text = before + begin + make() + end + rest.split(end)[1]
    return text


if __name__ == "__main__":
    for page in sorted(PAGES.glob("*.md")):
        page.write_text(rebuilt(page.read_text()))
