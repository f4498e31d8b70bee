"""All sites at a glance: `overview(store, sites, days, now)` has visitors, views and views a day of each, by a few searches
for all of them together: two or three a time zone, and a thousand sites.

The days are those of each site's zone, the last of them today. Visitors are those of the visits that were active in them, as a
question for visitors alone counts them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from query.cache import Answer, remembered
from query.conditions import all_of, between
from query.dates import Range, buckets
from query.dates import days as days_between
from query.dimensions import Dimension
from query.tables import DOCS, By, Part, Times
from query.uniques import counted
from query.where import DAY
from store.base import Store

SITE = Dimension("site", "visit", "site", missing="")
AT_ONCE = 1000  # sites of a search


def overview(store: Store, zones: Mapping[str, str], days: int, now: datetime) -> dict[str, Answer]:
    """`zones` are the names of time zones by site. {site: {"visitors": n, "views": n, "days": [views, …]}}, of all sites that
    are asked for. Raises StoreAway."""
    by_zone: dict[str, list[str]] = defaultdict(list)
    for site, zone in sorted(zones.items()):
        by_zone[zone].append(site)
    found: dict[str, Answer] = {}
    for zone, sites in by_zone.items():
        span = _span(ZoneInfo(zone), days, now)
        for n in range(0, len(sites), AT_ONCE):
            some = sites[n : n + AT_ONCE]
            key = ("overview", some, span.start, span.end, zone)
            found |= remembered(store, key, lambda some=some, span=span: _of(store, some, span))  # type: ignore[misc]
    return found


def _span(zone: ZoneInfo, days: int, now: datetime) -> Range:
    today = now.astimezone(zone).date()
    return days_between(today - timedelta(days=days - 1), today, zone)


def _of(store: Store, sites: Sequence[str], span: Range) -> dict[str, Answer]:
    by_site, times = By(SITE, frozenset(sites)), buckets(span, "day")
    started = between("@timestamp", span.start - DAY, span.end)
    active = all_of([started, {"range": {"visit.ended": {"gte": span.start}}}])
    visits = counted(store, Part("visit", active, (by_site,), {"visitors": "client.num"})).table
    views = counted(store, Part("view", between("@timestamp", span.start, span.end), (by_site, Times(tuple(times))))).table
    answers = {}
    for site in sites:
        daily = [int(views.get((site, day.label), {}).get(DOCS, 0)) for day in times]
        visitors = int(visits.get((site,), {}).get("visitors", 0))
        answers[site] = {"visitors": visitors, "views": sum(daily), "days": daily}
    return answers
