"""The store in a folder: tantivy, one index a kind, asked with the same search bodies as Elasticsearch.

One process writes (a lock on the folder sees to it), any may read meanwhile: a reader looks, before each search, whether
something was committed. What is written but not flushed is found by `get` and `create`, not by searches.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from ctypes import CDLL
from pathlib import Path
from threading import RLock, local
from typing import Any

import orjson

from store.answer import empty
from store.base import BOT_KINDS, KINDS, Document, StoreAway, StoreError, StoreTaken, Written
from store.columns import key, row
from store.filters import answer
from store.mappings import META, find
from store.queries import MATCH_ALL, count, translate
from store.rebuild import rebuild
from store.sorting import By, Hit, load, ordered
from store.source import Unwritable, receipt, refused
from store.subset import check_query, check_search
from store.tantivy_index import TantivyIndex

ALL_KINDS = (*KINDS, *BOT_KINDS)
PAGE = 2000  # hits of one page of a scan


class EmbeddedStore:
    """See store/base.py."""

    def __init__(self, folder: Path, prefix: str, write: bool = False):
        self.url = "embedded"
        self._folder, self._prefix = folder, prefix
        self._lock = _lock(folder) if write else None
        self._indices = {kind: TantivyIndex(folder / kind, kind) for kind in ALL_KINDS}
        #: the sources of documents that are written and not yet flushed, by key
        self._pending: dict[str, bytes] = {}
        self._one_at_a_time = RLock() if write else nullcontext()
        #: how often writing failed, and how often it had when a thread wrote what it has not flushed yet
        self._failures, self._of_thread = 0, local()

    def setup(self) -> None:
        with self._writing():
            for kind in ALL_KINDS:
                rebuild(self._folder, kind)

    def create(self, documents: Sequence[Document]) -> list[Written]:
        with self._writing():
            there = self._find([(one.index, one.id) for one in documents])
            written = []
            for one in documents:
                name = key(one.index, one.id)
                source = self._pending.get(name) or there.get(name)
                found = None if source is None else Written("exists", receipt=receipt(orjson.loads(source)))
                written.append(found or self._write(one, name, "created"))
            return written

    def put(self, documents: Sequence[Document], version: int) -> list[Written]:
        """The version is not looked at: there is one writer, so what comes later is newer."""
        with self._writing():
            return [self._write(one, key(one.index, one.id), "put") for one in documents]

    def get(self, keys: Sequence[tuple[str, str]]) -> list[Mapping[str, Any] | None]:
        names = [key(*one) for one in keys]
        with self._reading():
            there = self._find([one for one, name in zip(keys, names, strict=True) if name not in self._pending])
            sources = [self._pending.get(name) or there.get(name) for name in names]
        return [None if source is None else orjson.loads(source) for source in sources]

    def delete(self, kind: str, query: Mapping[str, Any]) -> int:
        check_query(kind, query)
        self.flush()
        deleted = self.count(kind, query)
        if deleted:
            with self._writing():
                self._indices[kind].remove_matching(translate(kind, query))
                self._indices[kind].commit()
        return deleted

    def flush(self) -> None:
        with self._writing():
            failures = self._of_thread.__dict__.pop("failures", self._failures)
            if failures != self._failures:
                raise StoreAway(f"the store in {self._folder} could not be written meanwhile")
            dirty = [index for index in self._indices.values() if index.dirty]
            if not dirty:
                return
            with ThreadPoolExecutor(len(dirty)) as pool:
                list(pool.map(TantivyIndex.commit, dirty))  # a commit mostly waits, for the disk and its own thread
            self._pending.clear()
        _give_back_memory()

    def refresh(self) -> None:
        """Nothing to wait for: every search looks for commits."""

    def search(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        check_search(kind, body)
        began = time.perf_counter()
        total, hits, aggregations = 0, [], empty(body.get("aggs", {}))
        query = translate(kind, body.get("query", MATCH_ALL))
        with self._reading():
            searcher = self._indices[kind].searcher()
            if searcher is not None:
                total = count(searcher, query)
                size, start, sort = body.get("size", 10), body.get("from", 0), _sort(kind, body)
                if size and sort:
                    hits = ordered(searcher, kind, query, sort, start + size, body.get("search_after"))[start:]
                elif size:
                    found = searcher.search(query, limit=size, offset=start, count=False).hits
                    hits = [load(searcher, address) for _, address in found]
                if "aggs" in body:
                    aggregations = answer(searcher, kind, query, body["aggs"])
        wanted = body.get("_source", True)
        told: dict[str, Any] = {
            "took": round((time.perf_counter() - began) * 1000),
            "timed_out": False,
            "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
            "hits": {
                "total": {"value": total, "relation": "eq"},
                "max_score": None,
                "hits": [_told(hit, wanted, "sort" in body) for hit in hits],
            },
        }
        return told | {"aggregations": aggregations} if "aggs" in body else told

    def scan(self, kind: str, query: Mapping[str, Any] | None = None, *, newest_first: bool = False) -> Iterator[dict[str, Any]]:
        check_query(kind, query or MATCH_ALL)
        timestamp = find(kind, "@timestamp")
        assert timestamp
        sort: list[By] = [(timestamp, newest_first), (META["_id"], False)]
        with self._reading():
            searcher = self._indices[kind].searcher()
        page: list[Hit] = []
        while searcher is not None:
            with self._reading():
                after = page[-1].values if page else None
                page = ordered(searcher, kind, translate(kind, query or MATCH_ALL), sort, PAGE, after)
            for hit in page:
                yield {"_index": hit.index, "_id": hit.id, "_source": hit.source}
            if len(page) < PAGE:
                return

    def count(self, kind: str, query: Mapping[str, Any] | None = None) -> int:
        return int(self.search(kind, {"query": query or MATCH_ALL, "size": 0})["hits"]["total"]["value"])

    def health(self) -> dict[str, Any]:
        told: dict[str, Any] = {"ok": True, "store": "embedded", "url": self.url, "folder": str(self._folder)}
        try:
            told["documents"] = {kind: self.count(kind) for kind in KINDS}
            told["bytes"] = sum(_size(file) for file in self._folder.rglob("*"))
        except StoreError as error:
            told |= {"ok": False, "error": str(error)}
        return told

    def close(self) -> None:
        self._let_go()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _write(self, document: Document, name: str, state: str) -> Written:
        self._of_thread.__dict__.setdefault("failures", self._failures)
        index = self._indices[document.kind]
        try:
            new = row(document)
        except Unwritable as error:
            return refused(error)
        if state == "put":
            index.remove(name)
        index.add(new)
        self._pending[name] = document.source
        return Written(state)

    def _find(self, keys: Sequence[tuple[str, str]]) -> dict[str, bytes]:
        by_kind: dict[str, list[str]] = {}
        for index, id_ in keys:
            by_kind.setdefault(self._kind(index), []).append(key(index, id_))
        found: dict[str, bytes] = {}
        for kind, names in by_kind.items():
            found |= self._indices[kind].find(names)
        return found

    def _kind(self, index: str) -> str:
        """`fizzstat-bot-view-2026.11` holds bot-views."""
        rest = index.removeprefix(f"{self._prefix}-")
        for kind in ALL_KINDS:
            if rest.startswith(f"{kind}-"):
                return kind
        raise StoreError(f"{index} is no index of {self._prefix}")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            with self._one_at_a_time:
                yield
        except (ValueError, OSError) as error:
            if isinstance(error, StoreError):
                raise
            raise StoreAway(f"the store in {self._folder} cannot be read: {error}") from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """After a failure nothing is known of what was not flushed: all of it is forgotten, and the writers are made anew.
        Another thread that wrote some of it is told when it flushes."""
        if self._lock is None:
            raise StoreError("this store was opened for reading")
        with self._one_at_a_time:
            try:
                yield
            except (ValueError, OSError) as error:
                if isinstance(error, StoreError):
                    raise
                self._let_go()
                self._failures += 1
                self._of_thread.__dict__.pop("failures", None)
                raise StoreAway(f"the store in {self._folder} cannot be written: {error}") from error

    def _let_go(self) -> None:
        for index in self._indices.values():
            index.close()
        self._indices = {kind: TantivyIndex(self._folder / kind, kind) for kind in ALL_KINDS}
        self._pending.clear()


def _lock(folder: Path) -> int:
    """A lock that goes with its process, however that ends."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "writer.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise StoreTaken(f"another importer writes to the embedded store in {folder}, which takes one at a time") from None
    return lock


