"""A change must come from a page of ours. In: a request. Out: the token that such a page has, and whether a request has it.

The token is a hash of the cookie that the browser has anyway, the session's or, before anybody has signed in, one for forms: so
nothing is kept, and a new session has a new token. Forms send it as `csrf_token`, scripts in X-CSRF-Token. What the browser says
of where a request comes from counts first (Sec-Fetch-Site, Origin), as a neighbouring host may have put a cookie there.
"""

import secrets
from hashlib import blake2b
from urllib.parse import urlsplit

from flask import Response, g, request

from dashboard.cookies import SESSION, set_cookie

FORMS = "fizzstat_forms"
FIELD, HEADER = "csrf_token", "X-CSRF-Token"
SAFE = ("GET", "HEAD", "OPTIONS")


def token() -> str:
    """For the page that is being made."""
    cookie = request.cookies.get(SESSION) if g.get("login") else _forms_cookie()
    return _of(cookie or "")


def is_ours() -> bool:
    """Whether this request that changes something was sent by a page of ours."""
    if not _from_here():
        return False
    cookie = request.cookies.get(SESSION if g.get("login") else FORMS)
    given = request.headers.get(HEADER) or request.form.get(FIELD, "")
    return bool(cookie) and secrets.compare_digest(given.encode(errors="replace"), _of(str(cookie)).encode())


def _from_here() -> bool:
    """As far as the browser says; over plain HTTP many say Origin alone."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        return site in ("same-origin", "none")
    return origin is None or urlsplit(origin).netloc == request.host


def keep_forms_cookie(response: Response) -> Response:
    """Send the cookie that a page's token was made of."""
    if fresh := g.get("forms_cookie"):
        set_cookie(response, FORMS, fresh)
    return response


def _forms_cookie() -> str:
    if given := request.cookies.get(FORMS):
        return given
    if "forms_cookie" not in g:
        g.forms_cookie = secrets.token_urlsafe(32)
    return str(g.forms_cookie)


def _of(cookie: str) -> str:
    return blake2b(cookie.encode(errors="replace"), digest_size=24, person=b"fizzstat-csrf").hexdigest()
