"""What a store must promise.

Both stores hold the same documents, made from the same mappings/, and pass tests/real/test_stores.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

#: The kinds of documents; a bot's are kept apart as `bot-client`, `bot-visit`, …
KINDS = ("client", "visit", "view", "event")
BOT_KINDS = tuple("bot-" + kind for kind in KINDS)


class StoreError(Exception):
    """What a store can end in."""


class StoreAway(StoreError):
    """The store does not answer, or asks to be left alone for a while (429): try again later.

    Nothing is known of what was written.
    """


class BadSearch(StoreError, ValueError):
    """A search body that the subset does not know; the message names the place."""


class StoreTaken(StoreError):
    """The embedded store has another writer."""


class Document(msgspec.Struct, frozen=True, gc=False):
    """A document to write. `index` is its whole name, such as `fizzstat-view-2026.11`; `source` its JSON, an object."""

    kind: str
    index: str
    id: str
    source: bytes


class Written(NamedTuple):
    """What became of one document.

    `state` is `created`; `exists`: a document of that id was there (`receipt` is its `hit.receipt`); `put`; `stale`: a
    newer version was there and stays; or `refused`: the store will never take this document, and `reason` says why.
    """

    state: str
    receipt: str = ""
    reason: str = ""


class Store(Protocol):
    """Every method may raise StoreAway. Those that write need a store opened with `write=True`; threads may share it."""

    url: str  # without user, password or key

    def setup(self) -> None:
        """Make the store ready for these mappings: install or update templates, make folders. Safe to repeat."""

    def create(self, documents: Sequence[Document]) -> list[Written]:
        """Write documents that are not there yet; those that are there stay as they are. One answer a document, in order."""

    def put(self, documents: Sequence[Document], version: int) -> list[Written]:
        """Write documents whole, over what is there, unless that has a higher version (`stale`)."""

    def get(self, keys: Sequence[tuple[str, str]]) -> list[Mapping[str, Any] | None]:
        """The sources of documents by (index, id), as last written, flushed or not; None where there is none."""

    def delete(self, kind: str, query: Mapping[str, Any]) -> int:
        """Delete the documents of a kind that match a query of the search subset; how many they were."""

    def flush(self) -> None:
        """Return when everything written is safe from a crash of this process."""

    def refresh(self) -> None:
        """Return when everything flushed is found by searches."""

    def search(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a body of the supported subset of Elasticsearch's search API, in its answer's shape. Raises BadSearch."""

    def scan(self, kind: str, query: Mapping[str, Any] | None = None, *, newest_first: bool = False) -> Iterator[dict[str, Any]]:
        """All hits ({"_index", "_id", "_source"}) of a query, by `@timestamp` then `_id`, past any limit of a single search."""

    def read(self, kind: str, query: Mapping[str, Any], fields: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """Of all hits of a query these fields (or groups) of the source, nested, in no order: the fast way to many documents."""

    def count(self, kind: str, query: Mapping[str, Any] | None = None) -> int:
        """How many documents match."""

    def state(self) -> str:
        """A text that is another one once searches may answer differently, some seconds later at most; cheap to ask for."""

    def health(self) -> dict[str, Any]:
        """{"ok": bool, …}: what an operator wants to know; never raises StoreAway."""

    def close(self) -> None:
        """Let go; what was not flushed may be lost."""


def index_name(prefix: str, kind: str, period: str) -> str:
    """`fizzstat-view-2026.11`, `fizzstat-bot-view-2026.11`."""
    return f"{prefix}-{kind}-{period}"
