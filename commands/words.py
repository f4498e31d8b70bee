"""What people ask in words, `./fizzstat top pages`: a word, the dimension that it is about, and what is counted. One row each."""

from dataclasses import dataclass
from typing import Any

VISITORS = ("visitors", "pageviews", "bounce_rate", "visit_duration")
VISITS = ("visitors", "visits", "bounce_rate", "visit_duration")


@dataclass(frozen=True)
class Word:
    """`head` is what a table calls the dimension; `help` the command's sentence; `filters` are part of the question."""

    name: str
    dimension: str
    head: str
    metrics: tuple[str, ...]
    help: str
    filters: tuple[Any, ...] = ()


NO_VIEWS = ("is_not", "event:name", ["pageview"])

WORDS = (
    Word("pages", "event:page", "Page", VISITORS, "The pages that most visitors saw."),
    Word("sources", "visit:source", "Source", VISITS, "Where most visitors came from."),
    Word("channels", "visit:channel", "Channel", VISITS, "By which kind of way most visitors came."),
    Word("referrers", "visit:referrer", "Referrer", VISITS, "The pages elsewhere that most visitors came from."),
    Word("campaigns", "visit:utm_campaign", "Campaign", VISITS, "The campaigns that brought most visitors."),
    Word("countries", "visit:country_name", "Country", VISITS, "The countries of most visitors."),
    Word("regions", "visit:region_name", "Region", VISITS, "Their regions."),
    Word("cities", "visit:city_name", "City", VISITS, "Their cities."),
    Word("browsers", "visit:browser", "Browser", VISITS, "The browsers of most visitors."),
    Word("systems", "visit:os", "System", VISITS, "Their operating systems."),
    Word("devices", "visit:device", "Device", VISITS, "Their devices: desktop, mobile, tablet."),
    Word("entry-pages", "visit:entry_page", "Entry page", VISITS, "The pages where most visits began."),
    Word("exit-pages", "visit:exit_page", "Exit page", ("visitors", "visits"), "The pages where most visits ended."),
    Word("hostnames", "event:hostname", "Host", ("visitors", "pageviews"), "The hosts whose pages most visitors saw."),
    Word("events", "event:name", "Event", ("visitors", "events"), "The events of most visitors.", (NO_VIEWS,)),
    Word("goals", "event:goal", "Goal", ("visitors", "events", "conversion_rate"), "The goals that most visitors reached."),
)
