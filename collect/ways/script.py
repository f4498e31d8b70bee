"""GET /tracker.js and, as it always was, GET /: the script that pages embed, cacheable for a day and from any origin."""

import gzip
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Self

from werkzeug.http import parse_accept_header, parse_etags

from collect.arrival import Answer, Arrival

HEADERS = (
    ("Content-Type", "text/javascript; charset=utf-8"),
    ("Cache-Control", "public, max-age=86400"),
    ("Access-Control-Allow-Origin", "*"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("Vary", "Accept-Encoding"),
)


@dataclass(frozen=True)
class Script:
    plain: bytes
    packed: bytes
    etag: str

    @classmethod
    def load(cls, path: Path) -> Self:
        text = path.read_bytes()
        return cls(text, gzip.compress(text, 9, mtime=0), blake2b(text, digest_size=8).hexdigest())

    def answer(self, arrival: Arrival) -> Answer:
        packs = parse_accept_header(arrival.header("ACCEPT_ENCODING"))["gzip"] > 0
        tag = self.etag + ("-gzip" if packs else "")
        headers = (*HEADERS, ("ETag", f'"{tag}"'))
        if parse_etags(arrival.header("IF_NONE_MATCH")).contains_weak(tag):
            return Answer(304, headers=headers)
        if packs:
            return Answer(200, self.packed, (*headers, ("Content-Encoding", "gzip")))
        return Answer(200, self.plain, headers)
