"""Alcolytics' ways in: POST /track, GET /img (the same where no POST goes out) and GET /lib.js, our tracker in its place.

In: a message as JSON, in /img as `j=` or as parameters (projectId, name, and the rest as data). Its fields, as in
app/schema/alcojs.js of alco-tracker: projectId, name, data, uid, page {url, title, referrer}, browser {sr {tot {w, h}}},
client {tz}, scroll {maxScroll}, user {id, traits}. Out: {"result": "queued"}, or a GIF. What its tracker sends by itself is known
by name:

| name | hit |
|---|---|
| pageview | view |
| Activity, Scroll, Page loaded, Page unload, session | engagement: the seconds with activity so far, and how far down |
| Link click, of an outbound link | event `exit` with the link as its value |
| Form submit | event `form` |
| log | none: it is of the tracker's own troubles |
| any other | event of that name |

GET /lib.js?projectId=… is for the project's site. The calls that a page makes by Alcolytics' snippet are done: static/alco.js.
"""

from functools import lru_cache
from typing import Any

import msgspec

from collect import clean
from collect.arrival import Answer, Arrival, json_answer
from collect.collector import Collector
from collect.data import fitting
from collect.fields import Body, browser, make_hit, parameters, read_json
from collect.foreign import foreign_site
from collect.trust import Trust
from collect.way import Way, asker
from collect.ways.pixel import GIF
from collect.ways.script import Script, attribute
from hits.days import DAY
from hits.hit import Hit
from hits.snapshot import Snapshot
from settings import HOME

ALCO = HOME / "static" / "alco.js"
PULSES = frozenset({"Activity", "Scroll", "Page loaded", "Page unload", "session"})
RENAMED = {"Form submit": "form"}
SCRIPTS = 64  # of sites, that are remembered


class Page(msgspec.Struct):
    url: str | None = None
    title: str | None = None
    referrer: str | None = None


class Message(msgspec.Struct):
    projectId: int | str = ""
    name: str = ""
    uid: int | str = ""
    data: dict[str, Any] = {}
    page: Page = msgspec.field(default_factory=Page)
    browser: dict[str, Any] = {}
    client: dict[str, Any] = {}
    scroll: dict[str, Any] = {}
    user: dict[str, Any] = {}


def track(arrival: Arrival, collector: Collector) -> Answer:
    queued = json_answer(200, {"result": "queued"}, asker(arrival))
    return _take(read_json(arrival.body, Message), arrival, collector, queued)


def image(arrival: Arrival, collector: Collector) -> Answer:
    queued = Answer(200, GIF, (("Content-Type", "image/gif"), ("Cross-Origin-Resource-Policy", "cross-origin"), *asker(arrival)))
    return queued if arrival.method == "HEAD" else _take(read_query(arrival.query), arrival, collector, queued)


def read_query(query: str) -> Message:
    given = parameters(query)
    if "j" in given:
        return read_json(given["j"].encode(), Message)
    project, name, uid = (given.pop(name, "") for name in ("projectId", "name", "uid"))
    return Message(project, name, uid, {**given})


def _take(message: Message, arrival: Arrival, collector: Collector, queued: Answer) -> Answer:
    reason = collector.trust.left_out(arrival.header) or ("log" if message.name == "log" else "")
    if reason:
        return queued._replace(headers=(*queued.headers, ("X-FizzStat-Dropped", reason)), why=reason)
    collector.take([read(message, arrival, collector.trust, collector.sites.current())])
    return queued


def read(message: Message, arrival: Arrival, trust: Trust, sites: Snapshot) -> Hit:
    """The hit of a message; raises what collect.errors lists as 400 and 403."""
    body = Body(
        kind="view" if message.name == "pageview" else "engagement" if message.name in PULSES else "event",
        site=foreign_site(sites, "alcolytics", str(message.projectId)),
        url=message.page.url or arrival.header("REFERER"),
        title=message.page.title,
        referrer=message.page.referrer,
        time_zone=_text(message.client.get("tz")),
        screen=_screen(message.browser),
        client_hash=_text(message.user.get("id")) or _text(message.uid),
        traits=traits if isinstance(traits := message.user.get("traits"), dict) else None,
    )
    if body.kind == "engagement":
        body.scroll = min(_number(message.scroll.get("maxScroll")), 100)
        if message.name == "Activity":
            body.engaged = min(_number(message.data.get("active")) * _number(message.data.get("interval")) * 1000, DAY)
    else:
        body.data = fitting(message.data)
    if body.kind == "event":
        body.name = RENAMED.get(message.name, message.name)
        if message.name == "Link click":
            body.name, body.value = "exit" if message.data.get("outbound") else body.name, _text(message.data.get("href"))
    return make_hit(body, "alcolytics", arrival.now, browser(arrival, trust), trust, sites)


def _screen(told: dict[str, Any]) -> str:
    screen = told.get("sr")
    size = screen.get("tot") if isinstance(screen, dict) else None
    return f"{_text(size.get('w'))}x{_text(size.get('h'))}" if isinstance(size, dict) else ""


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _number(value: Any) -> float:
    """What a count of the tracker's can be; 0 for anything else."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= DAY else 0


def preflight(arrival: Arrival) -> Answer:
    """As the `cors` of Express answers."""
    allowed = (
        ("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE"),
        ("Access-Control-Allow-Headers", arrival.header("ACCESS_CONTROL_REQUEST_HEADERS") or "Content-Type"),
    )
    return Answer(204, headers=(*asker(arrival), *allowed))


def ways(tracker: bytes) -> tuple[Way, ...]:
    calls = ALCO.read_bytes()

    @lru_cache(SCRIPTS)
    def script(site: str) -> Script:
        return Script.of(attribute("site", site) + tracker + b";\n" + calls)

    def library(arrival: Arrival, collector: Collector) -> Answer:
        project = clean.plain(parameters(arrival.query).get("projectId", ""))
        return script(foreign_site(collector.sites.current(), "alcolytics", project) or "" if project else "").answer(arrival)

    return (
        Way("/track", ("POST",), track, preflight=preflight),
        Way("/img", ("GET",), image, preflight=preflight),
        Way("/lib.js", ("GET",), library),
    )
