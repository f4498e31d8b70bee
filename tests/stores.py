"""What the tests of stores share: `Opener`, and documents with just enough in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

import settings
from store import open_store
from store.base import Document, Store

#: Fixtures that give a store's URL; `embedded` is one by itself.
STORES = ("embedded", "elasticsearch_8", "elasticsearch_9")


@dataclass
class Opener:
    """`opener(write=True)` opens a store; all that one Opener opens hold the same documents, which no other test sees."""

    url: str
    prefix: str
    folder: Path
    opened: list[Store] = field(default_factory=list)

    def __call__(self, write: bool = False, **more: str) -> Store:
        environ = {
            "FIZZSTAT_STORE_URL": self.url,
            "FIZZSTAT_INDEX_PREFIX": self.prefix,
            "FIZZSTAT_DATA_DIR": str(self.folder),
            **more,
        }
        store = open_store(settings.load(environ, Path("/nowhere")), write=write)
        self.opened.append(store)
        return store

    def close(self) -> None:
        for store in self.opened:
            store.close()
        self.opened.clear()

    def document(self, kind: str, id_: str, source: Mapping[str, Any], period: str = "2026.11") -> Document:
        return Document(kind, f"{self.prefix}-{kind}-{period}", id_, orjson.dumps(source))


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """{"url.path": "/"} is {"url": {"path": "/"}}."""
    source: dict[str, Any] = {}
    for path, value in flat.items():
        *groups, name = path.split(".")
        branch = source
        for group in groups:
            branch = branch.setdefault(group, {})
        branch[name] = value
    return source
