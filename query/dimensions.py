"""What can be grouped and filtered by: `find(name)` gives a Dimension; its name is Plausible's, its field the documents'."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from query.dates import INTERVALS

DIRECT, NONE, NOT_SET = "Direct / None", "(none)", "(not set)"
PROPS = "event:props:"


@dataclass(frozen=True)
class Dimension:
    """`level` is what it tells of: "visit" (every document has it), "exit" (visits alone), "hit", or none: "goal", "time".

    `missing` is the name of documents without the field. `named` makes the shown value of a stored one.
    """

    name: str
    level: str
    field: str = ""
    missing: str = NOT_SET
    named: Callable[[str], str] | None = None

    @property
    def is_prop(self) -> bool:
        return self.name.startswith(PROPS)

    @property
    def interval(self) -> str:
        """Of `time:day` the day, of `time` nothing yet."""
        return self.name.partition(":")[2]


@cache
def _territories() -> dict[str, str]:
    from babel import Locale

    return {code: str(name) for code, name in Locale("en").territories.items() if len(code) == 2}


def country_name(code: str) -> str:
    return _territories().get(code, code)


_VISIT = {
    "source": ("traffic.source", DIRECT),
    "referrer": ("http.request.referrer", DIRECT),
    "channel": ("traffic.channel", NOT_SET),
    "utm_source": ("utm.source", NOT_SET),
    "utm_medium": ("utm.medium", NOT_SET),
    "utm_campaign": ("utm.campaign", NOT_SET),
    "utm_content": ("utm.content", NOT_SET),
    "utm_term": ("utm.term", NOT_SET),
    "device": ("user_agent.device.type", NOT_SET),
    "screen": ("user_agent.device.type", NOT_SET),
    "browser": ("user_agent.name", NOT_SET),
    "browser_version": ("user_agent.version", NOT_SET),
    "os": ("user_agent.os.name", NOT_SET),
    "os_version": ("user_agent.os.version", NOT_SET),
    "country": ("client.geo.country_iso_code", NOT_SET),
    "region": ("client.geo.region_iso_code", NOT_SET),
    "region_name": ("client.geo.region_name", NOT_SET),
    "city": ("client.geo.city_name", NOT_SET),
    "city_name": ("client.geo.city_name", NOT_SET),
    "language": ("language", NOT_SET),
    "screen_size": ("screen.size", NOT_SET),
    "entry_page": ("visit.entry_path", NOT_SET),
}

ALL: dict[str, Dimension] = {
    **{f"visit:{name}": Dimension(f"visit:{name}", "visit", *of) for name, of in _VISIT.items()},
    "visit:country_name": Dimension("visit:country_name", "visit", "client.geo.country_iso_code", NOT_SET, country_name),
    "visit:exit_page": Dimension("visit:exit_page", "exit", "visit.exit_path"),
    "event:page": Dimension("event:page", "hit", "url.path"),
    "event:hostname": Dimension("event:hostname", "hit", "url.domain"),
    "event:name": Dimension("event:name", "hit", "event.name"),
    "event:goal": Dimension("event:goal", "goal"),
    "time": Dimension("time", "time"),
    **{f"time:{interval}": Dimension(f"time:{interval}", "time") for interval in INTERVALS},
}

PAGE, HOSTNAME, NAME = ALL["event:page"], ALL["event:hostname"], ALL["event:name"]
ENTRY, EXIT = ALL["visit:entry_page"], ALL["visit:exit_page"]

#: Plausible knows these, our documents do not.
NOT_RECORDED = ("visit:entry_page_hostname", "visit:exit_page_hostname")


def find(name: object) -> Dimension | None:
    """`event:props:plan` is the field `event.data.plan`."""
    if not isinstance(name, str):
        return None
    prop = name.removeprefix(PROPS)
    if prop != name and prop:
        return Dimension(name, "hit", f"event.data.{prop}", NONE)
    return ALL.get(name)


def possible(*levels: str) -> str:
    names = [name for name, one in ALL.items() if one.level in levels and name != "visit:screen"]
    return ", ".join([*names, "event:props:NAME"])
