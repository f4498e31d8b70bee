"""A request's body: a WSGI environ in, bytes of a bounded size out.

Who sends too much sees its 413 only if it may finish sending, so what is over the limit is read on and thrown away, up to
DRAIN; a connection with more than that is not worth keeping.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from collect.errors import NoLength, Refused, TooLarge, Unreadable

PIECE = 64 << 10
DRAIN = 8 << 20


def read_body(environ: Mapping[str, Any], most: int) -> bytes:
    """The whole body, however it was sent. Raises TooLarge above `most` bytes, Unreadable where it breaks off, NoLength."""
    if 0 < (length := _length(environ)) <= most and not is_chunked(environ):
        return _exactly(environ["wsgi.input"], length)
    pieces: list[bytes] = []
    size = 0
    for piece in _pieces(environ):
        size += len(piece)
        if size <= most:
            pieces.append(piece)
        elif size > DRAIN:
            break
    if size > most:
        raise TooLarge(f"the body is larger than the {most >> 10} KiB that are taken here")
    return b"".join(pieces)


def throw_away(environ: Mapping[str, Any]) -> None:
    """Let a sender finish whose request is refused unread."""
    try:
        read_body(environ, 0)
    except Refused:
        return


def is_chunked(environ: Mapping[str, Any]) -> bool:
    return "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()


def _pieces(environ: Mapping[str, Any]) -> Iterator[bytes]:
    try:
        if not is_chunked(environ):
            yield from _of_length(environ)
        elif environ.get("wsgi.input_terminated"):
            yield from iter(lambda: environ["wsgi.input"].read(PIECE), b"")
        elif "uwsgi.version" in environ:
            import uwsgi  # it exists only inside a uWSGI worker

            yield from iter(uwsgi.chunked_read, b"")
        else:
            raise NoLength("the body needs a Content-Length here")
    except OSError:
        raise Unreadable("the body broke off") from None


def _exactly(stream: Any, length: int) -> bytes:
    """Nearly every body, read at one go."""
    try:
        body: bytes = stream.read(length)
        while len(body) < length and (more := stream.read(length - len(body))):
            body += more
    except OSError:
        body = b""
    if len(body) < length:
        raise Unreadable("the body broke off")
    return body


def _length(environ: Mapping[str, Any]) -> int:
    length = environ.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isascii() and length.isdecimal() else 0


def _of_length(environ: Mapping[str, Any]) -> Iterator[bytes]:
    left = _length(environ)
    while left > 0:
        piece = environ["wsgi.input"].read(min(left, PIECE))
        if not piece:
            raise Unreadable("the body broke off")
        left -= len(piece)
        yield piece
