"""A way in: which requests it takes, and the function that answers them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from collect.arrival import Answer, Arrival, Header, refusal
from collect.collector import Collector
from collect.errors import Refused
from collect.fields import ITEM_LIMIT

#: Pages of any origin may send to it, and read what it says of a hit.
OPEN = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "X-FizzStat-Dropped, X-FizzStat-Refused"))
NO_PREFLIGHT = Answer(200)
PREFLIGHT = Answer(
    200,
    headers=(
        ("Access-Control-Allow-Methods", "GET, POST"),
        ("Access-Control-Allow-Headers", "Content-Type"),
        ("Access-Control-Max-Age", "86400"),
    ),
)


@dataclass(frozen=True)
class Way:
    """`path` is a rule as Flask writes them; what stands in its `<name>`s comes as `Arrival.parts`. `most` is the bytes that a
    body may have; `headers` are on all its answers, refusals too; `preflight` is said to OPTIONS, `refusal` when it raises."""

    path: str
    methods: Sequence[str]
    answer: Callable[[Arrival, Collector], Answer]
    most: int = ITEM_LIMIT
    headers: Sequence[Header] = ()
    preflight: Answer = NO_PREFLIGHT
    refusal: Callable[[Refused], Answer] = refusal
