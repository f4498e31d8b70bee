"""POST /api/event: events as Plausible's tracker and its Events API send them, long names and short.

In: JSON of any Content-Type: n name, u url, d domain (several with commas: a hit for each), r referrer, p/m props, $ revenue,
i interactive, h hash, w screen width; engagement with sd (percent scrolled) and e (milliseconds since the last such event).
Out, as in plausible/analytics (lib/plausible/ingestion/request.ex, external_controller.ex): 202 `ok`, with
`x-plausible-dropped: n` where n of the hits are not counted; 400 {"errors": {field: [sentence]}}; with X-Debug-Request 200, and
what would be taken instead of taking it. A bot is told that it is one, and taken all the same: the importer decides, and counts.

What Plausible's tracker sends by itself gets the names that ours has: docs/ways.md has it all, field by field.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from collect import clean
from collect.arrival import Answer, Arrival, json_answer
from collect.collector import Collector
from collect.data import fitting
from collect.errors import BadField, HostNotAllowed, OverLimit, Refused, Unreadable
from collect.fields import Body, Sender, browser, make_hit, read_json, site_name
from collect.foreign import foreign_site, is_bot, revenue_of
from collect.trust import Trust
from collect.way import Way
from hits.hit import Hit
from hits.snapshot import Snapshot

DOMAINS = 20  # of an event
URL, NAME, KEY, VALUE = 2000, 120, 300, 2000  # the most that Plausible takes, in bytes; of a name in characters
MONTH = 30 * 24 * 3600 * 1000  # an engagement that is longer is none

#: Our names for what its tracker sends by itself, and the property that is our value.
RENAMED = {
    "Outbound Link: Click": ("exit", "url"),
    "File Download": ("download", "url"),
    "Form: Submission": ("form", "path"),
    "404": ("404", "path"),
}
#: What our errors' fields are called there.
FIELDS = {"": "request", "site": "domain", "name": "event_name"}
OPEN = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "true"))
PREFLIGHT = Answer(
    204,
    headers=(
        ("Access-Control-Allow-Methods", "GET,POST,PUT,PATCH,DELETE,OPTIONS"),
        (
            "Access-Control-Allow-Headers",
            "Authorization,Content-Type,Accept,Origin,User-Agent,DNT,Cache-Control,X-Mx-ReqToken,Keep-Alive,X-Requested-With,"
            "If-Modified-Since,X-CSRF-Token",
        ),
        ("Access-Control-Max-Age", "1728000"),
    ),
)


class NoSite(BadField):
    """A domain that no site can have: Plausible drops what is for one that it does not know."""


def answer(arrival: Arrival, collector: Collector) -> Answer:
    event = read_event(arrival.body)
    sender = browser(arrival, collector.trust)
    sites = collector.sites.current()
    if arrival.header("X_DEBUG_REQUEST").lower() == "true":
        return _explained(event, sender, arrival.now, collector.trust, sites)
    hits, dropped = [], []
    for domain in domains(event):
        try:
            hit = read(event, domain, sender, arrival.now, collector.trust, sites)
            if reason := collector.trust.left_out(arrival.header):
                dropped.append(reason)
            else:
                collector.admit(hit)
                hits.append(hit)
        except (HostNotAllowed, OverLimit, NoSite) as error:
            dropped.append(error.reason)
    if hits:
        collector.keep(hits)
    named = len(hits) if is_bot(sender.agent) else 0
    return _ok(named + len(dropped))._replace(why=dropped[0] if dropped and not hits else "")


def read_event(raw: bytes) -> dict[str, Any]:
    try:
        return read_json(raw, dict[str, Any])
    except Refused:
        raise Unreadable("Unable to parse request body as json") from None


def domains(event: Mapping[str, Any]) -> list[str]:
    """The sites that an event is for; "" is that of its page."""
    named = _said(event, "d", "domain")
    if not isinstance(named, str):
        return [""]
    if not named.strip():
        raise BadField("site", "can't be blank")
    return [domain for each in named.split(",")[:DOMAINS] if (domain := each.strip().removeprefix("www."))] or [""]


def read(event: Mapping[str, Any], domain: str, sender: Sender, now: int, trust: Trust, sites: Snapshot) -> Hit:
    """The hit of an event for one of its domains; raises what collect.errors lists as 400 and 403."""
    name = _said(event, "n", "name")
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)  # a 404
    if not isinstance(name, str) or not name.strip():
        raise BadField("name", "is invalid" if name else "can't be blank")
    if len(name) > NAME:
        raise BadField("name", f"should be at most {NAME} character(s)")
    site = foreign_site(sites, "plausible", domain) or _site(domain)
    referrer = _said(event, "r", "referrer")
    width = _said(event, "w", "screen_width")
    body = Body(
        kind="event",
        site=site,
        url=_url(_said(event, "u", "url"), site),
        hash=_whole(_said(event, "h", "hashMode")) == 1,
        referrer=referrer if isinstance(referrer, str) else None,
        screen=str(width) if isinstance(width, int) and width > 0 else None,
    )
    if name in ("engagement", "pageleave"):
        body.kind = "engagement"
        _engage(body, event)
        return make_hit(body, "plausible", now, sender, trust, sites)
    props = _props(_said(event, "m", "meta", "p", "props"))
    if name == "pageview":
        body.kind = "view"
    else:
        body.name, value = RENAMED.get(name, (name, ""))
        body.value = props.pop(value, None)
        interactive = _said(event, "i", "interactive")
        body.interactive = interactive if isinstance(interactive, bool) else None
        earned = _object(_said(event, "$", "revenue"))
        body.revenue = revenue_of(earned.get("amount"), earned.get("currency"))
    body.data = fitting(props)
    return make_hit(body, "plausible", now, sender, trust, sites)


def _said(event: Mapping[str, Any], *names: str) -> Any:
    return next((event[name] for name in names if event.get(name) is not None), None)


def _site(domain: str) -> str:
    try:
        return site_name(domain) if domain else ""
    except BadField as error:
        raise NoSite(error.field, error.sentence) from None


def _url(url: Any, site: str) -> str:
    """What has no page of the web, as an app's `app://localhost/about` or a path alone, is a page of the site."""
    if url is None:
        raise BadField("url", "is required")
    if not isinstance(url, str) or _bytes(url) > URL:
        raise BadField("url", "must be a valid url")
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        raise BadField("url", "must be a valid url") from None
    if parts.scheme == "data":
        raise BadField("url", "scheme is not allowed")
    if parts.scheme in ("http", "https") or not site:
        return url
    return parts._replace(scheme="https", netloc=site, path="/" + parts.path.lstrip("/")).geturl()


