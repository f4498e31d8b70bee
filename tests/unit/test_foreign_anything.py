"""Whatever comes in Plausible's, Umami's and GoatCounter's formats: their answers, with 2xx or 4xx, and hits that can be
queued."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from hits.hit import decode, encode
from tests.unit.collecting import Collected
from tests.unit.test_collect_anything import HEADERS, QUERIES, TEXTS, URLS, VALUES

WEBSITES = st.sampled_from(["b59e9c65-ae32-47f1-8400-119fcf4861c4", "7d1a5c1e-93bd-4c8e-9a43-0b7f5d4d1c11"])
HOSTS = st.sampled_from(["example.com", "pay.shop.example", "a b", ""])
PLAUSIBLE = st.fixed_dictionaries(
    {"n": st.sampled_from(["pageview", "engagement", "404", "File Download"]) | TEXTS | VALUES, "u": URLS | VALUES},
    optional={
        **dict.fromkeys(("d", "r", "h", "i", "w", "sd", "e"), VALUES),
        "p": st.dictionaries(TEXTS, VALUES, max_size=5) | st.text(),
        "$": st.fixed_dictionaries({"amount": VALUES, "currency": VALUES}),
    },
)
UMAMI = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["event", "identify", "performance", "engagement"]),
        "payload": st.fixed_dictionaries(
            {"website": WEBSITES, "hostname": HOSTS},
            optional={
                **dict.fromkeys(("url", "referrer", "title", "name", "tag", "id", "screen", "language"), TEXTS),
                **dict.fromkeys(("lcp", "cls", "engagement", "timestamp"), st.floats() | st.integers()),
                **dict.fromkeys(("ip", "userAgent", "data"), VALUES),
            },
        ),
    }
)
COUNTED = st.fixed_dictionaries(
    {"path": TEXTS, "session": TEXTS},
    optional={
        **dict.fromkeys(("title", "ref", "query", "user_agent"), TEXTS),
        **dict.fromkeys(("event", "size", "bot", "ip", "created_at"), VALUES),
    },
)


def bodies(shape: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    return st.binary() | VALUES.map(lambda value: json.dumps(value).encode()) | shape.map(lambda body: json.dumps(body).encode())


def check(collected: Collected, answer: TestResponse, shape: Callable[[Any], object], *statuses: int) -> None:
    assert answer.status_code in (*statuses, 400, 413), answer.text
    if answer.status_code >= 400:
        assert shape(answer.json), answer.text
    for hit in collected.hits:
        assert decode(encode(hit)) == hit
        assert "\x00" not in encode(hit).decode()


@settings(deadline=None)
@given(bodies(PLAUSIBLE), HEADERS)
@example(b"[" * 10_000, {})
@example(b'{"n":"a","u":"https://[","d":"\\ud800"}', {})
@example(b'{"n":"x","u":"//[x","d":"example.com"}', {})
@example(b'{"n":"engagement","u":"http://a.b/","sd":' + b"9" * 4000 + b"}", {})
@example(b'{"n":"x","u":"http://a.b/","p":"' + b"[" * 5000 + b'"}', {})
def test_plausible(body: bytes, headers: dict[str, str]) -> None:
    collected = Collected(PROXY_COUNT="1")
    answer = collected.post(body, path="/api/event", headers=headers)
    check(collected, answer, lambda told: all(isinstance(each, list) for each in told["errors"].values()), 202)


@settings(deadline=None)
@given(bodies(UMAMI), HEADERS)
@example(b"[" * 10_000, {})
def test_umami(body: bytes, headers: dict[str, str]) -> None:
    collected = Collected()
    answer = collected.post(body, path="/api/send", headers=headers)
    check(collected, answer, lambda told: told["error"]["message"], 200)


@settings(deadline=None)
@given(st.binary() | st.lists(UMAMI | VALUES, max_size=4).map(lambda items: json.dumps(items).encode()))
def test_a_list_of_umamis(body: bytes) -> None:
    collected = Collected()
    answer = collected.post(body, path="/api/batch")
    check(collected, answer, lambda told: told["error"]["message"], 200)
    if answer.status_code == 200:
        assert answer.json
        assert answer.json["size"] == answer.json["processed"] + answer.json["errors"] >= 0


@settings(deadline=None)
@given(QUERIES | st.dictionaries(st.sampled_from("ptresqb"), TEXTS), HEADERS)
@example({"p": "/", "b": "\u00b2"}, {"Referer": "http://a.b/"})
@example({"p": "/", "b": "9" * 5000}, {"Referer": "http://a.b/"})
def test_goatcounter(query: str | dict[str, str], headers: dict[str, str]) -> None:
    collected = Collected()
    told: dict[str, Any] = (
        {"query_string": {name: text.encode("utf-8", "replace") for name, text in query.items()}}
        if isinstance(query, dict)
        else {"environ_overrides": {"QUERY_STRING": query}}
    )
    answer = collected.client.get("/count", headers=headers, **told)
    assert answer.status_code in (200, 202, 400, 414)
    assert len(answer.data) == 43
    assert ("X-Goatcounter" in answer.headers) == (answer.status_code != 200)
    assert len(collected.hits) == (answer.status_code == 200)


@settings(deadline=None)
@given(st.binary() | st.lists(COUNTED | VALUES, max_size=4).map(lambda hits: json.dumps({"hits": hits}).encode()))
def test_goatcounters_api(body: bytes) -> None:
    collected = Collected()
    answer = collected.post(body, path="/api/v0/count", headers={"Authorization": "Bearer bound"})
    check(collected, answer, lambda told: told.get("error") or told["errors"], 202)


@pytest.mark.parametrize("path", ["/api/event", "/api/send", "/api/batch", "/api/v0/count"])
def test_too_large_a_body(path: str) -> None:
    collected = Collected()
    answer = collected.post(b" " * (5 << 20), path=path, headers={"Authorization": "Bearer bound"})
    assert answer.status_code == 413
    assert answer.json
