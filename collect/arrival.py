"""What comes to a way in, and what it gives back, free of any web framework: an Arrival in, an Answer out."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from collect.errors import Refused

Header = tuple[str, str]

JSON: Header = ("Content-Type", "application/json")
NO_PARTS: Mapping[str, str] = MappingProxyType({})


class Arrival(NamedTuple):
    """A request. `header("USER_AGENT")` is a header's text, "" where there is none; `peer` the address that connected;
    `query` still percent-encoded; `now` in milliseconds since 1970; `parts` what stands in the `<name>`s of the way's path."""

    method: str
    query: str
    body: bytes
    peer: str
    header: Callable[[str], str]
    now: int
    parts: Mapping[str, str] = NO_PARTS


class Answer(NamedTuple):
    """A response, without Content-Length. `why` is what a refusal, or a request that was left out, is counted as."""

    status: int
    body: bytes = b""
    headers: Sequence[Header] = ()
    why: str = ""


def arrival(environ: Mapping[str, Any], body: bytes, now: int, parts: Mapping[str, str] = NO_PARTS) -> Arrival:
    """The request of a WSGI environ, its body read before."""

    def header(name: str) -> str:
        text = environ.get("HTTP_" + name)
        return utf8(text) if text else ""

    query = utf8(environ.get("QUERY_STRING", ""))
    return Arrival(environ["REQUEST_METHOD"], query, body, environ.get("REMOTE_ADDR", ""), header, now, parts)


def utf8(text: str) -> str:
    """What WSGI hands over as Latin-1, read as the UTF-8 that it mostly is."""
    return text if text.isascii() else text.encode("latin-1", "replace").decode("utf-8", "replace")


def json_answer(status: int, content: Any, headers: Sequence[Header] = ()) -> Answer:
    return Answer(status, msgspec.json.encode(content), (JSON, *headers))


def refusal(error: Refused) -> Answer:
    return json_answer(error.status, {"error": error.sentence, "field": error.field}, error.headers)._replace(why=error.reason)
