"""What uWSGI loads: `module = dashboard.wsgi:app`."""

import logging

from dashboard.app import create_app
from settings import load

settings = load()
logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
app = create_app(settings)
