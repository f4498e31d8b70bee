"""The WSGI application that uWSGI, or any other server, loads as `collect.wsgi:app` (or `application`)."""

import logging

from collect.app import create_app
from settings import load

settings = load()
logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
application = app = create_app(settings)
