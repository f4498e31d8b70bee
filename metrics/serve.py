"""GET /metrics on a port of its own (FIZZSTAT_METRICS_PORT), for processes that serve nothing else: the importers.

Several importers of a machine listen on the same port; whoever is asked tells the sums of all of them.
"""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from metrics.text import CONTENT_TYPE, allowed


def serve(bind: str, port: int, key: str, text: Callable[[], str]) -> ThreadingHTTPServer:
    """Answer in threads of its own until `shutdown()`. With a key nobody is answered without it. Raises OSError."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            if self.path.partition("?")[0] != "/metrics":
                self._answer(404, "only /metrics is here\n")
            elif key and not allowed(self.headers.get("Authorization", ""), key):
                self._answer(401, "this needs Authorization: Bearer FIZZSTAT_METRICS_KEY\n")
            else:
                self._answer(200, text())

        def _answer(self, status: int, content: str) -> None:
            body = content.encode()
            self.send_response(status)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """A log of requests would hold addresses."""

    class Server(ThreadingHTTPServer):
        allow_reuse_port = True
        daemon_threads = True
        address_family = 10 if ":" in bind else 2  # AF_INET6, AF_INET

    server = Server((bind.strip("[]"), port), Handler)
    Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
