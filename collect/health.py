"""GET /healthz: 200 {"ok": true} as long as the process serves, whatever is behind it. GET /readyz: whether hits are taken.

/readyz is 200, or 503 when neither Redis takes writes nor the spool has room:
{"ok": bool, "redis": bool, "spool": {"used": bytes, "limit": bytes, "room": bool}, "proxies": addresses,
"forwarded": addresses, "language": bool}, the last two of what came with the request.
Without Redis, hits are still taken.
"""

from collect.arrival import Answer, Arrival, json_answer
from collect.collector import Collector

NO_STORE = (("Cache-Control", "no-store"),)


def alive(arrival: Arrival, collector: Collector) -> Answer:
    return json_answer(200, {"ok": True}, NO_STORE)


def ready(arrival: Arrival, collector: Collector) -> Answer:
    intake = collector.intake
    redis = intake.redis_takes_hits()
    room = intake.spool.room()
    spool = {"used": intake.spool.used(), "limit": collector.settings.spool_limit << 20, "room": room}
    came = {"forwarded": forwarded(arrival), "language": bool(arrival.header("ACCEPT_LANGUAGE"))}
    told = {"ok": redis or room, "redis": redis, "spool": spool, "proxies": collector.trust.proxies, **came}
    return json_answer(200 if redis or room else 503, told, NO_STORE)


def forwarded(arrival: Arrival) -> int:
    """How many addresses the proxies in front have handed on with this request; `./fizzstat doctor --url` compares."""
    return len([entry for entry in arrival.header("X_FORWARDED_FOR").split(",") if entry.strip()])
