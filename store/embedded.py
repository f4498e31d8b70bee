"""The store in a folder: tantivy, one index a kind, asked with the same search bodies as Elasticsearch.

One process writes (a lock on the folder sees to it), any may read meanwhile: a reader looks, before each search, whether
something was committed. What is flushed is in the journal (store/journal.py), and is committed some time after, with more
besides; until then the writer's `get` and `create` find it, and searches do not.
"""

import fcntl
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from threading import RLock, Timer, local
from typing import Any

import orjson

from store.answer import empty
from store.base import BOT_KINDS, KINDS, Document, StoreAway, StoreError, StoreTaken, Written
from store.columns import key, row
from store.embedded_read import decoder, every, source
from store.filters import answer
from store.journal import Journal
from store.mappings import META, find
from store.memory import give_back, keep_large_pieces_apart
from store.queries import MATCH_ALL, count, translate
from store.rebuild import fitting_row, rebuild
from store.sorting import By, Hit, load, ordered
from store.source import Unwritable, receipt, refused
from store.subset import check_query, check_search
from store.tantivy_index import TantivyIndex

ALL_KINDS = (*KINDS, *BOT_KINDS)
PAGE = 2000  # hits of one page of a scan
COMMIT_SHARE = 0.1  # of the time that commits may take: a busy machine commits less often,
COMMIT_SECONDS = 1.0, 3.0  # but so long after the last one at least and at most,
COMMIT_DOCUMENTS = 6_000  # and once so many documents wait
REFRESH_SECONDS = 10.0  # that a reader waits for a commit

log = logging.getLogger(__name__)


