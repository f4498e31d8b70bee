"""What foreign formats are understood: the files in docs/ways/ in, tables of docs/ways.md out; a test sends every row.

A file has one format or several (`---`): name, about, source; how it is sent: path, `in` json or query, `method` (POST for json,
else GET), `headers`, `base` (a whole request), `list` (the name of the list that it is wrapped in), `key` (one of
tests/unit/collecting.py).
Each row: `field`, as the format calls it; `send` and `headers`, merged into the base; `settings`; then `hit`, fields of the Hit
that it makes; or `hits`, how many it makes if not one; neither where the field changes nothing. `to` are fields of documents.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "ways"


def formats() -> Iterator[dict[str, Any]]:
    for file in sorted(FOLDER.glob("*.yml")):
        yield from yaml.safe_load_all(file.read_text())


def tables() -> str:
    return "\n\n".join(_table(format) for format in formats())


def _table(format: dict[str, Any]) -> str:
    rows = [_row(row) for row in format["rows"]]
    about = f"`{format['path']}`. {format['about'].strip()} Source: {format['source']}."
    return "\n".join([f"## {format['name']}\n", f"{about}\n", "| field | in documents | |", "|---|---|---|", *rows])


def _row(row: dict[str, Any]) -> str:
    fields = ", ".join(f"`{field}`" for field in row["field"].split(", "))
    return f"| {fields} | {', '.join(f'`{name}`' for name in targets(row))} | {row.get('about', '')} |"


def targets(row: dict[str, Any]) -> list[str]:
    return row["to"].split(", ") if "to" in row else []
