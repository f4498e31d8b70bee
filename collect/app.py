"""The collector: a Flask app whose every way in is a function from an Arrival to an Answer.

| path | way in |
|---|---|
| POST /hit | collect/ways/hit.py |
| POST /event | collect/ways/event.py |
| GET /pixel.gif | collect/ways/pixel.py |
| GET /tracker.js, /vitals.js, /fizzstat.mjs | collect/ways/script.py |
| GET /, POST /event/<view_key>/<event_type> | collect/ways/original.py |
| POST /api/event | collect/ways/plausible.py |
| POST /api/send, /api/batch | collect/ways/umami.py |
| GET, POST /count, POST /api/v0/count | collect/ways/goatcounter.py |
| GET, POST /matomo.php, /piwik.php | collect/ways/matomo.py |
| GET /collect | collect/ways/fathom.py |
| GET /cmb.js, /<number>.gif | collect/ways/crumby.py |
| POST /track, GET /img, /lib.js | collect/ways/alcolytics.py |
| POST /webhook/<project>/<service>/<action> | collect/ways/webhook.py |
| GET /healthz, GET /readyz | collect/health.py |
| GET /metrics | collect/figures.py |
| GET /demo | collect/demo.py |

POST /hit has a shortcut past Flask's own machinery: collect/shortcut.py.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from collect import figures, health
from collect.arrival import NO_PARTS, Answer, arrival, json_answer
from collect.body import read_body, throw_away
from collect.collector import Collector, Takes
from collect.demo import demo
from collect.errors import Refused
from collect.limit import Limit
from collect.shortcut import Shortcut, headers
from collect.trust import Sites
from collect.way import Way
from collect.ways import alcolytics, crumby, event, fathom, goatcounter, hit, matomo, original, pixel, plausible, umami, webhook
from collect.ways import script as scripts
from hits.queue import breakers_of
from metrics.table import REQUESTS
from metrics.tally import Tally
from settings import HOME, Settings

STATIC = HOME / "static"
SCRIPT = STATIC / "tracker.min.js"


def create_app(
    settings: Settings,
    intake: Takes | None = None,
    sites: Sites | None = None,
    clock: Callable[[], float] = time.time,
    script: Path = SCRIPT,
    tally: Tally | None = None,
) -> Flask:
    """The app. Its intake, its tally, and what it knows of sites and keys, come from `settings` at the first hit unless they
    are given. It is made before the server forks, so that its processes share one memory of limits."""
    app = Flask(__name__, static_folder=None)
    collector = Collector(settings, intake, sites, Limit.of(settings), tally, breakers_of(settings))
    source = script.read_bytes()
    ways = (
        hit.WAY,
        *event.WAYS,
        *pixel.WAYS,
        *scripts.ways(source, STATIC),
        *original.ways(source),
        *plausible.WAYS,
        *umami.WAYS,
        *goatcounter.WAYS,
        *matomo.WAYS,
        *fathom.WAYS,
        *crumby.ways(source),
        *alcolytics.ways(source),
        *webhook.WAYS,
        Way("/healthz", ("GET",), health.alive),
        Way("/readyz", ("GET",), health.ready),
        Way("/metrics", ("GET",), figures.answer),
    )
    for way in ways:
        view = partial(_serve, way, collector, clock)
        methods = [*way.methods, "OPTIONS"]
        app.add_url_rule(way.path, " ".join((*way.methods, way.path)), view, methods=methods, provide_automatic_options=False)
    app.register_blueprint(demo(settings))
    app.register_error_handler(HTTPException, partial(_http_error, collector))
    shortcut = Shortcut(app, "POST", hit.WAY.path, partial(_counted, hit.WAY, collector, clock))
    app.wsgi_app = shortcut  # type: ignore[method-assign]
    return app


def answer(way: Way, collector: Collector, environ: dict[str, Any], now: int, parts: Mapping[str, str] = NO_PARTS) -> Answer:
    """The way from a WSGI environ to an Answer, in which Flask has no part but for the `parts` of its path."""
    try:
        came = arrival(environ, read_body(environ, way.most), now, parts)
        if came.method == "OPTIONS":
            given = way.preflight if isinstance(way.preflight, Answer) else way.preflight(came)
        else:
            given = way.answer(came, collector)
    except Refused as error:
        given = way.refusal(error)
    return Answer(given.status, given.body, (*given.headers, *way.headers), given.why)


def _counted(
    way: Way,
    collector: Collector,
    clock: Callable[[], float],
    environ: dict[str, Any],
    parts: Mapping[str, str] = NO_PARTS,
) -> Answer:
    began = time.perf_counter()
    given = answer(way, collector, environ, int(clock() * 1000), parts)
    figures.count(collector.tally, way.path, given, time.perf_counter() - began)
    return given


def _serve(way: Way, collector: Collector, clock: Callable[[], float], **parts: str) -> Response:
    return _response(_counted(way, collector, clock, request.environ, parts), request.environ)


def _http_error(collector: Collector, error: HTTPException) -> Response:
    """What Flask itself refuses: an unknown path, another method."""
    throw_away(request.environ)
    collector.tally.add(REQUESTS, "other", error.code or 500)
    sentence = (error.description or error.name).split(". ")[0].rstrip(".")
    headers = tuple((name, text) for name, text in error.get_headers() if name == "Allow")
    return _response(json_answer(error.code or 500, {"error": sentence, "field": ""}, headers), request.environ)


def _response(given: Answer, environ: dict[str, Any]) -> Response:
    response = Response(given.body, given.status)
    response.headers.clear()
    response.headers.extend(headers(given, environ))
    return response
