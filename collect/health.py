"""GET /healthz: 200 as long as the process serves, and whether Redis answers and how full the spool is.

{"ok": true, "redis": true, "spool": {"used": bytes, "limit": bytes}}; without Redis hits are still taken, so that is no error.
"""

from collect.arrival import Answer, Arrival, json_answer
from collect.collector import Collector
from hits.redis import QueueAway, redis_errors


def answer(arrival: Arrival, collector: Collector) -> Answer:
    intake = collector.intake
    try:
        with redis_errors():
            redis = bool(intake.queue.client.ping())
    except QueueAway:
        redis = False
    spool = {"used": intake.spool.used(), "limit": collector.settings.spool_limit << 20}
    return json_answer(200, {"ok": True, "redis": redis, "spool": spool}, (("Cache-Control", "no-store"),))
