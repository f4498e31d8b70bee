"""What trusted proxies (FIZZSTAT_PROXY_COUNT) say of a request: by which scheme it came, and from which address."""

from collections.abc import Callable
from typing import Any

from flask import request

from collect.trust import Trust

WSGI = Callable[[dict[str, Any], Any], Any]


def behind_proxies(app: WSGI, proxies: int) -> WSGI:
    """`app`, with the scheme that the outermost proxy saw: X-Forwarded-Proto has it, of which one proxy at least is ours."""

    def proxied(environ: dict[str, Any], start_response: Any) -> Any:
        said = [word.strip().lower() for word in environ.get("HTTP_X_FORWARDED_PROTO", "").split(",")]
        word = said[max(0, len(said) - proxies)]
        if word in ("http", "https"):
            environ["wsgi.url_scheme"] = word
        return app(environ, start_response)

    return proxied if proxies else app


def address_of(trust: Trust) -> Callable[[], str]:
    """A function that says where the request at hand came from."""

    def header(name: str) -> str:
        return str(request.environ.get(f"HTTP_{name}", ""))

    return lambda: trust.client_address(request.environ.get("REMOTE_ADDR", ""), header)
