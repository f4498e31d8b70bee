"""POST /hit by the shortcut and by Flask's own route: the same requests, the same answers, the same hits."""

import io
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hits.hit import Hit
from tests.unit.collecting import Collected

BODY = b'{"url":"https://example.com/"}'
EVENT = b'{"url":"https://example.com/","name":"signup","value":3,"data":{"a":[1]},"revenue":{"amount":1,"currency":"EUR"}}'
CHUNKED = {"Transfer-Encoding": "chunked"}
ENDS = {"wsgi.input_terminated": True}

#: name: the status that is right, whether a hit is taken, body, headers, more of the environ, settings
REQUESTS: dict[str, tuple[int, bool, bytes, Mapping[str, str], Mapping[str, Any], Mapping[str, str]]] = {
    "a view": (202, True, BODY, {"User-Agent": "Firefox", "Accept-Language": "de", "Sec-CH-UA": '"Chromium";v="142"'}, {}, {}),
    "an event": (202, True, EVENT, {}, {}, {}),
    "the tracker's array": (202, True, b'["view",0.1,null,"https://example.com/",false,0.2,null,null,1920,1080]', {}, {}, {}),
    "beyond ASCII": (202, True, '{"url":"https://exämple.com/ü","title":"Ü\u2028"}'.encode(), {"User-Agent": "Ä"}, {}, {}),
    "behind a proxy": (202, True, BODY, {"X-Forwarded-For": "203.0.113.9"}, {"REMOTE_ADDR": "10.0.0.1"}, {"PROXY_COUNT": "1"}),
    "a query": (202, True, BODY, {}, {"QUERY_STRING": "a=b&%ff"}, {}),
    "another host": (202, True, BODY, {"Host": "a b"}, {}, {}),
    "another content type": (202, True, BODY, {"Content-Type": "multipart/form-data; boundary=x"}, {}, {}),
    "chunked": (202, True, BODY, CHUNKED, ENDS, {}),
    "gpc": (202, False, BODY, {"Sec-GPC": "1"}, {}, {}),
    "dnt": (202, False, BODY, {"DNT": "1"}, {}, {"HONOUR_DNT": "yes"}),
    "prefetch": (202, False, BODY, {"Sec-Purpose": "prefetch;prerender"}, {}, {}),
    "nothing": (400, False, b"", {}, {}, {}),
    "no JSON": (400, False, b"{", {}, {}, {}),
    "no object": (400, False, b"[]", {}, {}, {}),
    "a field's type": (400, False, b'{"url":3}', {}, {}, {}),
    "a field's value": (400, False, b'{"url":"ftp://example.com/"}', {}, {}, {}),
    "an event without a name": (400, False, b'{"url":"https://example.com/","kind":"event"}', {}, {}, {}),
    "a length that is none": (400, False, BODY, {}, {"CONTENT_LENGTH": "x"}, {}),
    "broken off": (400, False, BODY, {}, {"CONTENT_LENGTH": "1000"}, {}),
    "a host that is not allowed": (403, False, BODY, {}, {}, {"ALLOWED_HOSTS": "shop.example"}),
    "chunked without an end": (411, False, BODY, CHUNKED, {}, {}),
    "too large": (413, False, b"x" * 2_000_000, {}, {}, {}),
    "chunked, too large": (413, False, b"x" * 70_000, CHUNKED, ENDS, {}),
}


def by_flask_itself(collected: Collected) -> None:
    app: Any = collected.client.application
    app.wsgi_app = app.wsgi_app.flask


def answered(
    collected: Collected, body: bytes, headers: Mapping[str, str], environ: Mapping[str, Any]
) -> tuple[str, list[tuple[str, str]], bytes, list[Hit]]:
    """What is answered, and what was taken, but for the receipts, which no two requests share."""
    length = {} if headers is CHUNKED else {"CONTENT_LENGTH": str(len(body))}
    answer = collected.client.post(
        "/hit", input_stream=io.BytesIO(body), headers=headers, environ_overrides={**length, **environ}
    )
    return answer.status, list(answer.headers), answer.data, [replace(hit, receipt="") for hit in collected.hits]


@pytest.mark.parametrize("name", REQUESTS)
def test_a_hit_is_answered_and_taken_as_by_flask_itself(name: str) -> None:
    status, taken, body, headers, environ, how = REQUESTS[name]
    short, flask = Collected(**how), Collected(**how)
    by_flask_itself(flask)
    answer = answered(short, body, headers, environ)
    assert answer == answered(flask, body, headers, environ)
    assert answer[0].startswith(str(status))
    assert len(short.hits) == taken


@given(st.binary(max_size=200) | st.text(max_size=60).map(lambda text: b'{"url":"https://%b"}' % text.encode()))
@settings(max_examples=100, deadline=None)
def test_whatever_is_sent_is_answered_as_by_flask_itself(body: bytes) -> None:
    short, flask = Collected(), Collected()
    by_flask_itself(flask)
    assert answered(short, body, {}, {}) == answered(flask, body, {}, {})


@pytest.mark.parametrize("status", [503, 500], ids=["the spool is full", "a fault of ours"])
def test_what_cannot_be_taken_is_answered_as_by_flask_itself(status: int) -> None:
    short, flask = Collected(), Collected()
    by_flask_itself(flask)
    for collected in (short, flask):
        collected.intake.full = status == 503
        if status == 500:
            collected.intake.take = lambda hits: 1 / 0  # type: ignore[method-assign, assignment]
    answer = answered(short, BODY, {}, {})
    assert answer == answered(flask, BODY, {}, {})
    assert answer[0].startswith(str(status))


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/hit"), ("OPTIONS", "/hit"), ("PUT", "/hit"), ("POST", "/hit/"), ("POST", "//hit")]
)
def test_every_other_request_is_flasks(method: str, path: str) -> None:
    asked: list[str] = []
    collected = Collected()
    shortcut: Any = collected.client.application.wsgi_app  # type: ignore[attr-defined]
    flask = shortcut.flask
    shortcut.flask = lambda environ, start_response: asked.append(environ["PATH_INFO"]) or flask(environ, start_response)
    collected.client.open(path, method=method)
    assert len(asked) == 1
