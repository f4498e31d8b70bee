"""The API's routes: requests in, answers of query/ out, as JSON, CSV or NDJSON.

| | |
|---|---|
| POST /api/v2/NAME | dashboard/api/questions.py says which function of query/ answers |
| GET /api/v1/stats/… | dashboard/api/v1.py |
| GET /api/openapi.json | dashboard/api/openapi.py |

Pages of any origin may ask, as with Plausible: a key is what opens, and no cookie is looked at.
"""

import json
from functools import partial
from typing import Any

import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from accounts.errors import AccountsAway
from collect.body import read_body, throw_away
from collect.errors import BadField, Refused, TryLater, Unreadable
from dashboard.api import v1
from dashboard.api.asking import Asking
from dashboard.api.forms import TYPES, written
from dashboard.api.openapi import description
from dashboard.api.questions import QUESTIONS, Question
from dashboard.opened import Clock, Opened
from query.errors import BadQuestion
from store.base import StoreAway

MOST = 64 << 10  # bytes of a question
LATER = 5  # seconds
META_LIMIT = 4 << 10  # bytes of a header

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After, X-FizzStat-Meta",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept",
    "Access-Control-Max-Age": "86400",
}


def api(opened: Opened) -> Blueprint:
    clock = opened.now
    pages, asking = Blueprint("api", __name__, url_prefix="/api"), Asking(opened)
    described = orjson.dumps(description())

    for question in QUESTIONS:
        view = partial(_answer, question, asking, clock)
        pages.add_url_rule(f"/v2/{question.name}", question.name, view, methods=["POST"])

    for path, answer in v1.ROUTES.items():
        pages.add_url_rule(f"/v1/{path}", f"v1 {path}", partial(_answer_v1, answer, asking, clock), methods=["GET"])

    @pages.get("/openapi.json")
    def openapi() -> Response:
        return Response(described, content_type=TYPES["json"])

    @pages.before_request
    def preflight() -> Response | None:
        return Response(status=204, headers=PREFLIGHT) if request.method == "OPTIONS" else None

    @pages.after_request
    def cors(response: Response) -> Response:
        response.headers.update(CORS)
        return response

    pages.register_error_handler(Refused, _refusal)
    pages.register_error_handler(BadQuestion, lambda error: _refusal(Refused(error.sentence, error.place)))
    pages.register_error_handler(StoreAway, lambda error: _refusal(TryLater("The store is away: ask again in a moment.", LATER)))
    pages.register_error_handler(
        AccountsAway, lambda error: _refusal(TryLater("Keys and sites cannot be looked up now: ask again in a moment.", LATER))
    )
    return pages


def _answer(question: Question, asking: Asking, clock: Clock) -> Response:
    body = read_body(request.environ, MOST)
    key = asking.key(request.headers.get("Authorization", ""))
    form = _form()
    asked = _object(body)
    site = asking.site(key, asked.get("site_id"))
    answer = question.ask(asking.store, asked, site, clock())
    response = Response(written(answer, form), content_type=TYPES[form])
    if form != "json" and (meta := _header(answer.get("meta"))):
        response.headers["X-FizzStat-Meta"] = meta
    return response


def _answer_v1(answer: v1.Answer, asking: Asking, clock: Clock) -> Response:
    given = request.args.to_dict()
    site = asking.site(asking.key(request.headers.get("Authorization", "")), given.get("site_id"))
    return Response(orjson.dumps(answer(asking.store, given, site, clock())), content_type=TYPES["json"])


def _object(body: bytes) -> dict[str, Any]:
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"The body is no JSON: {error}.") from None
    if not isinstance(asked, dict):
        raise Unreadable("The body is a JSON object: a question.")
    return asked


def _form() -> str:
    """`?format=` counts before Accept; who wants none of ours gets JSON."""
    if named := request.args.get("format"):
        if named not in TYPES:
            raise BadField("format", f"There is no format {named!r}; there are {', '.join(TYPES)}.")
        return named
    mimetypes = {mimetype.partition(";")[0]: form for form, mimetype in TYPES.items()}
    return mimetypes[request.accept_mimetypes.best_match(mimetypes, TYPES["json"])]


def _header(meta: object) -> str:
    """What CSV and NDJSON have no place for, where it is short: warnings, and how to ask for the next page."""
    text = json.dumps(meta) if meta else ""
    return text if len(text) <= META_LIMIT else ""


def _refusal(error: Refused) -> Response:
    said = {"error": error.sentence, "field": error.field}
    return Response(orjson.dumps(said), error.status, dict(error.headers), content_type=TYPES["json"])


def http_error(error: HTTPException) -> Response:
    """What Flask itself refuses below /api: an unknown path, another method; and errors of ours."""
    throw_away(request.environ)
    refusal = Refused((error.description or error.name).split(". ")[0].rstrip(".") + ".")
    refusal.status = error.code or 500
    refusal.headers = tuple((name, text) for name, text in error.get_headers() if name == "Allow")
    response = _refusal(refusal)
    response.headers.update(CORS)
    return response
