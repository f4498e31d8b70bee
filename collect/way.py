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


def asker(arrival: Arrival) -> Sequence[Header]:
    """The page that asks, whichever it is, may read the answer, and may have sent its cookies, which nobody looks at here."""
    return (
        ("Access-Control-Allow-Origin", arrival.header("ORIGIN") or "*"),
        ("Access-Control-Allow-Credentials", "true"),
        ("Vary", "Origin"),
    )


@dataclass(frozen=True)
class Way:
    """`path` is a rule as Flask writes them; what stands in its `<name>`s comes as `Arrival.parts`. `most` is the bytes that a
    body may have; `headers` are on all its answers, refusals too; `preflight` is said to OPTIONS (a function, where it depends on
    who asks), `refusal` when it raises."""

    path: str
    methods: Sequence[str]
    answer: Callable[[Arrival, Collector], Answer]
    most: int = ITEM_LIMIT
    headers: Sequence[Header] = ()
    preflight: Answer | Callable[[Arrival], Answer] = NO_PREFLIGHT
    refusal: Callable[[Refused], Answer] = refusal
