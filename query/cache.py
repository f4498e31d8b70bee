"""Answers that are known still: `remembered(store, key, make)` makes an answer once, as long as the store stays as it is.

Each store of the process has a Cache of its own, which holds at most MOST_BYTES; what was not asked for longest goes first.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import orjson

from store.base import Store

MOST_BYTES = 32 << 20

Answer = dict[str, Any]


class Cache:
    """Answers as JSON by key, of one state of a store."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._state = ""
        self._answers: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    def get(self, state: str, key: str) -> Answer | None:
        with self._lock:
            found = self._answers.get(key) if state == self._state else None
            if found is None:
                return None
            self._answers.move_to_end(key)
        answer: Answer = orjson.loads(found)
        return answer

    def put(self, state: str, key: str, answer: Answer) -> None:
        told = orjson.dumps(answer)
        with self._lock:
            if state != self._state:
                self._state, self._bytes = state, 0
                self._answers.clear()
            if key in self._answers or len(told) > MOST_BYTES // 4:
                return
            self._answers[key] = told
            self._bytes += len(told) + len(key)
            while self._bytes > MOST_BYTES:
                name, gone = self._answers.popitem(last=False)
                self._bytes -= len(gone) + len(name)


_caches: WeakKeyDictionary[Store, Cache] = WeakKeyDictionary()
_making = Lock()


def remembered(store: Store, key: Any, make: Callable[[], Answer]) -> Answer:
    """`key` is told apart by its repr. The state is looked at first, so that an answer is never newer than it says."""
    with _making:
        cache = _caches.setdefault(store, Cache())
    state, name = store.state(), repr(key)
    found = cache.get(state, name)
    if found is None:
        found = make()
        cache.put(state, name, found)
    return found
