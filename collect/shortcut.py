"""The shortcut of POST /hit: a WSGI app around Flask's that answers this one route before Flask's request machinery begins.

That machinery (contexts, routing, Request and Response objects, signals) costs some times what all the rest of a hit does;
bench/README.md has the figures. Nothing else is cut: the answer comes from the same function as in Flask's own route, which
stays at `Shortcut.flask`, and tests/unit/test_collect_shortcut.py sends the same requests both ways.
"""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask

from collect.arrival import Answer, Header
from collect.body import is_chunked

STATUS = {status.value: f"{status.value} {status.phrase.upper()}" for status in HTTPStatus}


class Shortcut:
    """To be put in the place of `app.wsgi_app`; `answer` is that of `method` and `path`."""

    def __init__(self, app: Flask, method: str, path: str, answer: Callable[[WSGIEnvironment], Answer]):
        self.app, self.flask = app, app.wsgi_app
        self._method, self._path, self._answer = method, path, answer

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != self._path or environ["REQUEST_METHOD"] != self._method:
            return self.flask(environ, start_response)
        try:
            given = self._answer(environ)
        except Exception as error:  # a fault of ours: Flask logs it and answers 500, as it does with those in its own routes
            with self.app.request_context(environ):
                return self.app.handle_exception(error)(environ, start_response)
        start_response(STATUS[given.status], headers(given, environ))
        return [given.body]


def headers(given: Answer, environ: WSGIEnvironment) -> list[Header]:
    """All headers of a response, by whichever way it goes out."""
    out = list(given.headers)
    if given.status != HTTPStatus.NOT_MODIFIED:
        out.append(("Content-Length", str(len(given.body))))
    if is_chunked(environ):
        out.append(("Connection", "close"))  # uWSGI's router keeps no connection after a chunked body, and does not say so
    return out
