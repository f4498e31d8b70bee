"""/count and /api/v0/count answer as GoatCounter does, to requests as its documentation and count.js have them."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.unit.collecting import Collected

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
COUNTED = "p=%2Fa%3Fb%3D1&r=https%3A%2F%2Fduckduckgo.com%2F&t=A%20page&s=1920%2C1080%2C1&b=0&q=%3Fb%3D1&rnd=abcde"
HEADERS = {"User-Agent": BROWSER, "Referer": "https://example.com/"}


def count(collected: Collected, query: str, headers: dict[str, str] | None = None, method: str = "GET") -> TestResponse:
    return collected.client.open("/count?" + query, method=method, headers=HEADERS if headers is None else headers)


def api(collected: Collected, body: Any, key: str = "bound", **headers: str) -> TestResponse:
    given = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
    return collected.post(body, path="/api/v0/count", headers=given)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_count_js_sends_is_a_view(method: str) -> None:
    collected = Collected()
    answer = count(collected, COUNTED, method=method)
    assert (answer.status_code, len(answer.data), answer.headers["Content-Type"]) == (200, 43, "image/gif")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "X-Goatcounter" not in answer.headers
    hit = collected.hit
    assert (hit.way, hit.kind, hit.site, hit.url) == ("goatcounter", "view", "example.com", "https://example.com/a?b=1")
    assert (hit.title, hit.referrer, hit.screen, hit.agent) == ("A page", "https://duckduckgo.com/", "1920x1080", BROWSER)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("", "not valid: path: must be set"),
        ("p=%20", "not valid: path: must be set"),
        ("p=/&b=7", "wrong value: b=7"),
        ("p=/&b=x", "error decoding parameters: b: 'x' is no number"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason_in_a_header(query: str, why: str) -> None:
    collected = Collected()
    answer = count(collected, query)
    assert (answer.status_code, len(answer.data), answer.headers["X-Goatcounter"]) == (400, 43, why)
    assert not collected.hits


def test_a_page_that_nobody_names_is_refused() -> None:
    answer = count(Collected(), "p=/", {"User-Agent": BROWSER})
    assert answer.status_code == 400
    assert answer.headers["X-Goatcounter"].startswith("not valid: no site")


def test_too_long_a_path_is_refused() -> None:
    answer = count(Collected(), "p=/" + "x" * 2048)
    assert (answer.status_code, answer.headers["X-Goatcounter"]) == (414, "ignored because path is longer than 2048 bytes")


def test_a_host_that_is_not_allowed_is_a_site_that_it_does_not_know() -> None:
    answer = count(Collected(ALLOWED_HOSTS="other.example"), "p=/")
    assert (answer.status_code, answer.headers["X-FizzStat-Refused"]) == (400, "host")
    assert "example.com" in answer.headers["X-Goatcounter"]


def test_who_wants_no_tracking_is_ignored() -> None:
    collected = Collected()
    answer = count(collected, "p=/", {**HEADERS, "Sec-GPC": "1"})
    assert (answer.status_code, len(answer.data), answer.headers["X-Goatcounter"]) == (202, 43, "ignored because of gpc")
    assert not collected.hits


def test_a_code_in_the_host_names_the_site() -> None:
    collected = Collected()
    count(collected, "p=/a", {"User-Agent": BROWSER, "Host": "shopcode.stats.example:8000"})
    assert (collected.hit.site, collected.hit.url) == ("shop.example", "https://shop.example/a")


def test_a_browser_that_a_program_drives_is_told_nothing_and_the_importer_decides() -> None:
    collected = Collected()
    assert count(collected, "p=/&b=150").status_code == 200
    assert collected.hit.webdriver


def test_hits_without_a_session_are_visitors_of_their_own() -> None:
    collected = Collected()
    for _ in range(2):
        count(collected, "p=/&ns=1")
    assert len({hit.client_hash for hit in collected.hits}) == 2


def test_the_api_takes_hits_of_a_server() -> None:
    collected = Collected()
    visitor = {"user_agent": BROWSER, "ip": "203.0.113.7"}
    hits = [{"path": "/a", **visitor}, {"path": "sent", "event": True, "session": "s"}]
    answer = api(collected, {"hits": hits})
    assert (answer.status_code, answer.json) == (202, {"status": "ok"})
    view, event = collected.hits
    assert (view.way, view.site, view.ip, view.agent) == ("goatcounter-api", "shop.example", "203.0.113.7", BROWSER)
    assert (event.kind, event.name, event.client_hash) == ("event", "sent", "s")


def test_bad_hits_are_named_by_their_place_and_harm_no_other() -> None:
    collected = Collected()
    hits = [{"path": "/a"}, {"path": "/b", "session": "s"}, {"session": "s"}, 7, {"path": "/", "session": "s", "ip": "x"}]
    answer = api(collected, {"hits": hits})
    assert answer.status_code == 400
    assert answer.json
    assert set(answer.json["errors"]) == {"0", "2", "3", "4"}
    assert answer.json["errors"]["0"].startswith("session or browser/IP not set")
    assert collected.hit.url == "https://shop.example/b"


def test_without_sessions_every_hit_is_a_visit() -> None:
    collected = Collected()
    assert api(collected, {"no_sessions": True, "hits": [{"path": "/a"}, {"path": "/b"}]}).status_code == 202
    assert len({hit.client_hash for hit in collected.hits}) == 2


@pytest.mark.parametrize(
    ("body", "error"),
    [({}, "no hits"), ({"hits": []}, "no hits"), ({"hits": [{}] * 501}, "maximum amount of pageviews in one batch is 500")],
)
def test_a_request_without_hits_or_with_too_many_is_refused(body: Any, error: str) -> None:
    answer = api(Collected(), body)
    assert (answer.status_code, answer.json) == (400, {"error": error})


def test_the_api_needs_a_key_that_may_write_and_a_site() -> None:
    hits = {"hits": [{"path": "/", "session": "s"}]}
    collected = Collected()
    assert collected.post(hits, path="/api/v0/count").status_code == 401
    assert api(collected, hits, key="nobody").status_code == 401
    assert api(collected, hits, key="reader").status_code == 403
    assert api(collected, hits, key="writer").status_code == 400
    assert not collected.hits
    assert api(collected, hits, key="writer", Host="shopcode.stats.example").status_code == 202
    assert collected.hit.site == "shop.example"
