"""docs/ways.md says what is: every row of its tables is sent, and what it says becomes of it is looked for in the hit."""

import json
from typing import Any

import msgspec
import pytest

from docs.ways import formats, targets
from store.base import KINDS
from store.mappings import find
from tests.unit.collecting import Collected

FORMATS = list(formats())
ROWS = [(format, row) for format in FORMATS for row in format["rows"]]
IDS = [f"{format['name']} {row['field']}" for format, row in ROWS]
#: What differs from one hit to the next of the same request.
OWN = ("receipt", "client_hash")


def merged(base: Any, more: Any) -> Any:
    if isinstance(base, dict) and isinstance(more, dict):
        return {**base, **{name: merged(base.get(name), value) for name, value in more.items()}}
    return more


def sent(format: dict[str, Any], row: dict[str, Any]) -> list[dict[str, Any]]:
    """The hits that a row's request makes."""
    collected = Collected(**row.get("settings", {}))
    given = merged(format["base"], row.get("send", {}))
    headers = {**format.get("headers", {}), **row.get("headers", {})}
    if key := format.get("key"):
        headers["Authorization"] = f"Bearer {key}"
    if format["in"] == "json":
        body = {format["list"]: [given]} if "list" in format else given
        answer = collected.client.post(format["path"], data=json.dumps(body), headers=headers)
    else:
        method = format.get("method", "GET")
        answer = collected.client.open(format["path"], method=method, query_string=given, headers=headers)
    assert answer.status_code < 300, answer.text
    return [msgspec.to_builtins(hit) for hit in collected.hits]


@pytest.mark.parametrize(("format", "row"), ROWS, ids=IDS)
def test_a_field_ends_where_the_table_says(format: dict[str, Any], row: dict[str, Any]) -> None:
    hits = sent(format, row)
    if "hits" in row:
        assert len(hits) == row["hits"]
        return
    (hit,) = hits
    (usual,) = sent(format, {})
    if "hit" in row:
        assert {name: hit.get(name, _nothing(value)) for name, value in row["hit"].items()} == row["hit"]
    else:
        assert {name: hit.get(name) for name in hit if name not in OWN} == {
            name: usual.get(name) for name in usual if name not in OWN
        }


def _nothing(value: Any) -> Any:
    """What a field that is not there means: of most it is the empty one."""
    return True if value is True else type(value)()


@pytest.mark.parametrize(("format", "row"), ROWS, ids=IDS)
def test_a_field_ends_in_fields_that_documents_have(format: dict[str, Any], row: dict[str, Any]) -> None:
    kinds = (*KINDS, "bot-view")
    assert [name for name in targets(row) if not any(find(kind, name) or name == "event.data" for kind in kinds)] == []
    assert targets(row) or "hit" not in row
