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
        gone = [key for key, source in self.documents.items() if _is_of(key[0], kind) and _matches(key[1], source, query)]
        for key in gone:
            del self.documents[key]
        return len(gone)

    def scan(self, kind: str, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [
            {"_index": index, "_id": id, "_source": source}
            for (index, id), source in self.documents.items()
            if _is_of(index, kind) and _matches(id, source, query)
        ]

    def flush(self) -> None:
        pass

    def of(self, kind: str) -> list[Mapping[str, Any]]:
        return [source for (index, _), source in self.documents.items() if index.startswith(f"fizzstat-{kind}-")]


def _is_of(index: str, kind: str) -> bool:
    return index.startswith(f"fizzstat-{kind}-")


def _matches(id: str, source: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    """What orders ask for: a term and a range of @timestamp together, ids, or terms of a visit's or client's id."""
    if "ids" in query:
        return id in query["ids"]["values"]
    if "terms" in query:
        ((path, wanted),) = query["terms"].items()
        group, name = path.split(".")
        return source[group][name] in wanted
    term, moments = (part[name] for part, name in zip(query["bool"]["filter"], ("term", "range"), strict=True))
    ((field, wanted),) = term.items()
    limits, at = moments["@timestamp"], milliseconds(source["@timestamp"])
    value = source["site"] if field == "site" else source["client"]["id"]
    return bool(value == wanted and limits.get("gt", -1) < at <= limits["lte"])
