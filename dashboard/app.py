"""The dashboard's Flask app. In: settings. Out: one page, and the fragment of it that its script asks for every few seconds;
dashboard/health.py has what machines ask for."""

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from flask import Flask, Response, render_template, request

from collect.snippet import snippet
from dashboard.health import health
from dashboard.overview import Overview
from dashboard.reader import Reader
from dashboard.words import FILTERS
from settings import Settings

ASSETS = Path(__file__).parent / "assets"

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def create_app(settings: Settings, ask: Callable[[], Overview] | None = None) -> Flask:
    """`ask` is where an overview comes from, if not from the queue and the store."""
    app = Flask(__name__, static_folder="assets", static_url_path="/assets")
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    ask = ask or Reader(settings).overview
    version = _version()

    def show(template: str) -> str:
        overview = ask()
        collector = f"{request.scheme}://{_host(request.host)}:{settings.collect_port}"
        return render_template(
            template,
            overview=overview,
            ledger=overview.ledger,
            version=version,
            demo=f"{collector}/demo",
            snippet=snippet(collector),
        )

    @app.get("/")
    def page() -> str:
        return show("page.html")

    @app.get("/live")
    def live() -> str:
        return show("live.html")

    app.register_blueprint(health(settings))

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response

    return app


def _host(netloc: str) -> str:
    """`[::1]:8001` -> `[::1]`"""
    return netloc.rsplit(":", 1)[0] if not netloc.endswith("]") and ":" in netloc else netloc


def _version() -> str:
    """Names what the assets hold, so that a new version is not shown with an old one's style."""
    return blake2b(b"".join(path.read_bytes() for path in sorted(ASSETS.iterdir())), digest_size=6).hexdigest()
