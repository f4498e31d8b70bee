"""POST /hit, the tracker's way in: one hit as JSON of at most 64 KiB; 202 as soon as it is in Redis or in the spool."""

from collect.arrival import Answer, Arrival
from collect.collector import Collector
from collect.fields import browser, make_hit
from collect.row import read_hit
from collect.trust import Trust
from collect.way import OPEN, PREFLIGHT, Way
from hits.hit import Hit
from hits.snapshot import Snapshot

PLAIN = ("Content-Type", "text/plain; charset=utf-8")
TAKEN = Answer(202, headers=(PLAIN,))


def answer(arrival: Arrival, collector: Collector) -> Answer:
    if reason := collector.trust.left_out(arrival.header):
        return Answer(202, headers=(PLAIN, ("X-FizzStat-Dropped", reason)), why=reason)
    collector.take([read(arrival, collector.trust, collector.sites.current())])
    return TAKEN


def read(arrival: Arrival, trust: Trust, sites: Snapshot) -> Hit:
    """The hit of a request; raises what collect.errors lists as 400 and 403."""
    return make_hit(read_hit(arrival.body), "hit", arrival.now, browser(arrival, trust), trust, sites)


WAY = Way("/hit", ("POST",), answer, headers=OPEN, preflight=PREFLIGHT)
