"""What FizzStat's first version took (github.com/Fizzadar/FizzStat, collect.py): its script tag and its events.

GET /?client_hash=… is the script, which sends the hash with its hits; what else stands in the query, such as a time against
caches, is let go. POST /event/<view_key>/<event_type>, {"value": …, "data": …}, is an event of the view of that name, on the page
that the Referer header tells. The answer is 200 with nothing, or 400 where anything is missing or the host is not allowed.
"""

from functools import lru_cache
from typing import Any

import msgspec

from collect import clean
from collect.arrival import Answer, Arrival, refusal
from collect.collector import Collector
from collect.data import fitting
from collect.errors import BadField, Refused
from collect.fields import Body, browser, make_hit, parameters, read_json
from collect.trust import Trust
from collect.way import Way
from collect.ways.script import Script, attribute
from hits.hit import Hit
from hits.snapshot import Snapshot

OPEN = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Headers", "Content-Type"))
HTML = ("Content-Type", "text/html; charset=utf-8")
HASHES = 256  # whose scripts are remembered


class Told(msgspec.Struct):
    value: str | int | float | bool | None = None
    data: Any = None


def answer(arrival: Arrival, collector: Collector) -> Answer:
    if reason := collector.trust.left_out(arrival.header):
        return Answer(200, headers=(HTML, ("X-FizzStat-Dropped", reason)), why=reason)
    collector.take([read(arrival, collector.trust, collector.sites.current())])
    return Answer(200, headers=(HTML,))


def read(arrival: Arrival, trust: Trust, sites: Snapshot) -> Hit:
    """The hit of a request; raises what collect.errors lists as 400 and 403."""
    referer = arrival.header("REFERER")
    if not referer:
        raise BadField("Referer", "the Referer header is missing, which tells the page")
    told = read_json(arrival.body, Told)
    if not told.value:
        raise BadField("value", "value is missing")
    name = arrival.parts["event_type"]
    body = Body(
        kind="event",
        url=referer,
        view=arrival.parts["view_key"],
        name=name,
        value=told.value,
        data=fitting(told.data if isinstance(told.data, dict) else {"data": told.data}),
        interactive=name != "entry",
    )
    return make_hit(body, "original", arrival.now, browser(arrival, trust), trust, sites)


def refused(error: Refused) -> Answer:
    given = refusal(error)
    return given._replace(status=400) if given.status == 403 else given


def ways(tracker: bytes) -> tuple[Way, ...]:
    @lru_cache(HASHES)
    def script(client_hash: str) -> Script:
        """The tracker, told its hash as by an attribute of its tag."""
        return Script.of(attribute("clientHash", client_hash) + tracker)

    def tag(arrival: Arrival, collector: Collector) -> Answer:
        return script(clean.text("client_hash", parameters(arrival.query).get("client_hash"))).answer(arrival)

    event = Way(
        "/event/<view_key>/<event_type>", ("POST",), answer, headers=OPEN, preflight=Answer(200, headers=(HTML,)), refusal=refused
    )
    return (Way("/", ("GET",), tag), event)
