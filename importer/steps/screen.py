"""Screen and language: what the page told, else the Accept-Language header, in; screen {size, depth} and language out."""

import re
from functools import lru_cache
from typing import Any

from hits.hit import Hit
from importer.facts import Context, Facts

DEPTHS = range(1, 129)

_SIZE = re.compile(r"\s*0*([1-9]\d{0,4})\s*(?:[xX×]\s*0*([1-9]\d{0,4})\s*)?", re.ASCII)
#: BCP 47's language, script and region. Variants and extensions (`-u-nu-latn`, `.UTF-8`) are passed over.
_LANGUAGE = re.compile(
    r"\s*(?P<language>[a-z]{2,3})(?:[-_][a-z]{3})*(?:[-_](?P<script>[a-z]{4}))?(?:[-_](?P<region>[a-z]{2}|\d{3}))?(?![a-z0-9])",
    re.IGNORECASE | re.ASCII,
)
#: ISO 639's codes for no language: undetermined, none, several, uncoded.
_NO_LANGUAGE = frozenset({"und", "zxx", "mul", "mis"})


def put_screen(hit: Hit, facts: Facts, context: Context) -> None:
    if hit.screen or hit.screen_depth:
        facts.screen = _screen(hit.screen, hit.screen_depth)
    if hit.language:
        facts.language = read_language(hit.language)
    if not facts.language and hit.accept_language:
        facts.language = first_language(hit.accept_language)


@lru_cache(2048)
def _screen(size: str, depth: int) -> dict[str, Any]:
    screen: dict[str, Any] = {}
    found = _SIZE.fullmatch(size)
    if found:
        screen["size"] = f"{found[1]}x{found[2]}" if found[2] else found[1]
    if depth in DEPTHS:
        screen["depth"] = depth
    return screen


@lru_cache(2048)
def read_language(tag: str) -> str:
    """`de_de.UTF-8` is `de-DE`, `zh-hant-tw` is `zh-Hant-TW`; "" for what is no language tag."""
    found = _LANGUAGE.match(tag)
    if not found or found["language"].lower() in _NO_LANGUAGE:
        return ""
    parts = (found["language"].lower(), (found["script"] or "").title(), (found["region"] or "").upper())
    return "-".join(part for part in parts if part)


@lru_cache(2048)
def first_language(header: str) -> str:
    """The first language that an Accept-Language header names (RFC 9110: browsers write the best first)."""
    return next(filter(None, (read_language(part.partition(";")[0]) for part in header.split(","))), "")
