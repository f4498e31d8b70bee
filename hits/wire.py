"""A script on a plain socket, since most of what a push costs through redis-py is redis-py (bench/README.md has the figures).

A Lua script with its keys and arguments in, the whole number that it answers out. It speaks RESP 2, and of that no more than it
needs: https://redis.io/docs/latest/develop/reference/protocol-spec/. Nothing is sent twice, but for a script that Redis
does not know (NOSCRIPT): of that it has done nothing. After any other failure the connection is closed, so that an answer which
comes late is never taken for another's.
"""

import socket
import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Self

from redis.connection import UnixDomainSocketConnection, parse_url

from hits.cluster import is_cluster
from hits.redis import QueueAway
from hits.scripts import Script

Command = Sequence[bytes | str | int]

#: What a URL may say if a plain socket is to do for it; TLS and redis-py's own options are redis-py's.
PLAIN = {"connection_class", "path", "host", "port", "username", "password", "db"}


class Wire:
    """One connection, for one thread, made at its first script."""

    def __init__(self, connect: Callable[[], socket.socket], greeting: Sequence[Command], timeout: float):
        self._connect, self._greeting = connect, greeting
        # The kernel keeps this time itself: Python's own timeout costs a system call more for each send and receive.
        self._timeout = struct.pack("@ll", int(timeout), int(timeout % 1 * 1_000_000))
        self._link: socket.socket | None = None

    @classmethod
    def to(cls, url: str, timeout: float) -> Self | None:
        """The way to a Redis by its URL; None if that takes more than a plain socket. `timeout` (seconds) is for each step."""
        if is_cluster(url):
            return None
        options: dict[str, Any] = parse_url(url)  # type: ignore[no-untyped-call]
        if options.keys() - PLAIN or options.get("connection_class") not in (None, UnixDomainSocketConnection):
            return None
        greeting: list[Command] = []
        if password := options.get("password"):
            greeting.append(("AUTH", options["username"], password) if options.get("username") else ("AUTH", password))
        if database := options.get("db"):
            greeting.append(("SELECT", database))

        def connect() -> socket.socket:
            if path := options.get("path"):
                return _unix(path, timeout)
            return _tcp(options.get("host", "localhost"), options.get("port", 6379), timeout)

        return cls(connect, greeting, timeout)

    def run(self, script: Script, keys: Sequence[str], arguments: Command) -> int:
        """What the script answers. Raises QueueAway; then nobody knows whether it ran."""
        rest = (len(keys), *keys, *arguments)
        try:
            # Whatever is raised on the way, by a signal even, leaves no link behind that still owes an answer.
            link, self._link = self._link or self._open(), None
            try:
                line = _ask(link, ("EVALSHA", script.sha, *rest))
                if line.startswith(b"-NOSCRIPT"):
                    line = _ask(link, ("EVAL", script.text, *rest))
                number = _number(line)
                self._link = link
            finally:
                if not self._link:
                    link.close()
        except (OSError, ValueError) as error:
            raise QueueAway(str(error) or type(error).__name__) from error
        return number

    def close(self) -> None:
        if self._link:
            self._link.close()
            self._link = None

    def _open(self) -> socket.socket:
        link = self._connect()
        try:
            link.settimeout(None)
            for direction in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                link.setsockopt(socket.SOL_SOCKET, direction, self._timeout)
            for command in self._greeting:
                if (line := _ask(link, command)) != b"+OK":
                    raise _refusal(line)
        except (OSError, QueueAway):
            link.close()
            raise
        return link


def _unix(path: str, timeout: float) -> socket.socket:
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(timeout)
    try:
        link.connect(path)
    except OSError:
        link.close()
        raise
    return link


def _tcp(host: str, port: int, timeout: float) -> socket.socket:
    link = socket.create_connection((host, port), timeout)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def _ask(link: socket.socket, command: Command) -> bytes:
    """The one line that Redis answers. Raises OSError and QueueAway."""
    link.sendall(packed(command))
    answer = b""
    while not answer.endswith(b"\r\n"):
        piece = link.recv(4096)
        if not piece:
            raise QueueAway("Redis closed the connection")
        answer += piece
    line, _, more = answer.partition(b"\r\n")
    if more:
        raise QueueAway("Redis answered more than it was asked")
    return line


def packed(command: Command) -> bytes:
    """A command as RESP has it: an array of bulk strings."""
    parts = [b"*%d\r\n" % len(command)]
    for argument in command:
        parts.append(_bulk(argument) if isinstance(argument, bytes) else _bulk_of_text(argument))
    return b"".join(parts)


def _bulk(text: bytes) -> bytes:
    return b"$%d\r\n%b\r\n" % (len(text), text)


@lru_cache(maxsize=1024)
def _bulk_of_text(argument: str | int) -> bytes:
    """Of what comes again and again: names of commands, keys and ledger fields."""
    return _bulk(str(argument).encode())


def _number(line: bytes) -> int:
    if not line.startswith(b":"):
        raise _refusal(line)
    return int(line[1:])


def _refusal(line: bytes) -> QueueAway:
    return QueueAway(line[1:].decode(errors="replace") if line.startswith(b"-") else "this is no answer that Redis gives")
