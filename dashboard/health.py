"""The dashboard for machines: GET /healthz (it serves), /readyz (so do Redis and the store), /metrics (of queue and store)."""

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from dashboard.figures import Behind
from metrics.table import QUEUE, STORE
from metrics.text import CONTENT_TYPE, allowed, render
from settings import Settings


def health(settings: Settings) -> Blueprint:
    pages, behind = Blueprint("health", __name__), Behind(settings)

    @pages.get("/healthz")
    def alive() -> Response:
        return jsonify(ok=True)

    @pages.get("/readyz")
    def ready() -> ResponseReturnValue:
        found = behind.ready()
        return jsonify(found), 200 if found["ok"] else 503

    @pages.get("/metrics")
    def metrics() -> ResponseReturnValue:
        if not settings.metrics_key:
            return jsonify(error="metrics are shown once FIZZSTAT_METRICS_KEY is set"), 404
        if not allowed(request.headers.get("Authorization", ""), settings.metrics_key):
            wanted = {"WWW-Authenticate": 'Bearer realm="FizzStat"'}
            return jsonify(error="this needs Authorization: Bearer FIZZSTAT_METRICS_KEY"), 401, wanted
        return Response(render((*QUEUE, *STORE), {**behind.queue(), **behind.store()}), content_type=CONTENT_TYPE)

    return pages
