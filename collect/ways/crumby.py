"""Crumby's ways in: GET /cmb.js, our tracker under Crumby's name, and GET /<number>.gif, what Crumby's own script sends.

https://github.com/bmweiner/crumby, crumby/views/tracking.py and crumby/templates/cmb.js. The parameters: `t` visit or event,
`cid` the visitor, `dl` location, `dt` title, `de` encoding, `dr` referrer, `ul` language, `sr` and `sd` of the screen, `en` and
`ev` an event's name and value, `v` 1. Without `cid` it is 404; with another `t` nothing is counted, and the answer is the GIF.
"""

import re
from collections.abc import Mapping, Sequence

from collect import clean
from collect.arrival import Answer, Arrival, Header, json_answer
from collect.collector import Collector
from collect.fields import Body, browser, make_hit, parameters
from collect.trust import Trust
from collect.way import Way
from collect.ways.pixel import GIF
from collect.ways.script import Script
from hits.hit import Hit, Kind
from hits.snapshot import Snapshot
from settings import HOME

CMB = HOME / "static" / "cmb.js"
HEADERS = (("Content-Type", "image/gif"), ("Cross-Origin-Resource-Policy", "cross-origin"))
KINDS: dict[str, Kind] = {"visit": "view", "event": "event"}

_DEPTH = re.compile(r"(\d{1,3})(-bit)?", re.ASCII)


def answer(arrival: Arrival, collector: Collector) -> Answer:
    given = parameters(arrival.query)
    if not given.get("cid"):
        return json_answer(404, {"error": "cid is missing", "field": "cid"})._replace(why="field")
    headers = (*HEADERS, *allowed_origin(arrival, collector.settings.crossdomain_origin))
    reason = collector.trust.left_out(arrival.header) or ("" if given.get("t") in KINDS else "incomplete")
    if reason:
        return Answer(200, GIF, (*headers, ("X-FizzStat-Dropped", reason)), reason)
    if arrival.method != "HEAD":
        collector.take([read(given, arrival, collector.trust, collector.sites.current())])
    return Answer(200, GIF, headers)


def read(given: Mapping[str, str], arrival: Arrival, trust: Trust, sites: Snapshot) -> Hit:
    """The hit of a request; raises what collect.errors lists as 400 and 403."""
    depth = _DEPTH.fullmatch(given.get("sd", ""))
    body = Body(
        kind=KINDS[given["t"]],
        url=given.get("dl") or arrival.header("REFERER"),
        title=given.get("dt"),
        referrer=given.get("dr"),
        language=given.get("ul"),
        screen=given.get("sr"),
        screen_depth=int(depth[1]) if depth else None,
        client_hash=given["cid"],
        name=given.get("en"),
        value=given.get("ev"),
    )
    hit = make_hit(body, "crumby", arrival.now, browser(arrival, trust), trust, sites)
    hit.encoding = clean.text("encoding", given.get("de"))
    hit.referrer_header = clean.text("referrer_header", arrival.header("REFERER"))
    return hit


def allowed_origin(arrival: Arrival, origins: Sequence[str]) -> tuple[Header, ...]:
    """Who may read it: FIZZSTAT_CROSSDOMAIN_ORIGIN, which is Crumby's CROSSDOMAIN_ORIGIN."""
    if "*" in origins:
        return (("Access-Control-Allow-Origin", "*"),)
    asking = arrival.header("ORIGIN").lower()
    return (("Access-Control-Allow-Origin", asking), ("Vary", "Origin")) if asking in origins else (("Vary", "Origin"),)


def ways(tracker: bytes) -> Sequence[Way]:
    """The script is the tracker, and Crumby's name for its events behind it."""
    script = Script.of(tracker + b";\n" + CMB.read_bytes())

    def cmb(arrival: Arrival, collector: Collector) -> Answer:
        given = script.answer(arrival)
        headers = [header for header in given.headers if header[0] != "Access-Control-Allow-Origin"]
        return given._replace(headers=(*headers, *allowed_origin(arrival, collector.settings.crossdomain_origin)))

    return (Way("/cmb.js", ("GET",), cmb), Way("/<int:number>.gif", ("GET",), answer))
