"""Writes to Elasticsearch in bulk: lines of JSON in; each item's status and error out, in order.

Chunks are bounded by count and bytes. Items, or whole chunks, that the server was too busy for (429, 503) are sent again,
with backoff, up to a limit; what else is not the item's own fault raises StoreAway, and the caller repeats the whole.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from elasticsearch import ApiError, Elasticsearch

from store.base import StoreAway

MOST_ITEMS = 1000
MOST_BYTES = 5 << 20
PAUSES = (0.1, 0.3, 0.9, 2.0)  # seconds
BUSY = (429, 503)
#: Requests under way at once: what one waits for the server, another uses to read and write.
STREAMS = 2

#: Errors of status 400 that tell of the cluster, not of the document: too many shards are open.
NOT_THE_ITEM = frozenset({"validation_exception"})


@dataclass(frozen=True)
class Answer:
    """`reason` names the field and quotes no value."""

    status: int
    reason: str = ""


def bulk(client: Elasticsearch, items: Sequence[bytes], sleep: Callable[[float], None] = time.sleep) -> list[Answer]:
    """`items` are an action's line and, where it has one, its document's, both with their newline."""
    answers: list[Answer] = [Answer(0)] * len(items)

    def send(chunk: list[int]) -> None:
        for pause in (*PAUSES, None):
            chunk = _send(client, items, chunk, answers)
            if not chunk:
                break
            if pause is None:
                raise StoreAway(f"Elasticsearch is too busy: {answers[chunk[0]].reason}")
            sleep(pause)

    chunks = list(_chunks(items))
    if len(chunks) <= 1:
        for chunk in chunks:
            send(chunk)
    else:
        with ThreadPoolExecutor(STREAMS) as pool:
            list(pool.map(send, chunks))
    return answers


def _chunks(items: Sequence[bytes]) -> Iterator[list[int]]:
    chunk: list[int] = []
    size = 0
    for n, item in enumerate(items):
        if chunk and (len(chunk) == MOST_ITEMS or size + len(item) > MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(n)
        size += len(item)
    if chunk:
        yield chunk


def _send(client: Elasticsearch, items: Sequence[bytes], chunk: Sequence[int], answers: list[Answer]) -> list[int]:
    """Note the answers of a chunk; gives what has to be sent again. What a proxy finds too long goes in halves."""
    try:
        # ready bytes: the client's own way, an object a line, costs six times as much
        lines: Any = b"".join([items[n] for n in chunk])
        body = client.bulk(operations=lines, filter_path="items.*.status,items.*.error").body
    except ApiError as error:
        if error.status_code in BUSY:
            for n in chunk:
                answers[n] = Answer(error.status_code, str(error.error))
            return list(chunk)
        if error.status_code != 413:
            raise
        if len(chunk) == 1:
            answers[chunk[0]] = Answer(400, "the document is longer than the server takes (413)")
            return []
        half = len(chunk) // 2
        return _send(client, items, chunk[:half], answers) + _send(client, items, chunk[half:], answers)
    again = []
    for n, item in zip(chunk, body["items"], strict=True):
        [told] = item.values()
        answers[n] = answer = Answer(told["status"], _reason(told["error"]) if "error" in told else "")
        if answer.status in BUSY:
            again.append(n)
        elif answer.status >= 400 and not _is_its_own(told):
            raise StoreAway(f"Elasticsearch cannot write now ({answer.status}): {answer.reason}")
    return again


def _is_its_own(told: dict[str, Any]) -> bool:
    """Whether an error is about this very document."""
    missing = told["status"] == 404 and "error" not in told
    return missing or told["status"] == 409 or (told["status"] == 400 and told["error"]["type"] not in NOT_THE_ITEM)


def _reason(error: dict[str, Any]) -> str:
    """`failed to parse field [visit.views] of type [long]`: what follows in Elasticsearch's sentence quotes the value."""
    said = re.sub(r"^\[\d+:\d+\] ", "", str(error.get("reason", "")))
    said = re.split(r" in document with id|\. Preview of field's value|: \[?{|\n", said)[0]
    return f"{error.get('type', 'error')}: {said}"[:300]
