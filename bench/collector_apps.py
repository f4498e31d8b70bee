"""What the collector is measured against, behind the same server: a WSGI app that does nothing, and Flask used plainly."""

import os
from typing import Any

import redis
from flask import Flask, request

HEADERS = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "0")]

naive = Flask(__name__)
client = redis.Redis.from_url(os.environ["FIZZSTAT_REDIS_URL"])


def empty(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Reads the body and says 202."""
    environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start_response("202 Accepted", HEADERS)
    return [b""]


@naive.post("/hit")
def hit() -> tuple[str, int]:
    """Pushes the body as it came; checks nothing, counts nothing, knows no second thought if Redis is away."""
    client.lpush("naive", request.get_data())
    return "", 202
