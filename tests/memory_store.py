"""A store in a dictionary, as plain as its promises (store/base.py): what property tests write into by the thousand."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from importer.document import milliseconds
from store.base import Document, Written


class MemoryStore:
    url = "memory"

    def __init__(self, refuses: Callable[[Any], bool] = lambda source: False):
        self.documents: dict[tuple[str, str], Mapping[str, Any]] = {}
        self.versions: dict[tuple[str, str], int] = {}
        self.refuses = refuses

    def create(self, documents: Sequence[Document]) -> list[Written]:
        answers = []
        for one in documents:
            key = one.index, one.id
            if self.refuses(json.loads(one.source)):
                answers.append(Written("refused", reason="refused by the test"))
            elif key in self.documents:
                answers.append(Written("exists", receipt=self.documents[key]["hit"]["receipt"]))
            else:
                self.documents[key] = json.loads(one.source)
                self.versions[key] = 0
                answers.append(Written("created"))
        return answers

    def put(self, documents: Sequence[Document], version: int) -> list[Written]:
        answers = []
        for one in documents:
            key = one.index, one.id
            if self.versions.get(key, 0) > version:
                answers.append(Written("stale"))
                continue
            self.documents[key], self.versions[key] = json.loads(one.source), version
            answers.append(Written("put"))
        return answers

    def get(self, keys: Sequence[tuple[str, str]]) -> list[Mapping[str, Any] | None]:
        return [self.documents.get(key) for key in keys]

    def delete(self, kind: str, query: Mapping[str, Any]) -> int:
        """What erasing asks for: one term and one range on @timestamp."""
        term, upto = query["bool"]["filter"]
        ((field, wanted),) = term["term"].items()
        limit = upto["range"]["@timestamp"]["lte"]
        gone = []
        for key, source in self.documents.items():
            value = source["site"] if field == "site" else source["client"]["id"]
            if key[0].startswith(f"fizzstat-{kind}-") and value == wanted and milliseconds(source["@timestamp"]) <= limit:
                gone.append(key)
        for key in gone:
            del self.documents[key]
        return len(gone)

    def flush(self) -> None:
        pass

    def of(self, kind: str) -> list[Mapping[str, Any]]:
        return [source for (index, _), source in self.documents.items() if index.startswith(f"fizzstat-{kind}-")]
