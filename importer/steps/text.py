"""Text from outside, made fit for documents: Unicode that can be encoded, no control characters, not too long."""

import re

#: The most characters of any name, path, host or code in a document (CONTRACT.md).
KEYWORD = 2048

_BREAKS = re.compile(r"[\t-\r\x85\u2028\u2029]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_ESCAPE_CUT = re.compile(r"%[0-9A-Fa-f]?\Z")


def scalars(text: str) -> str:
    """The same text, with U+FFFD for every half of a surrogate pair, as browsers do before they parse a URL."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def clean(text: str, limit: int = KEYWORD) -> str:
    """The text in one line, trimmed, without control characters, at most `limit` characters."""
    if not text.isprintable():
        text = _CONTROLS.sub("", _BREAKS.sub(" ", scalars(text)))
    text = text.strip()
    return text if len(text) <= limit else text[:limit].rstrip()


def cut_escaped(text: str, limit: int = KEYWORD) -> str:
    """Percent-encoded text of at most `limit` characters, with no escape cut in two."""
    return text if len(text) <= limit else _ESCAPE_CUT.sub("", text[:limit])
