"""A collector on a port of its own, whose hits are kept in a list instead of a queue."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from werkzeug.serving import WSGIRequestHandler, make_server

import settings
from collect.app import create_app
from hits.hit import Hit
from hits.snapshot import KeyRow, Snapshot
from metrics.tally import Tally


@dataclass
class RunningCollector:
    """`address` is what this machine calls it; in the tests' browser any host under .test leads to its `port` too."""

    port: int = 0
    address: str = ""
    hits: list[Hit] = field(default_factory=list)
    sites: Snapshot = field(default_factory=Snapshot)

    def past_waits(self) -> bool:
        return False

    def take(self, hits: Sequence[Hit]) -> None:
        self.hits.extend(hits)

    def current(self) -> Snapshot:
        return self.sites

    def key(self, token: str) -> KeyRow | None:
        return None

    def wait(self, kind: str, name: str = "", count: int = 1) -> Hit:
        """The latest of that kind and name, once there are as many."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            found = [hit for hit in self.hits if hit.kind == kind and hit.name == name]
            if len(found) >= count:
                return found[-1]
            time.sleep(0.02)
        raise AssertionError(f"no {kind} {name} came, but {self.hits}")


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass


@contextmanager
def collecting(**values: str) -> Iterator[RunningCollector]:
    """`values` are settings such as DASHBOARD_PORT="8123"."""
    collector = RunningCollector()
    chosen = settings.load({"FIZZSTAT_" + name: text for name, text in values.items()})
    app = create_app(chosen, collector, collector, tally=Tally(None, ""))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    collector.port, collector.address = server.port, f"http://127.0.0.1:{server.port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
