"""Whatever comes in: a hit that can be queued and read again, or a clear refusal, and never another exception."""

import json
from ipaddress import IPv6Address
from typing import Any
from urllib.parse import quote, urlsplit

from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from collect import clean
from collect.errors import BadField
from collect.ways.event import EventBody
from hits.hit import decode, encode
from tests.unit.collecting import Collected

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.text(st.characters(categories=["Cs", "Cc", "Nd"])),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=15,
)
URLS = st.sampled_from(
    ["https://example.com/", "http://[::1]/x", "https://xn--mnchen-3ya.de/", "http://a\ud800.b/"]
) | st.text().map("http://{}".format)
NAMES = [name for name in EventBody.__struct_fields__ if name != "url"]
TEXTS = st.text() | st.text(st.characters(categories=["Cs", "Cc", "Nd"]))
FITTING = {
    **dict.fromkeys(
        ("view", "referrer", "title", "screen", "language", "time_zone", "client_hash", "name", "id", "agent", "path"), TEXTS
    ),
    "value": TEXTS | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans(),
    "data": st.dictionaries(st.text(min_size=1), VALUES, max_size=5),
    "revenue": st.fixed_dictionaries(
        {"amount": st.floats() | st.decimals().map(str), "currency": st.sampled_from(["EUR", "usd", "€"])}
    ),
    "engaged": st.floats(0) | st.integers(0),
    "scroll": st.integers(),
    "timestamp": st.datetimes(timezones=st.timezones()).map(str),
    "ip_addr": st.ip_addresses().map(str),
}
BODIES = st.fixed_dictionaries({"url": URLS}, optional=FITTING) | st.fixed_dictionaries(
    {}, optional={"url": URLS | VALUES, **dict.fromkeys(NAMES, VALUES)}
)
JSON = BODIES.map(lambda body: json.dumps(body).encode())
HEADERS = st.dictionaries(
    st.sampled_from(
        ["User-Agent", "X-Forwarded-For", "Referer", "Accept-Language", "Authorization", "Sec-Purpose", "Accept-Encoding"]
    ),
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n")),
)
QUERIES = (
    st.text(st.characters(max_codepoint=255))
    | st.binary().map(quote)
    | BODIES.map(lambda body: quote(json.dumps(body)))
    | BODIES.map(lambda body: "&".join(f"{name}={quote(str(text), errors='replace')}" for name, text in body.items()))
)
LONG = b'{"url":"https://example.com/%s"}'


def check(collected: Collected, answer: TestResponse, *statuses: int) -> None:
    assert answer.status_code in (*statuses, 400, 413), answer.text
    if answer.status_code in (400, 413):
        assert answer.json
        assert answer.json["error"]
        assert not collected.hits
    for hit in collected.hits:
        assert decode(encode(hit)) == hit
        assert "\x00" not in encode(hit).decode()


@settings(deadline=None)
@given(st.binary() | JSON, HEADERS)
@example(b"[" * 10_000, {})
@example(b'{"data":' * 10_000, {})
@example(b'{"url":"https://example.com/","data":' + b'{"a":' * 900 + b"1" + b"}" * 901, {})
@example(b'{"url":"https://example.com/","x":' + b"[" * 900 + b"]" * 900 + b"}", {})
@example(b"x" * 1_000_000, {})
@example(LONG % (b"x" * 10_000), {})
@example(LONG % b"\\ud800", {})
@example(LONG % b"\\u0000", {})
@example(b'{"url":"https://example.com/","name":"x","value":' + b"9" * 4000 + b"}", {})
@example(b'{"url":"https://example.com/","data":{"x":' + b"9" * 4000 + b"}}", {})
def test_any_bytes_as_a_body(body: bytes, headers: dict[str, str]) -> None:
    collected = Collected(PROXY_COUNT="1")
    check(collected, collected.post(body, headers=headers), 202)


@settings(deadline=None)
@given(st.binary() | JSON | st.lists(BODIES).map(lambda bodies: json.dumps(bodies).encode()))
@example(b"[" * 10_000)
@example(b"[" + b'{"url":"https://example.com/","data":' + b'{"a":' * 900 + b"1" + b"}" * 901 + b"]")
@example(b"[" + b"9" * 1_000_000 + b"]")
def test_any_bytes_as_an_event(body: bytes) -> None:
    collected = Collected()
    answer = collected.event(body)
    check(collected, answer, 202)
    if answer.status_code == 202:
        content: Any = answer.json
        assert content["accepted"] == len(collected.hits)
        assert all(refused["error"] for refused in content["refused"])


@settings(deadline=None)
@given(QUERIES, HEADERS)
@example("%7B%22url%22%3A%22" + "x" * 10_000, {})
@example("url=https://example.com/&title=%ED%A0%80%00", {})
def test_any_query(query: str, headers: dict[str, str]) -> None:
    collected = Collected()
    answer = collected.client.get("/pixel.gif", headers=headers, environ_overrides={"QUERY_STRING": query})
    check(collected, answer, 200)


@settings(deadline=None)
@given(st.text("htps:/.ab-_09@[]?#\\ é", max_size=30).map("http://{}".format) | st.text().map("https://{}".format))
@example("https://a.b:65536/")
@example("https://a.b:80@c.d/")
@example("https://a.b?@c.d")
def test_a_pages_host_is_the_one_that_the_standard_library_finds(url: str) -> None:
    try:
        page = clean.page(url)
    except BadField:
        return
    host = clean.ascii_host((urlsplit(page.url).hostname or "").strip()).removesuffix(".")
    assert page.host.strip("[]") == (str(IPv6Address(host)) if "[" in page.host else host)
