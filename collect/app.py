"""The collector: a Flask app whose every way in is a function from an Arrival to an Answer.

| path | way in |
|---|---|
| POST /hit | collect/hit.py |
| POST /event | collect/event.py |
| GET /pixel.gif | collect/pixel.py |
| GET /tracker.js, GET / | collect/script.py |
| GET /healthz | collect/health.py |
| GET /demo | collect/demo.py |
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from collect import event, health, hit, pixel
from collect.arrival import Answer, Arrival, Header, arrival, json_answer, refusal
from collect.body import is_chunked, read_body, throw_away
from collect.collector import Collector, Takes
from collect.demo import demo
from collect.errors import Refused
from collect.fields import ITEM_LIMIT
from collect.script import Script
from collect.trust import Sites
from settings import HOME, Settings

SCRIPT = HOME / "static" / "tracker.min.js"
OPEN = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "X-FizzStat-Dropped, X-FizzStat-Refused"))
PREFLIGHT = (
    ("Access-Control-Allow-Methods", "GET, POST"),
    ("Access-Control-Allow-Headers", "Content-Type"),
    ("Access-Control-Max-Age", "86400"),
)


@dataclass(frozen=True)
class Way:
    """A way in. `most` is the bytes that a body may have; `headers` are on all its answers, refusals too."""

    path: str
    method: str
    answer: Callable[[Arrival, Collector], Answer]
    most: int = ITEM_LIMIT
    headers: Sequence[Header] = ()


def create_app(
    settings: Settings,
    intake: Takes | None = None,
    sites: Sites | None = None,
    clock: Callable[[], float] = time.time,
    script: Path = SCRIPT,
) -> Flask:
    """The app. Its intake, and what it knows of sites and keys, come from `settings` at the first hit unless they are given."""
    app = Flask(__name__, static_folder=None)
    collector = Collector(settings, intake, sites)
    tracker = Script.load(script)
    ways = (
        Way("/hit", "POST", hit.answer, headers=OPEN),
        Way("/event", "POST", event.answer, most=event.LIST_LIMIT),
        Way("/pixel.gif", "GET", pixel.answer, headers=OPEN),
        Way("/tracker.js", "GET", lambda arrival, _: tracker.answer(arrival)),
        Way("/", "GET", lambda arrival, _: tracker.answer(arrival)),
        Way("/healthz", "GET", health.answer),
    )
    for way in ways:
        view = partial(_serve, way, collector, clock)
        app.add_url_rule(way.path, way.path, view, methods=[way.method, "OPTIONS"], provide_automatic_options=False)
    app.register_blueprint(demo(settings))
    app.register_error_handler(HTTPException, _http_error)
    return app


def answer(way: Way, collector: Collector, environ: dict[str, Any], now: int) -> Answer:
    """The way from a WSGI environ to an Answer, in which Flask has no part."""
    try:
        body = read_body(environ, way.most)
        if environ["REQUEST_METHOD"] == "OPTIONS":
            given = Answer(200, headers=PREFLIGHT if way.headers else ())
        else:
            given = way.answer(arrival(environ, body, now), collector)
    except Refused as error:
        given = refusal(error)
    return given._replace(headers=(*given.headers, *way.headers))


def _serve(way: Way, collector: Collector, clock: Callable[[], float]) -> Response:
    return _response(answer(way, collector, request.environ, int(clock() * 1000)), request.environ)


def _http_error(error: HTTPException) -> Response:
    """What Flask itself refuses: an unknown path, another method."""
    throw_away(request.environ)
    sentence = (error.description or error.name).split(". ")[0].rstrip(".")
    headers = tuple((name, text) for name, text in error.get_headers() if name == "Allow")
    return _response(json_answer(error.code or 500, {"error": sentence, "field": ""}, headers), request.environ)


def _response(given: Answer, environ: dict[str, Any]) -> Response:
    response = Response(given.body, given.status)
    response.headers.clear()
    response.headers.extend(given.headers)
    if given.status != 304:
        response.headers["Content-Length"] = str(len(given.body))
    if is_chunked(environ):
        response.headers["Connection"] = "close"  # uWSGI's router keeps no connection after a chunked body, and does not say so
    return response
