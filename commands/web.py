"""One HTTP request of a command. In: a URL, which may hold a user and password. Out: the answer, whatever its status.

No error quotes a password, a key or a query: they go into headers, and what is shown of a URL is `public(url)`.
"""

import base64
import http.client
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import click

from hits.redis import without_secrets

SECONDS = 30


class WebError(click.ClickException):
    """A server could not be asked; the message says which and why."""


class _SafeRedirects(HTTPRedirectHandler):
    """From https nowhere but to https."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> Request | None:
        if req.type == "https" and urlsplit(newurl).scheme != "https":
            raise WebError(f"{public(req.full_url)} sends on to a place without https, which is not followed.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def public(url: str) -> str:
    """What may be shown of a URL."""
    return without_secrets(url)


def basic(user: str, password: str) -> str:
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Answer:
    """What a server answers; `read` raises WebError when it breaks off."""

    def __init__(self, answer: Any, url: str):
        self._answer, self._url = answer, url
        self.status: int = answer.status
        self.headers: Message = answer.headers

    def read(self, most: int) -> bytes:
        """Up to so many bytes; none at the end."""
        with _said(self._url):
            piece: bytes = self._answer.read(most)
            return piece


@contextmanager
def ask(
    url: str,
    what: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    authorization: str = "",
    body: bytes | None = None,
    seconds: float = SECONDS,
) -> Iterator[Answer]:
    """The answer of a server. `what` names the URL's setting or option for errors. Raises WebError.

    Redirects are followed, and `authorization` is not sent along: who answers last is often another host.
    """
    address, user = _checked(url, what)
    request = Request(address, data=body, headers={"User-Agent": "FizzStat", **(headers or {})}, method=method)
    if authorization or user:
        request.add_unredirected_header("Authorization", authorization or user)
    with _said(url):
        try:
            answer: Any = build_opener(_SafeRedirects).open(request, timeout=seconds)
        except HTTPError as error:  # which is an answer too
            answer = error
    with answer:
        yield Answer(answer, url)


@contextmanager
def _said(url: str) -> Iterator[None]:
    """Say WebError for what goes wrong on the way."""
    try:
        yield
    except (URLError, OSError, http.client.HTTPException) as error:
        raise WebError(f"{public(url)} cannot be reached: {_why(error)}") from None


def _checked(url: str, what: str) -> tuple[str, str]:
    """The URL without user and password, and the Authorization header that these make."""
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise WebError(f"{what} takes an http:// or https:// URL.")
    user = basic(unquote(parts.username), unquote(parts.password or "")) if parts.username else ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")), user


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    match reason:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted here ({reason.verify_message})"
        case socket.gaierror():
            return "nobody knows a host of that name"
        case TimeoutError():
            return "it does not answer in time"
        case OSError():
            return str(reason.strerror or reason)
    return str(reason) or type(reason).__name__
