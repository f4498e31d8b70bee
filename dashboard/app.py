"""The dashboard's Flask app. In: settings. Out: pages for people (dashboard/access.py says who may), the JSON API below /api, and
what machines ask for (dashboard/health.py)."""

from collections.abc import Callable

from flask import Flask

from dashboard.access import guard
from dashboard.api.routes import api
from dashboard.errors import errors
from dashboard.frame import frame
from dashboard.health import health
from dashboard.opened import Opened
from dashboard.overview import Overview
from dashboard.pages.account import account
from dashboard.pages.door import door
from dashboard.pages.keys import keys
from dashboard.pages.ledger import ledger
from dashboard.pages.sites import sites
from dashboard.pages.users import users
from dashboard.proxies import behind_proxies
from dashboard.reader import Reader
from dashboard.settings.pages import settings_pages
from dashboard.site.pages import site_pages
from settings import Settings


def create_app(settings: Settings, ask: Callable[[], Overview] | None = None) -> Flask:
    """`ask` is where the ledger's page gets its overview, if not from the queue and the store."""
    reader = Reader(settings)
    app = Flask(__name__, static_folder="assets", static_url_path="/assets")
    app.wsgi_app = behind_proxies(app.wsgi_app, settings.proxy_count)  # type: ignore[method-assign, assignment]
    opened = Opened(settings)
    frame(app)
    errors(app)
    for pages in (
        health(settings),
        api(opened),
        door(opened),
        sites(opened),
        site_pages(opened),
        settings_pages(opened),
        ledger(opened, ask or reader.overview, reader.ledger),
        account(opened),
        users(opened),
        keys(opened),
    ):
        app.register_blueprint(pages)
    guard(app, opened)
    return app
