"""Index templates out of mappings/, one for a kind and its bots: installed, and brought up to date, by `setup`."""

import hashlib
from dataclasses import dataclass
from typing import Any, Self

import orjson
from elasticsearch import Elasticsearch

from settings import Settings
from store.base import KINDS
from store.mappings import properties


@dataclass(frozen=True)
class Shape:
    """Of each new index. `replicas`: a number, or from how few to how many (`0-1`), as there are nodes for them."""

    shards: int = 1
    replicas: str = "0-1"

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(settings.index_shards, settings.index_replicas)

    def settings(self) -> dict[str, Any]:
        expanding = "-" in self.replicas
        replicas = {"auto_expand_replicas": self.replicas} if expanding else {"number_of_replicas": int(self.replicas)}
        return {"number_of_shards": self.shards, **replicas}


DEFAULT = Shape()


def setup(client: Elasticsearch, prefix: str, shape: Shape) -> None:
    """Existing indices get new fields first, then the template is written: killed in between, it is all done again."""
    for kind in KINDS:
        name, body = template(prefix, kind, shape)
        if installed(client, name) == body["_meta"]:
            continue
        client.indices.put_mapping(
            index=body["index_patterns"], properties=properties(kind), allow_no_indices=True, ignore_unavailable=True
        )
        client.indices.put_index_template(name=name, body=body)


def template(prefix: str, kind: str, shape: Shape = DEFAULT) -> tuple[str, dict[str, Any]]:
    """Its name and body. `_meta.hash` tells whether the installed one is the same."""
    body: dict[str, Any] = {
        "index_patterns": [pattern(prefix, kind), pattern(prefix, f"bot-{kind}")],
        "priority": 200,
        "template": {
            "settings": {
                **shape.settings(),
                # "12" is no number and 1.5 no whole one: wrong documents are refused, as the embedded store does
                "mapping.coerce": False,
            },
            "mappings": {"dynamic": False, "properties": properties(kind)},
        },
    }
    digest = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
    body["_meta"] = {"description": "written by FizzStat's setup from mappings/", "hash": digest}
    return f"{prefix}-{kind}", body


def pattern(prefix: str, kind: str) -> str:
    return f"{prefix}-{kind}-*"


def installed(client: Elasticsearch, name: str) -> Any:
    found = client.options(ignore_status=404).indices.get_index_template(name=name).body.get("index_templates", [])
    return found[0]["index_template"].get("_meta") if found else None
