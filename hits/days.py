"""Now, and days and months in UTC, by milliseconds since 1970. A day is formatted once: hits come by the thousand a second."""

import time
from datetime import UTC, datetime
from functools import lru_cache

DAY = 24 * 3600 * 1000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def day_of(ms: int) -> str:
    """2026-11-25"""
    return _written(ms // DAY, "%Y-%m-%d")


def written(ms: int, shape: str) -> str:
    """The UTC day of a time as strftime writes it; `shape` names nothing smaller than a day."""
    return _written(ms // DAY, shape)


@lru_cache(maxsize=4096)
def _written(day: int, shape: str) -> str:
    return datetime.fromtimestamp(day * 86_400, UTC).strftime(shape)
