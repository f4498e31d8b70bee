"""What uWSGI loads: `module = dashboard.wsgi:app`."""

import logs
from dashboard.app import create_app
from settings import load

settings = load()
logs.set_up(settings, "dashboard")
app = create_app(settings)
