"""POST /api/send and /api/batch answer as Umami does; docs/ways.md and test_ways_table.py have the fields."""

from typing import Any
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from tests.unit.collecting import Collected

WEBSITE = "b59e9c65-ae32-47f1-8400-119fcf4861c4"
MAPPED = "7d1a5c1e-93bd-4c8e-9a43-0b7f5d4d1c11"  # of shop.example
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PAYLOAD = {"website": WEBSITE, "hostname": "example.com", "url": "https://example.com/a"}


def item(type: str = "event", **payload: Any) -> dict[str, Any]:
    return {"type": type, "payload": {**PAYLOAD, **payload}}


def send(collected: Collected, body: Any, headers: dict[str, str] | None = None, path: str = "/api/send") -> TestResponse:
    return collected.post(body, path=path, headers={"User-Agent": BROWSER, **(headers or {})})


def test_a_hit_that_is_taken_is_answered_with_ids() -> None:
    collected = Collected()
    answer = send(collected, item())
    assert answer.status_code == 200
    assert answer.json
    assert set(answer.json) == {"cache", "sessionId", "visitId"}
    assert UUID(answer.json["sessionId"]) != UUID(answer.json["visitId"])
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert collected.hit.way == "umami"


def test_a_page_that_sends_its_token_keeps_its_ids() -> None:
    collected = Collected()
    first = send(collected, item()).json
    assert first
    assert send(collected, item(), {"x-umami-cache": first["cache"]}).json == first
    # as old scripts send it: all of what they were answered
    assert send(collected, item(), {"x-umami-cache": str(first)}).json == first
    assert send(collected, item(), {"x-umami-cache": "of another server"}).json != first


def test_an_unknown_websites_hits_belong_to_their_host_and_a_mapped_ones_to_its_site() -> None:
    collected = Collected()
    send(collected, item())
    send(collected, item(website=MAPPED.upper()))
    send(collected, item(website=None, pixel=MAPPED))
    assert [hit.site for hit in collected.hits] == ["example.com", "shop.example", "shop.example"]


def test_a_mapped_website_needs_no_hostname() -> None:
    collected = Collected()
    send(collected, item(website=MAPPED, hostname=None, url="/a"))
    assert (collected.hit.site, collected.hit.url) == ("shop.example", "https://shop.example/a")


def test_a_bot_gets_umamis_answer_and_the_importer_decides() -> None:
    collected = Collected()
    answer = send(collected, item(), {"User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"})
    assert (answer.status_code, answer.json) == (200, {"beep": "boop"})
    assert collected.hit


def test_who_wants_no_tracking_gets_it_too_and_is_not_taken() -> None:
    collected = Collected()
    answer = send(collected, item(), {"Sec-GPC": "1"})
    assert (answer.status_code, answer.json, answer.headers["X-FizzStat-Dropped"]) == (200, {"beep": "boop"}, "gpc")
    assert not collected.hits


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"type": "event"},
        {"type": "dance", "payload": PAYLOAD},
        item(website="7"),
        item(website=None),
        item(link=MAPPED),
        item(hostname=None, url="/a"),
        item(hostname="no host"),
        item(url="http://"),
        item(title=7),
        item(ip="here"),
        item(timestamp="soon"),
        item(timestamp=1e300),
        item(timestamp=1),
    ],
)
def test_what_cannot_be_used_is_refused_in_umamis_shape(body: Any) -> None:
    collected = Collected()
    answer = send(collected, body)
    assert answer.status_code == 400
    assert answer.json
    error = answer.json["error"]
    assert (error["code"], error["status"]) == ("bad-request", 400)
    assert error["message"]
    assert not collected.hits


def test_a_host_that_is_not_allowed_is_a_website_that_is_not_found() -> None:
    answer = send(Collected(ALLOWED_HOSTS="other.example"), item())
    assert answer.status_code == 400
    assert answer.json == {"error": {"message": "Website not found.", "code": "bad-request", "status": 400}}
    assert answer.headers["X-FizzStat-Refused"] == "host"


def test_all_web_vitals_of_a_page_are_an_event_each() -> None:
    collected = Collected()
    send(collected, item("performance", lcp=1200.5, cls=0.02, ttfb=0))
    assert [(hit.name, hit.data["metric"], hit.value) for hit in collected.hits] == [
        ("vitals", "LCP", "1200.5"),
        ("vitals", "CLS", "0.02"),
        ("vitals", "TTFB", "0"),
    ]


def test_a_site_that_identifies_nobody_takes_no_traits() -> None:
    collected = Collected()
    answer = send(collected, item("identify", id="u-1", data={"plan": "pro"}))
    assert (answer.status_code, collected.hits) == (200, [])
    send(collected, item("identify", website=MAPPED, id="u-1", data={"plan": "pro"}))
    assert (collected.hit.client_hash, collected.hit.traits) == ("u-1", {"plan": "pro"})


def test_a_list_is_taken_item_by_item() -> None:
    collected = Collected()
    answer = send(collected, [item(), item(website="7"), item("performance", lcp=1, inp=2), 7], path="/api/batch")
    assert answer.status_code == 200
    assert answer.json
    assert [answer.json[name] for name in ("size", "processed", "errors")] == [4, 2, 2]
    assert [detail["index"] for detail in answer.json["details"]] == [1, 3]
    assert answer.json["details"][0]["response"]["error"]["status"] == 400
    assert len(collected.hits) == 3


def test_a_list_that_is_none_or_too_long_is_refused() -> None:
    collected = Collected()
    assert send(collected, {}, path="/api/batch").status_code == 400
    answer = send(collected, [7] * 1001, path="/api/batch")
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "payload-too-large")  # type: ignore[index]


@pytest.mark.parametrize(
    ("url", "title", "page", "named"),
    [
        ("/a%2520b/%25C3%25A9?q=a%2526b", "50%25%20off", "https://example.com/a%20b/%C3%A9?q=a%26b", "50% off"),
        ("/100%?x", "100% %C3", "https://example.com/100%?x", "100% %C3"),
        ("https://example.com/a%2520b#/c", "%FF", "https://example.com/a%2520b#/c", "%FF"),
    ],
)
def test_what_old_scripts_encode_is_decoded(url: str, title: str, page: str, named: str) -> None:
    collected = Collected()
    send(collected, item(url=url, title=title))
    assert (collected.hit.url, collected.hit.title) == (page, named)


def test_a_path_for_a_referrer_is_of_the_same_site() -> None:
    collected = Collected()
    send(collected, item(referrer="/before"))
    assert collected.hit.referrer == "https://example.com/before"


def test_the_preflight_allows_umamis_headers() -> None:
    for path in ("/api/send", "/api/batch"):
        answer = Collected().client.options(path)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Headers"]) == (204, "*")
