"""Whatever comes in the formats of other trackers: an answer that they know or a clear refusal, and hits that can be queued."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from collect.ways import matomo_hits
from hits.hit import decode, encode
from tests.unit.collecting import Collected
from tests.unit.test_collect_anything import HEADERS, VALUES

URL = "https://example.com/"
KNOWN = st.sampled_from([URL, "1", "0", "visit", "event", "[[", "{"])
TEXTS = st.text() | st.text(st.characters(categories=["Cs", "Cc", "Nd"])) | KNOWN
#: What a path needs to come past its first check, and its other parameters.
QUERIES: dict[str, tuple[dict[str, str], list[str]]] = {
    "/matomo.php": (
        {"idsite": "1", "rec": "1", "url": URL},
        [
            "action_name", "urlref", "_id", "pv_id", "uid", "cid", "res", "lang", "ua", "cdt", "cdo", "cip", "token_auth",
            "ping", "ca", "e_c", "e_a", "e_n", "e_v", "download", "link", "search", "search_cat", "idgoal", "revenue", "currency",
            "ec_id", "ec_items", "cvar", "_cvar", "dimension1", "dimension²", "c_n", "c_i", "cra", "send_image",
            *matomo_hits.TIMINGS, *matomo_hits.PRODUCT,
        ],
    ),
    "/collect": ({"id": "a", "h": "https://example.com", "p": "/"}, ["r", "sid", "pid", "h", "p", "id"]),
    "/7.gif": (
        {"cid": "1", "t": "event", "dl": URL, "en": "x"}, ["t", "dl", "dt", "de", "dr", "ul", "sr", "sd", "en", "ev", "cid"],
    ),
    "/img": ({"name": "x", "projectId": "1"}, ["j", "name", "projectId", "uid", "a"]),
    "/lib.js": ({}, ["projectId"]),
    "/": ({}, ["client_hash"]),
}  # fmt: skip
MESSAGES = st.fixed_dictionaries(
    {"name": st.sampled_from(["pageview", "Activity", "Link click", "x"]) | VALUES},
    optional={
        "page": st.fixed_dictionaries({"url": st.just(URL) | VALUES}, optional={"title": VALUES, "referrer": VALUES}) | VALUES,
        **dict.fromkeys(("projectId", "uid", "data", "browser", "client", "scroll", "user"), VALUES),
        "browser": st.fixed_dictionaries({"sr": st.fixed_dictionaries({"tot": VALUES}) | VALUES}) | VALUES,
        "scroll": st.fixed_dictionaries({"maxScroll": VALUES}),
    },
)
BULKS = st.fixed_dictionaries(
    {"requests": st.lists(VALUES | st.dictionaries(st.sampled_from(QUERIES["/matomo.php"][1]), VALUES, max_size=4), max_size=4)},
    optional={"token_auth": VALUES, "send_image": VALUES},
)
SEGMENT = st.characters(exclude_characters="/.", exclude_categories=["Cs"])
BODIES = st.binary() | (MESSAGES | BULKS | VALUES).map(lambda body: json.dumps(body).encode())


def check(collected: Collected, answer: TestResponse) -> None:
    assert answer.status_code in (200, 204, 400, 401, 403, 404, 413), answer.text
    if answer.status_code >= 400:
        assert not collected.hits
    for hit in collected.hits:
        assert decode(encode(hit)) == hit


@pytest.mark.parametrize("path", QUERIES)
@settings(deadline=None, max_examples=60)
@given(st.data(), HEADERS)
def test_any_query(path: str, data: st.DataObject, headers: dict[str, str]) -> None:
    needed, more = QUERIES[path]
    sent = {**needed, **data.draw(st.dictionaries(st.sampled_from(more), TEXTS, max_size=5))}
    query = urlencode(sent, errors="replace") if data.draw(st.booleans()) else data.draw(st.binary()).decode("latin-1")
    collected = Collected()
    check(collected, collected.client.get(path, headers=headers, environ_overrides={"QUERY_STRING": query}))


@pytest.mark.parametrize("path", ["/matomo.php", "/track", "/event/view/vote", "/webhook/example.com/a/b?key=writer"])
@settings(deadline=None, max_examples=60)
@given(BODIES)
@example(b'{"requests":' + b"[" * 5000)
@example(b'{"data":' + b'{"a":' * 900 + b"1" + b"}" * 901)
@example(b'{"name":"x","page":{"url":"https://example.com/"},"data":{"x":' + b"9" * 4000 + b"}}")
@example(b'{"value":' + b"9" * 5000 + b"}")
def test_any_body(path: str, body: bytes) -> None:
    collected = Collected()
    check(collected, collected.client.post(path, data=body, headers={"Referer": URL}))


@settings(deadline=None, max_examples=60)
@given(st.text(SEGMENT, min_size=1), st.text(SEGMENT, min_size=1), VALUES)
def test_any_name_of_an_event(view: str, name: str, value: Any) -> None:
    collected = Collected()
    path = f"/event/{quote(view, safe='', errors='replace')}/{quote(name, safe='', errors='replace')}"
    check(collected, collected.client.post(path, json={"value": value}, headers={"Referer": URL}))
