"""The fields of documents, as mappings/ describes them: what both stores are made from.

mappings/common.json has the fields of every kind, mappings/KIND.json the others; a field's name is its path, its value a
mapping of Elasticsearch. Kinds of bots (`bot-view`) have the fields of their own kind (`view`).

Fields that are not described stay in `_source` and are not indexed (`dynamic: false`). Refusing them would refuse
documents of a newer importer by an index that an older one made.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "mappings"

WHOLE_NUMBERS = {"byte": 7, "short": 15, "long": 63}  # bits without the sign
NUMBERS = frozenset({*WHOLE_NUMBERS, "double"})


@dataclass(frozen=True)
class Field:
    """`kept`: in `_source` only, neither found nor counted. A key inside a flattened field is a Field of type `key`."""

    path: str
    type: str
    kept: bool = False

    @property
    def is_text(self) -> bool:
        return self.type in ("keyword", "key")

    @property
    def is_number(self) -> bool:
        return self.type in NUMBERS


#: What a store adds to every document.
META = {name: Field(name, "keyword") for name in ("_id", "_index")}


@cache
def properties(kind: str) -> dict[str, dict[str, Any]]:
    """Elasticsearch's `properties` of a kind's mapping."""
    files = (FOLDER / "common.json", FOLDER / f"{kind.removeprefix('bot-')}.json")
    return {path: mapping for file in files for path, mapping in json.loads(file.read_bytes()).items()}


@cache
def fields(kind: str) -> dict[str, Field]:
    """By path."""
    return {
        path: Field(path, mapping["type"], mapping.get("index") is False or mapping.get("enabled") is False)
        for path, mapping in properties(kind).items()
    }


def find(kind: str, name: str) -> Field | None:
    """The field of that name that searches may use: `url.path`, `_index`, `event.data.plan` (a key inside a flattened one)."""
    field = META.get(name) or fields(kind).get(name)
    if field is not None:
        return None if field.kept else field
    for flattened in fields(kind).values():
        beginning = flattened.path + "."
        if flattened.type == "flattened" and name.startswith(beginning) and name != beginning:
            return Field(name, "key")
    return None
