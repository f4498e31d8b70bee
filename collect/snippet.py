"""The tag that pages embed: a collector's address in, HTML out."""

import json
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from settings import HOME

RELEASED = HOME / "static" / "released"


def snippet(collector: str, attributes: str = "") -> str:
    """`<script defer src="…/tracker.js"></script>`. A collector that only this machine reaches is tried on pages of this machine,
    which the tracker leaves out unless its tag has `data-local`."""
    return _tag(f"{collector}/tracker.js", local(collector) + attributes)


def pinned(collector: str, script: str = "tracker", folder: Path = RELEASED, attributes: str = "") -> str:
    """The tag of the newest released version, with the hash that browsers hold it against."""
    hashes: dict[str, str] = json.loads((folder / "hashes.json").read_text())
    newest = max((name for name in hashes if name.startswith(f"{script}-")), key=_version)
    by_itself = local(collector) if script == "tracker" else ""
    return _tag(f"{collector}/{newest}", f' integrity="{hashes[newest]}" crossorigin="anonymous"{by_itself}{attributes}')


def local(collector: str) -> str:
    """As static/tracker.js knows hosts of this machine."""
    host = urlsplit(collector).hostname or ""
    return " data-local" if host.startswith("127.") or host.endswith("localhost") or host == "::1" else ""


def _tag(src: str, attributes: str) -> str:
    return f'<script defer src="{escape(src)}"{attributes}></script>'


def _version(name: str) -> tuple[int, ...]:
    """tracker-1.10.0.js -> (1, 10, 0)"""
    return tuple(int(part) for part in name.removesuffix(".js").rpartition("-")[2].split("."))
