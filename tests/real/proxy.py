"""A proxy before Elasticsearch that answers some requests itself, as an overloaded one does."""

import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOP = {"connection", "transfer-encoding", "content-length", "host", "accept-encoding", "content-encoding"}


class Proxy:
    """`answer(path, n)` is a status to answer the n-th request of a path with, or 0 to pass it on."""

    def __init__(self, target: str, answer: Callable[[str, int], int]):
        self.answered = 0
        counts: dict[str, int] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = self.path.split("?")[0]
                counts[path] = counts.get(path, 0) + 1
                status = answer(path, counts[path])
                if status:
                    outer.answered += 1
                    self.reply(status, b'{"error":{"type":"es_rejected_execution_exception"},"status":%d}' % status, {})
                    return
                headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
                request = urllib.request.Request(target + self.path, body or None, headers, method=self.command)
                try:
                    with urllib.request.urlopen(request, timeout=30) as response:
                        self.reply(response.status, response.read(), dict(response.headers))
                except urllib.error.HTTPError as error:
                    with error:
                        self.reply(error.code, error.read(), dict(error.headers))

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any

            def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in HOP:
                        self.send_header(name, value)
                if not headers:
                    self.send_header("X-Elastic-Product", "Elasticsearch")
                    self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
