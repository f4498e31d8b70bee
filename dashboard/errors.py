"""How pages say no: a page with a sentence for people, {"error": sentence, "field": ""} for our scripts, the API's own way below
/api. Nothing of a request is repeated on it."""

import logging

from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from accounts.errors import AccountsAway
from dashboard.access import viewer_or_none, wants_json
from dashboard.api.routes import http_error
from store.base import StoreAway

log = logging.getLogger("fizzstat.dashboard")

TITLES = {
    400: "That was not understood",
    401: "You are signed out",
    403: "Not allowed",
    404: "Not found",
    405: "Not found",
    413: "Too large",
    429: "Too often",
    503: "Not now",
}
SENTENCES = {
    404: "There is no such page.",
    405: "There is no such page.",
    500: "Something went wrong here, and the dashboard's log says what. It is a bug: please report it.",
}
STORE_AWAY = "The store is away, and the numbers are in it. No hit is lost meanwhile: load this page again in a moment."
ACCOUNTS_AWAY = "The database of sites and people does not answer. No hit is lost meanwhile: load this page again in a moment."


def errors(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StoreAway, lambda error: said(503, STORE_AWAY))
    app.register_error_handler(AccountsAway, _accounts_away)


def said(status: int, sentence: str, headers: dict[str, str] | None = None) -> ResponseReturnValue:
    """An answer with this status; needs no database."""
    if wants_json():
        return jsonify(error=sentence, field=""), status, headers or {}
    title = TITLES.get(status, "Something went wrong")
    page = render_template("error.html", title=title, sentence=sentence, viewer=viewer_or_none())
    return page, status, headers or {}


def _http(error: HTTPException) -> ResponseReturnValue:
    if request.path.startswith("/api/"):
        return http_error(error)
    status = error.code or 500
    if error.response is not None:
        return error.response
    ours = error.description if "description" in vars(error) else None  # a sentence that was given to abort()
    headers = {name: text for name, text in error.get_headers() if name in ("Allow", "Retry-After")}
    return said(status, str(ours or SENTENCES.get(status) or error.description), headers)


def _accounts_away(error: AccountsAway) -> ResponseReturnValue:
    log.error("%s", error)
    return said(503, ACCOUNTS_AWAY)
