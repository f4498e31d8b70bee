"""Where a browser finds the collector, as far as a request to the dashboard tells: on the same host, at its own port."""

from flask import request

from settings import Settings


def collector(settings: Settings) -> str:
    return f"{request.scheme}://{_host(request.host)}:{settings.collect_port}"


def _host(netloc: str) -> str:
    """`[::1]:8001` -> `[::1]`"""
    return netloc.rsplit(":", 1)[0] if not netloc.endswith("]") and ":" in netloc else netloc
