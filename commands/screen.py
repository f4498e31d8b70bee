"""How commands speak: tables and sentences for people, JSON for programs. Text of hits is made safe for a terminal."""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPED_WIDTH = 120

# Control characters (a terminal obeys them), line separators (they would make one line two), marks that turn text around
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def json_line(value: Any) -> str:
    """One line of JSON, with escapes for whatever a terminal or a line reader would stumble on."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def say_json(value: Any) -> None:
    click.echo(json_line(value))


def plain(text: object) -> str:
    """Text of a hit for a table: unsafe characters are shown as their numbers."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", str(text))


def console() -> Console:
    return Console(highlight=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> Table:
    """Columns whose head begins with # are numbers."""
    made = Table(title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in heads:
        made.add_column(head.removeprefix("#"), justify="right" if head.startswith("#") else "left", overflow="fold", style="")
    for row in rows:
        made.add_row(*(Text(f"{cell:,}" if isinstance(cell, int) else plain(cell)) for cell in row))
    return made


def say(*parts: object) -> None:
    """Print tables and sentences; a sentence is never read for rich's markup."""
    out = console()
    for part in parts:
        out.print(part if isinstance(part, Table) else Text(str(part)))


def bytes_of(number: float) -> str:
    """For people: 1.5 GiB."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.3g} {unit}"
        number /= 1024
    return f"{number:.3g} TiB"


def span(seconds: float) -> str:
    """For people: 3 minutes."""
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
