"""The dashboard: what it shows, of which documents, and where. Kibana's grid is 48 columns wide.

In: the prefix of the indices. Out: its saved objects, with ids that stay the same, so that a later import brings them up to date.
"""

from typing import Any

from deploy.kibana.objects import (
    Average,
    Bars,
    Control,
    Count,
    Donut,
    Lines,
    Map,
    Metric,
    Place,
    Table,
    Unique,
    dashboard,
    data_view,
    map_of,
)
from store.base import KINDS

NAMES = {"client": "clients", "visit": "visits", "view": "views", "event": "events"}
VISITORS = Unique("client.id", "Visitors")
VISITS = Count("Visits")
VIEWS = Count("Views")

CONTROLS = (
    Control("Site", "view", "site"),
    Control("Source", "view", "traffic.source"),
    Control("Country", "view", "client.geo.country_iso_code"),
)

PANELS = (
    Metric("Visitors", "visit", VISITORS, Place(0, 0, 8, 6)),
    Metric("Visits", "visit", VISITS, Place(8, 0, 8, 6)),
    Metric("Views", "view", VIEWS, Place(16, 0, 8, 6)),
    Metric("Views a visit", "visit", Average("visit.views", "Views a visit", decimals=1), Place(24, 0, 8, 6)),
    Metric("Bounce rate", "visit", Average("visit.bounced", "Bounce rate", percent=True), Place(32, 0, 8, 6)),
    Metric("Seconds a visit", "visit", Average("visit.duration_seconds", "Seconds a visit"), Place(40, 0, 8, 6)),
    Lines("Visitors and views over time", "view", (VISITORS, VIEWS), Place(0, 6, 48, 12)),
    Table("Pages", "view", "url.path", "Page", (VIEWS, VISITORS), Place(0, 18, 24, 14)),
    Table("Sources", "visit", "traffic.source", "Source", (VISITS, VISITORS), Place(24, 18, 24, 14)),
    Map("Where visitors are", "visit", "client.geo.location", Place(0, 32, 32, 18)),
    Table("Countries", "visit", "client.geo.country_iso_code", "Country", (VISITORS,), Place(32, 32, 16, 18)),
    Donut("Channels", "visit", "traffic.channel", "Channel", VISITS, Place(0, 50, 16, 12)),
    Donut("Devices", "visit", "user_agent.device.type", "Device", VISITORS, Place(16, 50, 16, 12)),
    Bars("Browsers", "visit", "user_agent.name", "Browser", VISITORS, Place(32, 50, 16, 12)),
    Table("Entry pages", "visit", "visit.entry_path", "Page", (VISITS,), Place(0, 62, 16, 14)),
    Table("Campaigns", "visit", "utm.campaign", "Campaign", (VISITS, VISITORS), Place(16, 62, 16, 14)),
    Table("Events", "event", "event.name", "Event", (Count("Events"), VISITORS), Place(32, 62, 16, 14)),
)

ABOUT = (
    "FizzStat's visitors, views and events. A visitor is known for one day, unless FIZZSTAT_IDENTITY says otherwise: "
    "over several days visitors are the sum of the days'."
)


def board(prefix: str) -> list[dict[str, Any]]:
    views = [data_view(f"{prefix}-{kind}", f"{prefix}-{kind}-*", f"FizzStat {NAMES[kind]}") for kind in KINDS]
    maps = [map_of(panel, prefix) for panel in PANELS if isinstance(panel, Map)]
    return [*views, *maps, dashboard(f"{prefix}-overview", "FizzStat", ABOUT, PANELS, CONTROLS, prefix)]
