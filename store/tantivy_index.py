"""One kind's tantivy index in a folder: rows in, searchers out. One process may write; any may read meanwhile."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock

import tantivy
from tantivy import Query

from store.base import StoreAway
from store.columns import schema

#: tantivy's buffer: what a batch needs is taken and given back at its commit. 15 MB is the least it accepts.
WRITER_BYTES = 30_000_000


class TantivyIndex:
    """Every method may raise what tantivy does, ValueError or OSError; the writing ones leave it unusable then."""

    def __init__(self, folder: Path, kind: str):
        self._folder, self._kind = folder, kind
        self._index: tantivy.Index | None = None
        self._writer: tantivy.IndexWriter | None = None
        self._seen: tuple[int, ...] = ()
        self._looking = Lock()  # tantivy-py lets nobody borrow an index while another thread reloads it
        self.dirty = False

    @property
    def there(self) -> bool:
        return (self._folder / "meta.json").exists()

    def searcher(self) -> tantivy.Searcher | None:
        """Over all that is committed, by whatever process; None where nothing ever was. It keeps seeing what it sees now."""
        try:
            folder, meta = self._folder.stat(), (self._folder / "meta.json").stat()
        except FileNotFoundError:
            return None
        seen = (folder.st_ino, meta.st_ino, meta.st_mtime_ns)
        with self._looking:
            if self._index is None or self._seen[:1] != seen[:1]:
                self._open()
            elif self._seen != seen:
                self._index.reload()
            self._seen = seen
            assert self._index
            return self._index.searcher()

    def find(self, keys: Sequence[str]) -> dict[str, bytes]:
        """The committed sources by `_key` of those that are there."""
        searcher = self.searcher() if keys else None
        if searcher is None:
            return {}
        hits = searcher.search(Query.term_set_query(schema(self._kind), "_key", list(keys)), limit=len(keys), count=False).hits
        rows = (searcher.doc(address) for _, address in hits)
        return {str(row.get_first("_key")): bytes(row.get_first("_source") or b"") for row in rows}

    def add(self, row: str) -> None:
        """A row as store/columns.py makes them."""
        self._open_writer().add_json(row)
        self.dirty = True

    def remove(self, key: str) -> None:
        self._open_writer().delete_documents_by_term("_key", key)
        self.dirty = True

    def remove_matching(self, query: Query) -> None:
        self._open_writer().delete_documents_by_query(query)
        self.dirty = True

    def commit(self) -> None:
        self._open_writer().commit()
        self.dirty = False

    def close(self) -> None:
        self._index = self._writer = None

    def rows(self) -> Iterable[tuple[str, bytes]]:
        """(`_key`, `_source`) of all that is committed, whatever schema it was written with."""
        index = tantivy.Index.open(str(self._folder))
        searcher = index.searcher()
        for _, address in searcher.search(Query.all_query(), limit=max(1, searcher.num_docs), count=False).hits:
            row = searcher.doc(address)
            yield str(row.get_first("_key")), bytes(row.get_first("_source") or b"")

    def is_of_these_mappings(self) -> bool:
        try:
            tantivy.Index(schema(self._kind), str(self._folder))
        except ValueError as error:
            if "schema does not match" not in str(error):
                raise
            return False
        return True

    def _open(self) -> None:
        if not self.is_of_these_mappings():
            raise StoreAway(
                f"the {self._kind} documents in {self._folder} are of other mappings: the importer's setup makes them anew"
            )
        self._index = tantivy.Index(schema(self._kind), str(self._folder))
        self._index.config_reader(reload_policy="manual")
        self._index.reload()

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._writer is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._open()
            assert self._index
            self._writer = self._index.writer(heap_size=WRITER_BYTES, num_threads=1)
        return self._writer