class EmbeddedStore:
    """See store/base.py."""

    def __init__(self, folder: Path, prefix: str, write: bool = False):
        self.url = "embedded"
        self._folder, self._prefix = folder, prefix
        self._lock = _lock(folder) if write else None
        if write:
            keep_large_pieces_apart()
        self._indices = {kind: TantivyIndex(folder / kind, kind) for kind in ALL_KINDS}
        #: the sources of documents that are written and not yet committed, by key; those of them that are not flushed
        self._pending: dict[str, bytes] = {}
        self._unflushed: list[Document] = []
        self._journal = Journal(folder / "journal")
        self._knows_journal, self._next_commit = False, 0.0
        self._timer: Timer | None = None
        self._one_at_a_time = RLock() if write else nullcontext()
        #: how often writing failed, and how often it had when a thread wrote what it has not flushed yet
        self._failures, self._of_thread = 0, local()

    def setup(self) -> None:
        with self._writing(knowing_journal=False):
            for kind in ALL_KINDS:
                rebuild(self._folder, kind)
        with self._writing():
            """What the journal holds is committed."""

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
        with self._writing():
            self._commit()
            deleted = self.count(kind, query)
            if deleted:
                self._indices[kind].remove_matching(translate(kind, query))
                self._indices[kind].commit()
        return deleted

    def flush(self) -> None:
        with self._writing():
            failures = self._of_thread.__dict__.pop("failures", self._failures)
            if failures != self._failures:
                raise StoreAway(f"the store in {self._folder} could not be written meanwhile")
            if self._unflushed:
                self._journal.write(self._unflushed)
                self._unflushed = []
            if not self._pending:
                return
            wait = self._next_commit - time.monotonic()
            if wait <= 0 or len(self._pending) >= COMMIT_DOCUMENTS:
                self._commit()
            elif self._timer is None:
                self._timer = Timer(wait, self._commit_later)
                self._timer.daemon = True
                self._timer.start()

    def refresh(self) -> None:
        """A reader, to which every commit shows by itself, waits for the writer's next one; but not for a writer that is gone."""
        if self._lock is not None:
            with self._writing():
                self._commit()
            return
        flushed, until = self._journal.size(), time.monotonic() + REFRESH_SECONDS
        while 0 < flushed <= self._journal.size() and time.monotonic() < until:
            time.sleep(0.02)

    def search(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        check_search(kind, body)
        began = time.perf_counter()
        total, hits, aggregations = 0, [], empty(body.get("aggs", {}))
        counted = body.get("track_total_hits", True)
        query = translate(kind, body.get("query", MATCH_ALL))
        with self._reading():
            searcher = self._indices[kind].searcher()
            if searcher is not None:
                total = count(searcher, query) if counted else 0
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
                **({"total": {"value": total, "relation": "eq"}} if counted else {}),
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

    def read(self, kind: str, query: Mapping[str, Any], fields: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        check_query(kind, query)
        decode = decoder(fields)
        with self._reading():
            searcher = self._indices[kind].searcher()
            found = [] if searcher is None else every(searcher, translate(kind, query))
        for start in range(0, len(found), PAGE):
            with self._reading():
                page = [decode(source(searcher, address)) for address in found[start : start + PAGE]]
            yield from page

    def count(self, kind: str, query: Mapping[str, Any] | None = None) -> int:
        return int(self.search(kind, {"query": query or MATCH_ALL, "size": 0})["hits"]["total"]["value"])

    def state(self) -> str:
        """What was committed last of each kind."""
        return " ".join(_last_commit(self._folder / kind) for kind in KINDS)

    def health(self) -> dict[str, Any]:
        told: dict[str, Any] = {"ok": True, "store": "embedded", "url": self.url, "folder": str(self._folder)}
        try:
            told["documents"] = {kind: self.count(kind) for kind in KINDS}
            told["bytes"] = sum(_size(file) for file in self._folder.rglob("*"))
        except StoreError as error:
            told |= {"ok": False, "error": str(error)}
        return told

    def close(self) -> None:
        if self._lock is not None:
            with suppress(StoreError), self._writing():
                self._commit()
        with self._one_at_a_time:
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
        self._unflushed.append(document)
        return Written(state)

    def _commit(self) -> None:
        """Bring everything written into tantivy's own files."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        dirty = [index for index in self._indices.values() if index.dirty]
        if dirty:
            began = time.monotonic()
            with ThreadPoolExecutor(len(dirty)) as pool:
                list(pool.map(TantivyIndex.commit, dirty))  # a commit mostly waits, for the disk and its own thread
            self._journal.empty()
            self._pending.clear()
            self._unflushed.clear()
            give_back()
            ended, (least, most) = time.monotonic(), COMMIT_SECONDS
            self._next_commit = ended + min(max(least, (ended - began) / COMMIT_SHARE), most)

    def _commit_later(self) -> None:
        try:
            with self._writing():
                self._commit()
        except StoreError as error:
            log.warning("%s; what is flushed waits in the journal", error)

    def _know_journal(self) -> None:
        """Before anything else, what a process before, or a failure of this one, left in the journal is committed."""
        if self._lock is None or self._knows_journal:
            return
        for documents in self._journal.read():
            for document in documents:
                index = self._indices[document.kind]
                index.remove(key(document.index, document.id))
                index.add(fitting_row(document))
        self._commit()
        self._knows_journal = True

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
                self._know_journal()
                yield
        except (ValueError, OSError) as error:
            if isinstance(error, StoreError):
                raise
            raise StoreAway(f"the store in {self._folder} cannot be read: {error}") from error

    @contextmanager
    def _writing(self, knowing_journal: bool = True) -> Iterator[None]:
        """After a failure nothing is known of what was not flushed: all of it is forgotten, the writers are made anew, and the
        journal is read again. Another thread that wrote some of it is told when it flushes."""
        if self._lock is None:
            raise StoreError("this store was opened for reading")
        with self._one_at_a_time:
            try:
                if knowing_journal:
                    self._know_journal()
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
        self._unflushed.clear()
        self._journal.close()
        self._knows_journal = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


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


def _last_commit(folder: Path) -> str:
    try:
        told = (folder / "meta.json").stat()
    except FileNotFoundError:
        return "-"
    return f"{told.st_ino}.{told.st_mtime_ns}"


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0  # a merge was quicker
