"""What the collector tells of itself: counts in its thread's tally, and GET /metrics, for who has FIZZSTAT_METRICS_KEY.

The figures are those of all collectors that share the data folder, so whichever process is asked tells the same.
"""

from collect.arrival import Answer, Arrival, json_answer
from collect.collector import Collector
from collect.errors import NoKey
from hits.spool import Spool, spool_folder
from metrics.table import COLLECT, LEFT_OUT, REFUSED, REQUESTS, SECONDS, SPOOL_BYTES, SPOOL_LIMIT
from metrics.tally import Figures, Tally, read, tally_folder
from metrics.text import CONTENT_TYPE, allowed, render
from settings import Settings


def count(tally: Tally, path: str, given: Answer, seconds: float) -> None:
    """An answer, and how long it took."""
    tally.add(REQUESTS, path, given.status)
    tally.observe(SECONDS, seconds, path)
    if given.why:
        tally.add(REFUSED if given.status >= 400 else LEFT_OUT, given.why)


def answer(arrival: Arrival, collector: Collector) -> Answer:
    settings = collector.settings
    if not settings.metrics_key:
        return json_answer(404, {"error": "metrics are shown once FIZZSTAT_METRICS_KEY is set", "field": ""})
    if not allowed(arrival.header("AUTHORIZATION"), settings.metrics_key):
        raise NoKey("this needs Authorization: Bearer FIZZSTAT_METRICS_KEY")
    text = render(COLLECT, figures(settings))
    return Answer(200, text.encode(), (("Content-Type", CONTENT_TYPE), ("Cache-Control", "no-store")))


def figures(settings: Settings) -> Figures:
    used = Spool(spool_folder(settings.data_dir), limit=0).used()
    counted = read(tally_folder(settings.data_dir), "collect")
    return {**counted, (SPOOL_BYTES.name,): float(used), (SPOOL_LIMIT.name,): float(settings.spool_limit << 20)}
