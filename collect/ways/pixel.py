"""GET /pixel.gif: a hit in the query, for pages without scripts and for mails; answers with a GIF of 43 bytes.

The query has the fields of POST /hit as parameters, or is a percent-encoded JSON object as a whole, or has it as `j=`.
Without a url the page is the one that the Referer header names.
"""

from base64 import b64decode
from urllib.parse import unquote

from collect.arrival import Answer, Arrival
from collect.collector import Collector
from collect.fields import Body, browser, make_hit, parameters, read_json, read_texts
from collect.trust import Trust
from collect.way import OPEN, PREFLIGHT, Way
from hits.hit import Hit
from hits.snapshot import Snapshot

#: One transparent pixel.
GIF = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
HEADERS = (
    ("Content-Type", "image/gif"),
    ("Cache-Control", "no-store, private, max-age=0"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)


def answer(arrival: Arrival, collector: Collector) -> Answer:
    if reason := collector.trust.left_out(arrival.header):
        return Answer(200, GIF, (*HEADERS, ("X-FizzStat-Dropped", reason)), reason)
    if arrival.method != "HEAD":
        collector.take([read(arrival, collector.trust, collector.sites.current())])
    return Answer(200, GIF, HEADERS)


def read(arrival: Arrival, trust: Trust, sites: Snapshot) -> Hit:
    """The hit of a request; raises what collect.errors lists as 400 and 403."""
    body = read_query(arrival.query)
    body.url = body.url or arrival.header("REFERER")
    return make_hit(body, "pixel", arrival.now, browser(arrival, trust), trust, sites)


def read_query(query: str) -> Body:
    """The fields in a query; raises Unreadable and BadField."""
    whole = unquote(query).strip()
    if whole.startswith("{"):
        return read_json(whole.encode(), Body)
    given = parameters(query)
    if "j" in given:
        return read_json(given["j"].encode(), Body)
    return read_texts(given, Body)


WAYS = (Way("/pixel.gif", ("GET",), answer, headers=OPEN, preflight=PREFLIGHT),)
