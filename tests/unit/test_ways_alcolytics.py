"""Messages as Alcolytics' tracker sends them (app/schema/alcojs.js and app/TrackerHttpApi.js of alco-tracker), and webhooks."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from collect.app import SCRIPT
from tests.unit.collecting import Collected
from tests.unit.ways import get, mapped, post, told

MESSAGE = {
    "name": "pageview",
    "data": {},
    "projectId": 1,
    "uid": "6388226436128374784",
    "page": {"url": "https://example.com/shop?x=1", "referrer": "https://duckduckgo.com/", "title": "Shop"},
    "browser": {"if": [0, 0], "sr": {"asp": 1000, "avail": {"w": 1920, "h": 1040}, "tot": {"w": 1920, "h": 1080}}},
    "client": {"ts": 1795608000000, "tz": "Europe/Vienna", "tzOffset": 3600000},
    "session": {"eventNum": 0, "pageNum": 1, "type": "organic", "marks": {}},
    "lib": {"name": "alco.js", "libver": 213, "snippet": 3},
    "cf": {"promise": True},
    "user": {"traits": {}},
    "perf": {"ce": 1},
}  # fmt: skip
LINK = {"href": "https://other.example/", "text": "x"}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (
            {},
            {
                "way": "alcolytics", "kind": "view", "site": "example.com", "url": "https://example.com/shop?x=1",
                "title": "Shop", "referrer": "https://duckduckgo.com/", "screen": "1920x1080", "time_zone": "Europe/Vienna",
                "client_hash": "6388226436128374784", "ip": "127.0.0.1",
            },
        ),
        ({"user": {"id": "customer 7"}}, {"client_hash": "customer 7"}),
        ({"name": "order", "data": {"sum": 5, "a": {"b": 1}}}, {"kind": "event", "name": "order", "data": {"sum": 5, "a.b": 1}}),
        ({"name": "Activity", "data": {"active": 3, "interval": 5}, "scroll": {"maxScroll": 60}},
         {"kind": "engagement", "engaged": 15_000, "scroll": 60}),
        ({"name": "Scroll", "scroll": {"maxScroll": 100}}, {"kind": "engagement", "scroll": 100, "engaged": 0}),
        ({"name": "session"}, {"kind": "engagement"}),
        ({"name": "Link click", "data": {**LINK, "outbound": True}}, {"kind": "event", "name": "exit", "value": LINK["href"]}),
        ({"name": "Link click", "data": {**LINK, "outbound": False}}, {"name": "Link click", "value": LINK["href"]}),
        ({"name": "Form submit", "data": {"fid": "login"}}, {"kind": "event", "name": "form", "data": {"fid": "login"}}),
        ({"browser": {"sr": 3}, "client": {"tz": []}, "user": {}, "uid": ""}, {"screen": "", "time_zone": "", "client_hash": ""}),
    ],
)  # fmt: skip
def test_a_message_is_a_hit(sent: dict[str, Any], expected: dict[str, Any]) -> None:
    posted, shown = Collected(), Collected()
    message = json.dumps({**MESSAGE, **sent})
    answer = post(posted, "/track?uid=1", message.encode(), {"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json) == (200, {"result": "queued"})
    assert told(posted.hit, expected) == expected
    answer = get(shown, "/img", j=message)
    assert (answer.status_code, answer.mimetype, len(answer.data)) == (200, "image/gif", 43)
    assert told(shown.hit, expected) == expected


def test_an_image_takes_parameters_too_and_its_page_is_the_one_that_shows_it() -> None:
    collected = Collected()
    get(collected, "/img", {"Referer": "https://example.com/mail"}, projectId="1", name="open", campaign="May")
    expected = {"kind": "event", "name": "open", "url": "https://example.com/mail", "data": {"campaign": "May"}}
    assert told(collected.hit, expected) == expected


def test_the_trackers_own_troubles_are_no_hits() -> None:
    collected = Collected()
    answer = post(collected, "/track", json.dumps({"name": "log", "lvl": "error", "args": []}).encode())
    assert (answer.json, answer.headers["X-FizzStat-Dropped"], collected.hits) == ({"result": "queued"}, "log", [])


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"name":3}', b'{"name":"pageview"}', b'{"page":{"url":"https://example.com/"}}']
)
def test_what_cannot_be_used_is_refused(body: bytes) -> None:
    collected = Collected()
    assert post(collected, "/track", body).status_code == 400
    assert not collected.hits


def test_any_page_may_send_with_credentials() -> None:
    origin = {"Origin": "https://example.com", "Access-Control-Request-Headers": "content-type"}
    preflight = Collected().client.options("/track", headers=origin)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Headers"] == "content-type"
    for answer in (preflight, post(Collected(), "/track", json.dumps(MESSAGE).encode(), origin)):
        assert answer.headers["Access-Control-Allow-Origin"] == "https://example.com"
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"


def test_the_library_is_the_tracker_and_knows_the_snippets_calls() -> None:
    answer = Collected().client.get("/lib.js")
    assert answer.mimetype == "text/javascript"
    assert answer.data.startswith(SCRIPT.read_bytes())
    assert b"alco.queue" in answer.data


PUSH = "example.com/github/push"


def hook(collected: Collected, body: bytes, key: str = "writer", path: str = PUSH, query: str = "") -> TestResponse:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return post(collected, f"/webhook/{path}?{query}", body, headers)


@pytest.mark.parametrize(
    ("body", "query", "data"),
    [
        (b'{"ref":"main","commits":[{"id":"a"},{"id":"b"}]}', "", {"ref": "main", "commits.0.id": "a", "commits.1.id": "b"}),
        (b"ref=main&size=2", "", {"ref": "main", "size": "2"}),
        (b"[1,2]", "", {"body": [1, 2]}),
        (b"", "a=1", {"a": "1"}),
        (json.dumps({f"k{n}": n for n in range(100)}).encode(), "", {f"k{n}": n for n in range(30)}),
    ],
)
def test_a_webhook_is_an_event_with_its_body_as_data(body: bytes, query: str, data: dict[str, Any]) -> None:
    collected = Collected()
    answer = hook(collected, body, query=query)
    assert (answer.status_code, answer.json) == (200, {"result": "queued"})
    hit = collected.hit
    assert (hit.way, hit.kind, hit.name, hit.site) == ("webhook", "event", "github.push", "example.com")
    assert (hit.ip, hit.interactive, hit.data) == ("", False, data)


@pytest.mark.parametrize(
    ("key", "path", "status"),
    [
        ("", "example.com/a/b", 401), ("nobody", "example.com/a/b", 401), ("reader", "example.com/a/b", 403),
        ("bound", "example.com/a/b", 403), ("bound", "1/a/b", 200), ("bound", "pay.shop.example/a/b", 200),
        ("writer", "1/a/b", 400),
    ],
)  # fmt: skip
def test_a_webhook_needs_a_key_for_its_site(key: str, path: str, status: int) -> None:
    collected = Collected()
    assert hook(collected, b"{}", key, path).status_code == status
    assert [hit.site for hit in collected.hits] == (["shop.example"] if status == 200 else [])


def test_a_webhooks_key_may_stand_in_its_address() -> None:
    collected = Collected()
    assert hook(collected, b"", "", query=urlencode({"key": "writer", "a": "1"})).status_code == 200
    assert collected.hit.data == {"a": "1"}


def test_a_project_is_a_site_in_messages_webhooks_and_the_library() -> None:
    collected = mapped("alcolytics:1")
    post(collected, "/track", json.dumps({**MESSAGE, "user": {"traits": {"plan": "pro"}}}).encode())
    hook(collected, b"{}", path="1/github/push")
    assert [(hit.site, hit.traits) for hit in collected.hits] == [("shop.example", {"plan": "pro"}), ("shop.example", {})]
    assert collected.client.get("/lib.js?projectId=1").data.startswith(b'document.currentScript.dataset.site="shop.example";')
    assert collected.client.get("/lib.js?projectId=2").data.startswith(SCRIPT.read_bytes())
