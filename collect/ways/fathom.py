"""GET /collect: a page view as the tracker of Fathom Lite sends it, answered with a GIF.

The parameters (assets/src/js/tracker.js in github.com/usefathom/fathom): `id` of the view, `h` scheme and host, `p` path and
query, `r` referrer, `sid` of the site; `pid`, `u`, `nv` and `ns` tell of its cookie, and are not needed here. As in
pkg/api/collect.go, a request that is not counted is answered with 200 and nothing: without `id`, `h` or `p`, a bot's, or one
that wants no tracking.
"""

from collections.abc import Mapping

from collect.arrival import Answer, Arrival
from collect.collector import Collector
from collect.fields import Body, browser, make_hit, parameters
from collect.foreign import foreign_site, is_bot
from collect.trust import Trust
from collect.way import Way
from collect.ways.pixel import GIF
from hits.hit import LIMITS, Hit
from hits.snapshot import Snapshot

HEADERS = (
    ("Tk", "N"),
    ("Content-Type", "image/gif"),
    ("Expires", "Mon, 01 Jan 1990 00:00:00 GMT"),
    ("Cache-Control", "no-cache, no-store, must-revalidate"),
    ("Pragma", "no-cache"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)
NEEDED = ("id", "h", "p")


def answer(arrival: Arrival, collector: Collector) -> Answer:
    given = parameters(arrival.query)
    if reason := _not_counted(given, arrival, collector.trust):
        return Answer(200, headers=(("X-FizzStat-Dropped", reason),), why=reason)
    if arrival.method != "HEAD":
        collector.take([read(given, arrival, collector.trust, collector.sites.current())])
    if is_bot(arrival.header("USER_AGENT")):  # it is taken all the same: the importer decides, and counts it
        return Answer(200)
    return Answer(200, GIF, HEADERS)


def read(given: Mapping[str, str], arrival: Arrival, trust: Trust, sites: Snapshot) -> Hit:
    """The hit of a request; raises what collect.errors lists as 400 and 403."""
    id = given["id"][: LIMITS["id"]]
    body = Body(
        kind="view",
        site=foreign_site(sites, "fathom", given.get("sid", "")),
        url=f"{given['h'].rstrip('/')}/{given['p'].lstrip('/')}",
        id=id,
        view=id,
        referrer=given.get("r"),
    )
    return make_hit(body, "fathom", arrival.now, browser(arrival, trust), trust, sites)


def _not_counted(given: Mapping[str, str], arrival: Arrival, trust: Trust) -> str:
    if not all(given.get(name) for name in NEEDED):
        return "incomplete"
    return "dnt" if arrival.header("DNT") == "1" else trust.left_out(arrival.header)


WAYS = (Way("/collect", ("GET",), answer),)
