"""What questions need to know of a site: its row, if it has one, made into query.site.Site.

A site that has no row, as only hits named it, is known as soon as the store has a document of it.
"""

from sqlalchemy.orm import Session

from accounts.sites import find_site, id_of, list_sites
from accounts.tables import Goal as GoalRow
from accounts.tables import Site as SiteRow
from query.site import Funnel, Goal, Segment, Site
from settings import Settings
from store.base import Store


def asked_site(session: Session, store: Store, text: str, settings: Settings) -> Site | None:
    """The site with this id, or that this host belongs to; None if there is neither a row nor a document. Raises StoreAway."""
    row = find_site(session, text)
    if row is not None:
        return site_asked_of(row, settings)
    id = id_of(session, text)
    if not any(store.count(kind, {"term": {"site": id}}) for kind in ("visit", "view", "event")):
        return None
    return Site(id=id, zone=settings.time_zone, identity=settings.identity)


def known_sites(session: Session, store: Store, most: int) -> list[str]:
    """The ids of sites that have a row or documents, `most` at most of the latter. Raises StoreAway."""
    found = store.search("visit", {"size": 0, "aggs": {"sites": {"terms": {"field": "site", "size": most}}}})
    stored = {bucket["key"] for bucket in found["aggregations"]["sites"]["buckets"]}
    return sorted(stored | {row.id for row in list_sites(session)})


def site_asked_of(row: SiteRow, settings: Settings) -> Site:
    return Site(
        id=row.id,
        zone=row.time_zone or settings.time_zone,
        week_starts=row.week_start,
        currency=row.currency,
        goals=tuple(map(_goal, row.goals)),
        segments=tuple(Segment(segment.id, segment.name, segment.filters) for segment in row.segments),
        funnels=tuple(Funnel(funnel.id, funnel.name, tuple(funnel.steps)) for funnel in row.funnels),
        identity=settings.identity,
    )


def _goal(row: GoalRow) -> Goal:
    return Goal(
        id=row.id,
        name=row.name,
        kind=row.kind,
        path=row.path,
        event=row.event,
        percent=row.percent,
        properties=row.properties,
        currency=row.currency,
    )
