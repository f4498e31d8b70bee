"""What every page has: its menu, its token against forged requests, names of assets that change with what they hold, the headers.
In: the app. Out: what dashboard/templates/base.html needs."""

from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

from flask import Flask, Response, request, url_for
from markupsafe import Markup

from accounts.roles import Right
from dashboard import csrf
from dashboard.access import Viewer, is_guest, viewer_or_none
from dashboard.words import FILTERS

ASSETS = Path(__file__).parent / "assets"

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}

#: Title, endpoint, and the right on all of FizzStat that it takes (None: to be signed in).
MENU: tuple[tuple[str, str, Right | None], ...] = (
    ("Sites", "sites.all_sites", None),
    ("Ledger", "ledger.page", "admin"),
    ("People", "users.people", "admin"),
    ("Keys", "keys.all_keys", "admin"),
)


def frame(app: Flask) -> None:
    version = _version()
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        asset=lambda name: url_for("static", filename=name, v=version),
        csrf_token=csrf.token,
        csrf_field=lambda: Markup('<input type="hidden" name="{}" value="{}">').format(csrf.FIELD, csrf.token()),
        menu=menu,
        is_guest=is_guest,
    )

    @app.context_processor
    def seen_by() -> dict[str, Viewer | None]:
        return {"viewer": viewer_or_none()}

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response


def menu(viewer: Viewer) -> Iterator[tuple[str, str]]:
    return ((title, endpoint) for title, endpoint, right in MENU if right is None or viewer.may(right))


def _version() -> str:
    """Names what the assets hold, so that a new version is not shown with an old one's style."""
    files = sorted(path for path in ASSETS.rglob("*") if path.is_file())
    return blake2b(b"".join(path.read_bytes() for path in files), digest_size=6).hexdigest()
