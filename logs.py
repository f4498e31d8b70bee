"""What processes of ours log, and how: one line a record, as text or as JSON (FIZZSTAT_LOG_FORMAT).

JSON lines name things as the Elastic Common Schema does (https://www.elastic.co/docs/reference/ecs), so that Kibana
reads them without a pipeline. No line holds an address, a query, a key or a salt: libraries that tell what they send
are only heard when something is wrong, and whoever logs an error of ours logs its sentence.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

from settings import Settings

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

#: They would log URLs with their parameters, or what they are given, at lower levels.
TALKATIVE = ("elastic_transport", "elasticsearch", "urllib3", "sqlalchemy", "asyncio")


def set_up(settings: Settings, service: str) -> None:
    """Log to stderr from now on. `service` is the part: collect, drain, import, dashboard."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json(service) if settings.log_format == "json" else logging.Formatter(TEXT))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


class Json(logging.Formatter):
    """A record as one line of JSON, in ECS names."""

    def __init__(self, service: str):
        super().__init__()
        self._service = f"fizzstat-{service}"

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "@timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "log.level": record.levelname.lower(),
            "message": record.getMessage(),
            "ecs.version": "8.11.0",
            "log.logger": record.name,
            "process.pid": record.process,
            "process.thread.name": record.threadName,
            "service.name": self._service,
        }
        if record.exc_info and record.exc_info[0]:
            kind, error, trace = record.exc_info
            line["error.type"] = kind.__name__
            line["error.message"] = str(error)
            line["error.stack_trace"] = "".join(traceback.format_exception(kind, error, trace))
        return json.dumps(line)
