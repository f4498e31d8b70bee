"""URLs as browsers read them (WHATWG, by ada): text in, a Url or None out. Shared by the page and the source."""

from functools import lru_cache
from typing import NamedTuple

import ada_url

from importer.steps.text import cut_escaped, scalars

#: Longer texts are read each time, so that a cache of them stays small whatever is sent.
CACHED = 512
#: The most characters of a host that DNS knows (RFC 1035).
HOST = 253

WEB = frozenset({"http:", "https:"})
APP = "android-app:"


class Url(NamedTuple):
    """`scheme` ends in a colon, `query` has no question mark, `fragment` no `#`; `host` is lower case, in punycode, IPv6 in
    brackets.

    User and password are left behind.
    """

    scheme: str
    host: str
    port: str
    path: str
    query: str
    fragment: str = ""

    @property
    def bare(self) -> str:
        """As documents have a foreign one: no user, no query, no fragment; at most 2,048 characters."""
        port = f":{self.port}" if self.port else ""
        return cut_escaped(f"{self.scheme}//{self.host}{port}{self.path}")

    @property
    def bare_host(self) -> str:
        return self.host.removeprefix("www.")


def read_url(text: str) -> Url | None:
    """What stands in a URL of the web or of an Android app; None for any other and for what no browser would open."""
    return _cached(text) if len(text) <= CACHED else _read(text)


def _read(text: str) -> Url | None:
    try:
        url = ada_url.URL(scalars(text))
    except ValueError:
        return None
    scheme = url.protocol
    if scheme not in WEB and scheme != APP:
        return None
    host = url.hostname.removesuffix(".").lower()
    if not host or len(host) > HOST or host[0] == ".":
        return None
    return Url(scheme, host, url.port, url.pathname or "/", url.search[1:], url.hash[1:])


_cached = lru_cache(8192)(_read)
