"""The embedded store's journal: documents that are safe from a crash, and not in tantivy's own files yet. Documents in, and after
a crash the same documents out.

A commit costs tantivy as much as some thousand documents do, and what small ones wrote is merged again and again; so what is
flushed goes here at once, and there later. A record is the length and the CRC-32 of its bytes, then a list of documents as
MessagePack. What a crash left half written at the end is nothing: its flush never returned.
"""

import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from zlib import crc32

import msgspec

from store.base import Document

_HEAD = struct.Struct("<II")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Document]).decode


class Journal:
    """Every method may raise OSError; then `read` comes first again."""

    def __init__(self, path: Path):
        self._path = path
        self._file: int | None = None
        self._end = 0  # of the last whole record

    def read(self) -> Iterator[list[Document]]:
        """The documents of each record, in order. Those of the same name replace each other."""
        content = self._path.read_bytes() if self._path.exists() else b""
        self._end = 0
        while documents := self._record(content):
            yield documents

    def write(self, documents: Sequence[Document]) -> None:
        """Returns when they are on the disk."""
        body = _encode(documents)
        record = _HEAD.pack(len(body), crc32(body)) + body
        file, at = self._open(), self._end
        while record:
            wrote = os.pwrite(file, record, at)
            record, at = record[wrote:], at + wrote
        os.fdatasync(file)
        self._end = at

    def empty(self) -> None:
        """All of it is committed. It is off the disk when this returns: what is deleted later must not come back from here."""
        file = self._open()
        os.ftruncate(file, 0)
        os.fsync(file)
        self._end = 0

    def size(self) -> int:
        """Bytes, of whatever process wrote them."""
        return self._path.stat().st_size if self._path.exists() else 0

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _record(self, content: bytes) -> list[Document]:
        """The record at `_end`, which moves past it; [] where there is no whole one."""
        start = self._end + _HEAD.size
        if start > len(content):
            return []
        length, checksum = _HEAD.unpack_from(content, self._end)
        body = content[start : start + length]
        if len(body) < length or crc32(body) != checksum:
            return []
        self._end = start + length
        return _decode(body)

    def _open(self) -> int:
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)  # the file's name, too, is safe from a crash
            finally:
                os.close(folder)
        return self._file