def _engage(body: Body, event: Mapping[str, Any]) -> None:
    scroll, more = _whole(event.get("sd")), _whole(event.get("e"))
    if more is not None and more >= MONTH:
        more = None
    if scroll is None and not more:
        raise BadField("name", "engagement event requires a valid integer value for at least one of 'sd' or 'e' fields")
    body.scroll, body.engaged_more = scroll, more


def _whole(given: Any) -> int | None:
    """A number from 0 on, or the text of one."""
    if isinstance(given, str) and given.isdecimal() and given.isascii() and len(given) < 19:
        given = int(given)
    return given if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 1 << 63 else None


def _props(given: Any) -> dict[str, Any]:
    """Properties as texts; what is empty, or more than a text, a number or a flag, is left out."""
    told = _object(given)
    props = {key: each for key, each in told.items() if isinstance(each, str | int | float) and key.strip() and each != ""}
    texts = {key: each if isinstance(each, str) else clean.value(each) for key, each in props.items()}
    if any(_bytes(key) > KEY or _bytes(text) > VALUE for key, text in texts.items()):
        raise BadField("props", f"keys should have at most {KEY} bytes and values {VALUE} bytes")
    return {**texts}


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _object(given: Any) -> dict[str, Any]:
    """An object, or the JSON text of one; {} for anything else."""
    if isinstance(given, str):
        try:
            given = msgspec.json.decode(given)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return {}
    return given if isinstance(given, dict) else {}


def _explained(event: Mapping[str, Any], sender: Sender, now: int, trust: Trust, sites: Snapshot) -> Answer:
    hits = [read(event, domain, sender, now, trust, sites) for domain in domains(event)]
    return json_answer(200, {"ip": sender.ip, "user_agent": sender.agent, "hits": hits})


def _ok(dropped: int) -> Answer:
    headers = (("Content-Type", "text/plain; charset=utf-8"),)
    return Answer(202, b"ok", (*headers, ("X-Plausible-Dropped", str(dropped))) if dropped else headers)


def refused(error: Refused) -> Answer:
    errors = {FIELDS.get(error.field, error.field): [error.sentence]}
    return json_answer(error.status, {"errors": errors}, error.headers)._replace(why=error.reason)


WAYS = (Way("/api/event", ("POST",), answer, headers=OPEN, preflight=PREFLIGHT, refusal=refused),)
