"""The scripts that pages embed, cacheable for a day and from any origin; those of a released version for good.

| path | |
|---|---|
| GET /tracker.js, /vitals.js | static/tracker.min.js, static/vitals.min.js |
| GET /fizzstat.mjs | the tracker as a module |
| GET /tracker-1.0.0.js, /vitals-1.0.0.js | what static/released/ has: no file there ever changes, so pages may name its hash |
"""

import gzip
import json
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Self

from werkzeug.http import parse_accept_header, parse_etags

from collect.arrival import Answer, Arrival
from collect.way import Way

DAY = 24 * 3600
FOR_GOOD = f"public, max-age={365 * DAY}, immutable"
HEADERS = (
    ("Content-Type", "text/javascript; charset=utf-8"),
    ("Access-Control-Allow-Origin", "*"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("Vary", "Accept-Encoding"),
)


@dataclass(frozen=True)
class Script:
    plain: bytes
    packed: bytes
    etag: str
    cached: str

    @classmethod
    def of(cls, text: bytes, cached: str = f"public, max-age={DAY}") -> Self:
        return cls(text, gzip.compress(text, 9, mtime=0), blake2b(text, digest_size=8).hexdigest(), cached)

    def answer(self, arrival: Arrival) -> Answer:
        packs = parse_accept_header(arrival.header("ACCEPT_ENCODING"))["gzip"] > 0
        tag = self.etag + ("-gzip" if packs else "")
        headers = (*HEADERS, ("Cache-Control", self.cached), ("ETag", f'"{tag}"'))
        if parse_etags(arrival.header("IF_NONE_MATCH")).contains_weak(tag):
            return Answer(304, headers=headers)
        if packs:
            return Answer(200, self.packed, (*headers, ("Content-Encoding", "gzip")))
        return Answer(200, self.plain, headers)


def attribute(name: str, value: str) -> bytes:
    """JavaScript to stand before the tracker, that gives its tag a data attribute; "" gives none."""
    return f"document.currentScript.dataset.{name}={json.dumps(value)};".encode() if value else b""


def ways(tracker: bytes, folder: Path) -> tuple[Way, ...]:
    """The ways of the scripts in `folder`, static/, but for the tracker, whose text is given."""
    scripts = {"/tracker.js": Script.of(tracker)}
    for path, name in (("/vitals.js", "vitals.min.js"), ("/fizzstat.mjs", "fizzstat.mjs")):
        scripts[path] = Script.of((folder / name).read_bytes())
    for released in sorted((folder / "released").glob("*.js")):
        scripts[f"/{released.name}"] = Script.of(released.read_bytes(), FOR_GOOD)
    return tuple(_way(path, script) for path, script in scripts.items())


def _way(path: str, script: Script) -> Way:
    return Way(path, ("GET",), lambda arrival, _: script.answer(arrival))
