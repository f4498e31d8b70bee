"""An answer's forms: JSON, CSV, or a JSON object a line (NDJSON). In: an answer of query/. Out: rows, or text.

CSV is opened in spreadsheets, which run a cell that begins like a formula; what visitors sent must not, so it is preceded by
an apostrophe there (https://owasp.org/www-community/attacks/CSV_Injection). JSON says what was stored.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def written(answer: Mapping[str, Any], form: str) -> bytes:
    """The answer as a `form` of TYPES; of CSV and NDJSON the results alone."""
    if form == "json":
        return orjson.dumps(answer)
    if form == "ndjson":
        return b"".join(orjson.dumps(row) + b"\n" for row in rows(answer))
    return csv_text(answer).encode()


def rows(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The results as objects. Those of lists without names, as Plausible answers, get the question's own."""
    results = answer["results"]
    if isinstance(results, Mapping):
        return [dict(results)]
    asked = answer.get("query", {})
    return [_named(row, asked) if isinstance(row.get("metrics"), list) else dict(row) for row in results]


def _named(row: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    named = dict(zip(asked.get("dimensions", ()), row.get("dimensions", ()), strict=False))
    named |= zip(asked["metrics"], row["metrics"], strict=True)
    if compared := row.get("comparison"):
        named["comparison"] = _named({**compared, "comparison": None}, asked)
        if "change" in compared:
            named["change"] = dict(zip(asked["metrics"], compared["change"], strict=True))
    return named


def csv_text(answer: Mapping[str, Any]) -> str:
    """A line of names and one for each row; what is nested gets a dotted name, and lists are written as JSON."""
    flat = [dict(_flat(row)) for row in rows(answer)]
    asked = answer.get("query", {})
    names = list(dict.fromkeys(name for row in flat for name in row))
    names = names or [*asked.get("dimensions", ()), *asked.get("metrics", ())]
    out = io.StringIO()
    lines = csv.writer(out)
    if names:
        lines.writerow([cell(name) for name in names])
    lines.writerows([cell(row.get(name)) for name in names] for row in flat)
    return out.getvalue()


def _flat(row: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def cell(value: Any) -> Any:
    """A value as CSV has it."""
    if isinstance(value, str):
        return "'" + value if value.startswith(_FORMULA) else value
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    return orjson.dumps(value).decode()
