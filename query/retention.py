"""Retention: of visitors who came for the first time in a day, week or month, how many came again later: `retention(…)`.

A question has `interval`: "day", "week" or "month"; without it days for up to 31 days, else weeks. A row is [cohort, offset]:
the date that its period began on, and how many periods later; visitors, and their percentage of the cohort. Offset 0 is
the cohort itself. A visit counts in the period that it began in, or in the first of the range.

How long a visitor is known is FIZZSTAT_IDENTITY's decision: with `daily` for a UTC day, with `monthly` for a UTC month. Where
somebody who came again cannot be known, the numbers are null and `meta` says why; nothing is estimated.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from query import asked
from query.asked import Asked, choice, rate, row
from query.conditions import Query, all_of, one_of
from query.dates import Bucket, buckets
from query.errors import TooMuch
from query.site import Site
from query.visited import Visits, moment, visits
from store.base import Store

INTERVALS = ("day", "week", "month")
MOST_PERIODS = 100
METRICS = ("visitors", "percentage")
BATCH = 10_000  # clients of one look
UNKNOWN = {
    "daily": "FIZZSTAT_IDENTITY is daily: a visitor of another day cannot be known again, so only the cohorts themselves are.",
    "monthly": "FIZZSTAT_IDENTITY is monthly: a visitor of another month (UTC) cannot be known: there the numbers are null.",
}


def retention(store: Store, question: Mapping[str, Any], site: Site, now: datetime) -> dict[str, Any]:
    it = asked.read(store, question, site, now, ("interval",))
    is_short = it.span.end - it.span.start <= 31 * 86_400_000 + 3_600_000  # a day of autumn has 25 hours
    interval = choice(question, "interval", "day" if is_short else "week", INTERVALS)
    periods = buckets(it.span, interval, site.week_starts, "interval")
    if len(periods) > MOST_PERIODS:
        raise TooMuch(f"These are {len(periods)} {interval}s, and at most {MOST_PERIODS} are compared.", "interval")
    periods = [one for one in periods if one.start <= it.now]
    return it.remembered(lambda: _answer(it, interval, periods), len(periods))


def _answer(it: Asked, interval: str, periods: Sequence[Bucket]) -> dict[str, Any]:
    identity = it.site.identity
    read = visits(it.store, it.visits())
    came = who(_came(read), [one.start for one in periods])
    earlier = _known_before(it, set().union(*came), identity)
    results = [
        row([periods[cohort].label, later], [None, None] if number is None else [read.scaled(number), rate(number, size)])
        for cohort, later, number, size in matrix(came, earlier, known(periods, identity))
    ]
    meta: dict[str, Any] = {"identity": identity, **_told(read, identity)}
    meta["seen_before"] = read.scaled(len(earlier))
    return it.answer(results, meta, ("cohort", "offset"), METRICS, interval=interval)


def _came(read: Visits) -> Iterator[tuple[int, int]]:
    for source in read.of(("client.num", "visit.started")):
        yield source["client"]["num"], moment(source["visit"]["started"])


def who(visits: Iterable[tuple[int, int]], starts: Sequence[int]) -> list[set[int]]:
    """The clients of each period, by when their visits began (ms)."""
    came: list[set[int]] = [set() for _ in starts]
    for client, started in visits:
        came[max(bisect_right(starts, started) - 1, 0)].add(client)
    return came


def matrix(
    came: Sequence[set[int]], earlier: set[int], known: Sequence[Sequence[bool]]
) -> Iterator[tuple[int, int, int | None, int]]:
    """(cohort, offset, how many came again or None, how many the cohort is); who was there `earlier` is in no cohort."""
    seen = set(earlier)
    for cohort, clients in enumerate(came):
        new = clients - seen
        seen |= new
        for later in range(len(came) - cohort):
            again = len(new & came[cohort + later]) if known[cohort][cohort + later] else None
            yield cohort, later, again, len(new)


def known(periods: Sequence[Bucket], identity: str) -> list[list[bool]]:
    """Whether all who came in one period could be known again in another."""
    return [[one is other or _same_identity(one, other, identity) for other in periods] for one in periods]


def _same_identity(one: Bucket, other: Bucket, identity: str) -> bool:
    if identity == "permanent":
        return True
    if identity == "daily":
        return False
    return _month(min(one.start, other.start)) == _month(max(one.end, other.end) - 1)


def _month(ms: int) -> tuple[int, int]:
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.year, moment.month


def _known_before(it: Asked, clients: set[int], identity: str) -> set[int]:
    """Those whom the site had seen before the range. A client's document is of a month or day, so the first may be any."""
    if identity == "daily":
        return set()  # who is known of the day before is in a visit over midnight, and no regular guest
    found: set[int] = set()
    before: list[Query] = [{"term": {"site": it.site.id}}, {"range": {"client.first_seen": {"lt": it.span.start}}}]
    ordered = sorted(clients)
    for start in range(0, len(ordered), BATCH):
        query = all_of([*before, one_of("client.num", ordered[start : start + BATCH])])
        found |= {source["client"]["num"] for source in it.store.read("client", query, ["client.num"])}
    return found


def _told(read: Visits, identity: str) -> dict[str, Any]:
    return {**read.meta, **({"identity_note": UNKNOWN[identity]} if identity in UNKNOWN else {})}
