"""When mappings/ has changed: an index of the embedded store is made anew out of the documents that it keeps.

The new one is made beside the old, then takes its place; killed anywhere, the next setup finds the old one or the new one
whole. A document of which the new mappings refuse a value stays, found by its name alone.
"""

import logging
import shutil
from pathlib import Path

from store.base import Document
from store.columns import bare_row, key, row
from store.source import Unwritable
from store.tantivy_index import TantivyIndex

log = logging.getLogger(__name__)
EVERY = 100_000  # documents between commits and lines of the log


def rebuild(folder: Path, kind: str) -> None:
    """Does nothing where the index is of these mappings, or where there is none."""
    index, new, old = folder / kind, folder / f"{kind}.new", folder / f"{kind}.old"
    if old.exists() and not index.exists():
        old.rename(index)
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)
    source = TantivyIndex(index, kind)
    if not source.there or source.is_of_these_mappings():
        return
    log.info("mappings have changed: indexing the %s documents anew", kind)
    target = TantivyIndex(new, kind)
    count = 0
    for count, (name, text) in enumerate(source.rows(), 1):
        index_name, id_ = name.split("/", 1)
        target.add(fitting_row(Document(kind, index_name, id_, text)))
        if count % EVERY == 0:
            target.commit()
            log.info("%d %s documents are indexed anew", count, kind)
    target.commit()
    target.close()
    index.rename(old)
    new.rename(index)
    shutil.rmtree(old)
    log.info("all %d %s documents are indexed anew", count, kind)


def fitting_row(document: Document) -> str:
    """A row of a document that was taken once, whatever mappings are today."""
    try:
        return row(document)
    except Unwritable as error:
        name = key(document.index, document.id)
        log.warning("%s does not fit the new mappings and is found by its name alone: %s", name, error)
        return bare_row(document)
