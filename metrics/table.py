"""Every metric: its name, kind, labels and meaning, one row each. docs/metrics.md is made from it.

COLLECT and IMPORT are counted where they happen, by metrics/tally.py, and are a machine's own. QUEUE and STORE are read
when somebody asks, from the Redis and the store that all machines share.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, eq=False)
class Metric:
    """`buckets` are a histogram's upper bounds; a summary has a sum and a count alone. Names: https://prometheus.io/docs/practices/naming/"""

    name: str
    kind: Literal["counter", "gauge", "histogram", "summary"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


# ── collector

REQUESTS = Metric("fizzstat_collect_requests_total", "counter", "Requests answered, by path and status.", ("path", "status"))
SECONDS = Metric(
    "fizzstat_collect_seconds",
    "histogram",
    "Seconds from a request's head to its answer, in the app.",
    ("path",),
    (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5),
)
TAKEN = Metric("fizzstat_collect_hits_total", "counter", "Hits taken: in Redis or in the spool, by way in.", ("way",))
SPOOLED = Metric("fizzstat_collect_hits_spooled_total", "counter", "Those of them that went to the spool.")
REFUSED = Metric(
    "fizzstat_collect_refused_total",
    "counter",
    "Requests, and items of a list, that were refused, by reason.",
    ("reason",),
)
LEFT_OUT = Metric(
    "fizzstat_collect_left_out_total",
    "counter",
    "Requests that were left out as their browser asked (gpc, dnt), or since nobody saw the page (prefetch).",
    ("reason",),
)
SPOOL_BYTES = Metric("fizzstat_spool_bytes", "gauge", "Bytes of the spool's files on this machine.")
SPOOL_LIMIT = Metric("fizzstat_spool_limit_bytes", "gauge", "The most that FIZZSTAT_SPOOL_LIMIT lets it have.")

COLLECT = (REQUESTS, SECONDS, TAKEN, SPOOLED, REFUSED, LEFT_OUT, SPOOL_BYTES, SPOOL_LIMIT)

# ── importer

IMPORTED = Metric("fizzstat_import_hits_total", "counter", "Hits of batches that were settled.")
BATCH = Metric(
    "fizzstat_import_batch_hits", "histogram", "Hits of a batch.", (), (1, 10, 50, 100, 250, 500, 1000, 2500, 5000, 10000)
)
STEP = Metric(
    "fizzstat_import_step_seconds",
    "summary",
    "Seconds of a batch's steps: claim, read (enrich and merge), create, put, flush, settle.",
    ("step",),
)
WRITTEN = Metric(
    "fizzstat_import_documents_total",
    "counter",
    "Documents given to the store, by kind and what became of them: created, put, exists (a repeat), stale (a newer one "
    "was there), refused.",
    ("kind", "result"),
)
RETRIES = Metric(
    "fizzstat_import_retries_total",
    "counter",
    "Times that an importer had to try again, by what was away: redis, store, or writer (another importer held it).",
    ("away",),
)
AWAY = Metric("fizzstat_import_away_seconds_total", "counter", "Seconds that importers waited for it.", ("away",))
FENCED = Metric("fizzstat_import_partitions_lost_total", "counter", "Partitions that another importer took in mid-batch.")

IMPORT = (IMPORTED, BATCH, STEP, WRITTEN, RETRIES, AWAY, FENCED)

# ── queue: the ledger, by its own words

REDIS_UP = Metric("fizzstat_redis_up", "gauge", "1 if every Redis answers; else the rest of the queue's metrics is missing.")
RECEIVED = Metric("fizzstat_hits_received_total", "counter", "Hits received in Redis, by way in.", ("way",))
STORED = Metric("fizzstat_hits_stored_total", "counter", "Hits that are in documents.")
DROPPED = Metric("fizzstat_hits_dropped_total", "counter", "Hits that ended without a document, by reason.", ("reason",))
QUEUED = Metric(
    "fizzstat_queue_hits",
    "gauge",
    "Hits by partition and where they are: queued, in_hand (being imported), dead.",
    ("partition", "state"),
)
WAITING = Metric("fizzstat_queue_waiting_hits", "gauge", "Hits that wait for the view that they tell of.")
OLDEST = Metric("fizzstat_queue_oldest_seconds", "gauge", "Lag: the age of the oldest hit that is queued or in hand, 0 without.")
QUEUE_SPOOLED = Metric("fizzstat_spool_hits", "gauge", "Hits in the spool of the dashboard's own machine.")
BALANCED = Metric("fizzstat_ledger_balanced", "gauge", "1 if the ledger accounts for every hit, 0 if one is lost.")
WORKERS = Metric("fizzstat_importers", "gauge", "Importers at work.")
PARTITIONS = Metric("fizzstat_partitions", "gauge", "Partitions of the queue.")
HELD = Metric("fizzstat_partitions_held", "gauge", "Those of them that an importer holds.")

QUEUE = (REDIS_UP, RECEIVED, STORED, DROPPED, QUEUED, WAITING, OLDEST, QUEUE_SPOOLED, BALANCED, WORKERS, PARTITIONS, HELD)

# ── store

STORE_UP = Metric("fizzstat_store_up", "gauge", "1 if the store answers and is well (Elasticsearch: not red).")
DOCUMENTS = Metric("fizzstat_store_documents", "gauge", "Documents in the store, by kind.", ("kind",))
STORE_BYTES = Metric("fizzstat_store_bytes", "gauge", "Bytes of the embedded store's files.")

STORE = (STORE_UP, DOCUMENTS, STORE_BYTES)

#: what each part shows under /metrics
PARTS = {"collect": COLLECT, "import": IMPORT, "queue": QUEUE, "store": STORE}
