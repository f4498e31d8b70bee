"""Hosts known for referrer spam: our list and an operator's file in, a set of hosts out.

A file has a host a line, which stands for all hosts below it too; `#` begins a comment, `!` before a host takes it off the list.
"""

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import ada_url

from importer.watched import Unreadable, Watched
from settings import HOME, Settings


def watch_spam(settings: Settings) -> Watched[frozenset[str]]:
    """The set, which follows FIZZSTAT_SPAM_FILE while it changes. Raises Unreadable."""
    own = (HOME / Path(settings.spam_file).expanduser(),) if settings.spam_file else ()
    return Watched(lambda: own, read_spam)


def read_spam(own: tuple[Path, ...] = ()) -> frozenset[str]:
    """Our list, changed by the files of an operator. Raises Unreadable, which names the line."""
    hosts = set(_hosts(files("importer.data").joinpath("spam.txt").read_text("utf-8").splitlines(), "spam.txt"))
    for path in own:
        try:
            lines = path.read_text("utf-8").splitlines()
        except OSError as error:
            raise Unreadable(f"FIZZSTAT_SPAM_FILE: {path} cannot be read: {error.strerror or error}") from None
        except UnicodeDecodeError:
            raise Unreadable(f"FIZZSTAT_SPAM_FILE: {path} is no text in UTF-8") from None
        for host in _hosts(lines, f"FIZZSTAT_SPAM_FILE: {path}"):
            if host.startswith("!"):
                hosts.discard(host[1:])
            else:
                hosts.add(host)
    return frozenset(hosts)


def _hosts(lines: Iterable[str], where: str) -> Iterable[str]:
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip().lower()
        off, host = ("!", text[1:].strip()) if text.startswith("!") else ("", text)
        if not host:
            continue
        name = (host if host.isascii() else ada_url.idna.encode(host).decode()).removeprefix("www.").removesuffix(".")
        if "." not in name or any(letter in name for letter in " /:*?@,"):
            raise Unreadable(f"{where}, line {number}: {host!r} is no host; give one a line, as in spam.example")
        yield off + name