def _sort(kind: str, body: Mapping[str, Any]) -> list[By]:
    fields = ((find(kind, name), order) for one in body.get("sort", ()) for name, order in one.items())
    return [(field, order == "desc") for field, order in fields if field]


def _told(hit: Hit, wanted: Any, is_sorted: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"_index": hit.index, "_id": hit.id, "_score": None}
    if wanted is not False:
        told["_source"] = hit.source if wanted is True else _parts(hit.source, wanted)
    if is_sorted:
        told["sort"] = list(hit.values)
    return told


def _parts(source: Mapping[str, Any], wanted: Sequence[str], path: str = "") -> dict[str, Any]:
    """The fields, and whole groups, that are wanted."""
    parts: dict[str, Any] = {}
    for name, value in source.items():
        here = f"{path}{name}"
        if any(here == one or here.startswith(f"{one}.") for one in wanted):
            parts[name] = value
        elif isinstance(value, Mapping) and (inside := _parts(value, wanted, f"{here}.")):
            parts[name] = inside
    return parts


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0  # a merge was quicker


def _trim() -> Callable[[int], int] | None:
    try:
        return CDLL(None).malloc_trim
    except AttributeError:
        return None


_malloc_trim = _trim()


def _give_back_memory() -> None:
    """glibc keeps what a commit's threads let go: 230 MB after a dozen batches, 70 MB with this, which takes 4 ms."""
    if _malloc_trim:
        _malloc_trim(0)
