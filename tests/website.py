"""An HTTP server for tests that keeps what it was asked: `Website({"/path": answer})`.

An answer is bytes, or a function from a Request to a Reply; `asked` lists the requests so far.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Message
    body: bytes


@dataclass(frozen=True)
class Reply:
    """`length` is what Content-Length says, if that is not the body's."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None


Answer = bytes | Callable[[Request], Reply]


class Website:
    def __init__(self, answers: Mapping[str, Answer] | None = None):
        self.answers: dict[str, Answer] = dict(answers or {})
        self.asked: list[Request] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(self.command, self.path, self.headers, body)
                site.asked.append(request)
                self.reply(site.reply(request))

            do_GET = do_POST = do_HEAD = handle_any

            def reply(self, reply: Reply) -> None:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.status != 304:
                    self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(reply.body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def reply(self, request: Request) -> Reply:
        answer = self.answers.get(request.path)
        if answer is None:
            return Reply(404, b"no such page")
        return Reply(body=answer) if isinstance(answer, bytes) else answer(request)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
