"""The panels and their tabs: what each is a list of. A row's name filters by its dimension."""

from dataclasses import dataclass

VISITS = ("visitors", "visits", "bounce_rate", "visit_duration")
HITS = ("visitors", "pageviews", "events")


@dataclass(frozen=True)
class Tab:
    """`name` is its value in the URL, `noun` what a row is, `metrics` are those of the details. Those of a `group` share
    a tab."""

    name: str
    label: str
    dimension: str
    noun: str
    metrics: tuple[str, ...] = VISITS
    group: str = ""


@dataclass(frozen=True)
class Panel:
    name: str
    label: str
    tabs: tuple[Tab, ...]

    def tab(self, name: str) -> Tab:
        """The one of this name, else the first."""
        return next((tab for tab in self.tabs if tab.name == name), self.tabs[0])


def _campaigns() -> tuple[Tab, ...]:
    words = ("campaign", "Campaign"), ("source", "Source"), ("medium", "Medium"), ("term", "Term"), ("content", "Content")
    return tuple(Tab(f"utm_{name}", label, f"visit:utm_{name}", label, group="Campaigns") for name, label in words)


LISTS = (
    Panel(
        "sources",
        "Sources",
        (
            Tab("channels", "Channels", "visit:channel", "Channel"),
            Tab("sources", "Sources", "visit:source", "Source"),
            Tab("referrers", "Referrers", "visit:referrer", "Referrer"),
            *_campaigns(),
        ),
    ),
    Panel(
        "pages",
        "Pages",
        (
            Tab("pages", "Pages", "event:page", "Page", ("visitors", "pageviews", "bounce_rate", "time_on_page")),
            Tab("entry", "Entry", "visit:entry_page", "Entry page"),
            Tab("exit", "Exit", "visit:exit_page", "Exit page", ("visitors", "visits")),
            Tab("hosts", "Hosts", "event:hostname", "Host", HITS),
        ),
    ),
    Panel(
        "places",
        "Places",
        (
            Tab("map", "Map", "visit:country", "Country"),
            Tab("countries", "Countries", "visit:country", "Country"),
            Tab("regions", "Regions", "visit:region_name", "Region"),
            Tab("cities", "Cities", "visit:city", "City"),
        ),
    ),
    Panel(
        "devices",
        "Devices",
        (
            Tab("browsers", "Browsers", "visit:browser", "Browser"),
            Tab("systems", "Systems", "visit:os", "System"),
            Tab("devices", "Devices", "visit:device", "Device"),
            Tab("screens", "Screens", "visit:screen_size", "Screen"),
            Tab("languages", "Languages", "visit:language", "Language"),
        ),
    ),
)
PANELS = {panel.name: panel for panel in LISTS}

GOALS = Tab("goals", "Goals", "event:goal", "Goal", ("visitors", "events", "conversion_rate"))
EVENTS = Tab("events", "Events", "event:name", "Event", ("visitors", "events"))
VERSIONS = {
    "visit:browser": Tab("browser_versions", "Browser versions", "visit:browser_version", "Version"),
    "visit:os": Tab("system_versions", "System versions", "visit:os_version", "Version"),
}

#: What has a details view, by its name there.
DETAILS = {tab.name: tab for panel in LISTS for tab in panel.tabs if tab.name != "map"}
DETAILS |= {tab.name: tab for tab in (GOALS, EVENTS, *VERSIONS.values())}
