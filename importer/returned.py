"""An entry of the queue that was a dead letter: facts, on their way once more. Any other entry is a hit."""

import msgspec

from hits.hit import VERSION, Hit, UnreadableHit, decode
from importer.facts import Facts


class Returned(msgspec.Struct, kw_only=True):
    """The envelope's fields are the ledger's (hits/hit.py)."""

    returned: int = VERSION
    received: int
    way: str
    site: str
    facts: Facts


_decode = msgspec.json.Decoder(Returned).decode
MARK = b'{"returned":'


def entry_of(facts: Facts) -> bytes:
    return msgspec.json.encode(Returned(received=facts.received, way=facts.way, site=facts.site, facts=facts))


def read(entry: bytes) -> Hit | Facts:
    """Raises UnreadableHit."""
    if not entry.startswith(MARK):
        return decode(entry)
    try:
        return _decode(entry).facts
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnreadableHit(str(error)) from None
