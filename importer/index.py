"""Which dated index a document belongs to."""

from collections.abc import Callable

from hits.days import written


def index_period(every: str) -> Callable[[int], str]:
    """The name of a time's period (ms): `2026.11`, or `2026.11.25` for FIZZSTAT_INDEX_PERIOD=day."""
    shape = "%Y.%m.%d" if every == "day" else "%Y.%m"
    return lambda ms: written(ms, shape)
