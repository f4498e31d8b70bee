"""A web site on a port of its own: it serves the pages that a test gives it, and the tracker, and keeps the hits posted to it,
read as the collector reads them.

In the tests' browser every host under `.test` leads here, so one site plays shop.test, other.test and stats.test.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec
from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Request as BrowserRequest

from collect import clean
from collect.fields import read_json
from collect.row import read_hit

STATIC = Path(__file__).resolve().parents[2] / "static"
SCRIPTS = {
    "/tracker.js": STATIC / "tracker.min.js",
    "/vitals.js": STATIC / "vitals.min.js",
    "/fizzstat.mjs": STATIC / "fizzstat.mjs",
    "/web-vitals.js": STATIC / "node_modules" / "web-vitals" / "dist" / "web-vitals.iife.js",
}
#: Playwright drives the browser, which the tracker would leave out otherwise.
SNIPPET = '<script defer src="/tracker.js" data-local></script>'
WAIT = 10.0  # seconds


@dataclass(frozen=True)
class Request:
    """One that came to /hit, whether it was answered or not."""

    method: str
    headers: Message
    hit: dict[str, Any] = field(default_factory=dict)


def fields(body: bytes) -> dict[str, Any]:
    """Those of a hit that say something."""
    if not body.startswith(b"["):
        return read_json(body, dict[str, Any])
    hit = {name: told for name, told in msgspec.to_builtins(read_hit(body)).items() if told is not None}
    if "value" in hit:
        hit["value"] = clean.value(hit["value"])
    if "scroll" in hit:
        hit["scroll"] = clean.whole("scroll", hit["scroll"], 100)
    return hit


def html(body: str = "", title: str = "Shop", head: str = SNIPPET) -> str:
    head = f'<meta charset="utf-8"><title>{title}</title>{head}'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'


class WebSite(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.port: int = self.server_address[1]
        self.pages: dict[str, tuple[str, dict[str, str]]] = {"/": (html(), {})}
        self.requests: list[Request] = []
        #: How the next hits are answered: a status, or 0 to cut the connection; 202 when it is empty.
        self.answers: deque[int] = deque()
        #: Cleared, no hit is answered until it is set.
        self.answering = threading.Event()
        self.answering.set()
        self._unwatch: list[Callable[[], None]] = []
        self._sent: set[str] = set()
        self._came = threading.Condition()

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        for unwatch in self._unwatch:
            unwatch()
        self.answering.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that closes a connection is no error."""

    def url(self, path: str = "/", host: str = "shop.test") -> str:
        return f"http://{host}:{self.port}{path}"

    def add(self, path: str, page: str, **headers: str) -> None:
        """Serve `page` at `path` on every host; a header's name is written with _ for -."""
        self.pages[path] = page, {name.replace("_", "-"): value for name, value in headers.items()}

    def keep(self, request: Request) -> None:
        with self._came:
            self.requests.append(request)
            self._came.notify_all()

    def hits(self, kind: str = "", name: str = "") -> list[dict[str, Any]]:
        """The bodies so far, in the order of their coming; of that kind, and of that event, if said."""
        return [
            request.hit
            for request in self.requests
            if request.method == "POST" and request.hit.get("kind", "").startswith(kind) and name in ("", request.hit.get("name"))
        ]

    def wait(self, kind: str, count: int = 1, name: str = "") -> list[dict[str, Any]]:
        """Those hits, once there are as many."""
        self.wait_until(lambda: len(self.hits(kind, name)) >= count)
        return self.hits(kind, name)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT
        with self._came:
            while not condition():
                left = deadline - time.monotonic()
                assert left > 0, f"waited in vain; there came {self.hits()}"
                self._came.wait(left)

    def watch(self, context: BrowserContext) -> None:
        """Note the hits that the context's pages send, so that `after_all` knows what is still under way."""

        def note(request: BrowserRequest) -> None:
            if request.method == "POST" and urlsplit(request.url).path == "/hit":
                self._sent.add(fields((request.post_data or "{}").encode("utf-8", "surrogatepass")).get("id", ""))

        context.on("request", note)
        self._unwatch.append(lambda: context.remove_listener("request", note))

    def after_all(self, page: Page) -> list[dict[str, Any]]:
        """All hits, once those that `page` has sent so far have come, and those that it had put off."""
        page.evaluate("() => new Promise(resolve => fizzstat.event('mark', null, null, resolve))")
        self.wait_until(lambda: self._sent <= {hit.get("id", "") for hit in self.hits()})
        return [hit for hit in self.hits() if hit.get("name") != "mark"]


class _Handler(BaseHTTPRequestHandler):
    server: WebSite
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path in SCRIPTS:
            self._answer(200, SCRIPTS[path].read_bytes(), {"Content-Type": "text/javascript", "Access-Control-Allow-Origin": "*"})
        elif path in self.server.pages:
            page, headers = self.server.pages[path]
            kind = "text/javascript" if path.endswith(".js") else "text/html"
            self._answer(200, page.encode("utf-8", "surrogatepass"), {"Content-Type": kind, **headers})
        else:
            self._answer(404, b"", {})

    def do_OPTIONS(self) -> None:
        self.server.keep(Request("OPTIONS", self.headers))
        self._answer(405, b"", {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.keep(Request("POST", self.headers, fields(body)))
        self.server.answering.wait(WAIT)
        status = self.server.answers.popleft() if self.server.answers else 202
        if status:
            self._answer(status, b"", {"Access-Control-Allow-Origin": "*"})
        else:
            self.close_connection = True

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
