"""The WSGI application that uWSGI, or any other server, loads as `collect.wsgi:app` (or `application`)."""

import logs
from collect.app import create_app
from settings import load

settings = load()
logs.set_up(settings, "collect")
application = app = create_app(settings)
