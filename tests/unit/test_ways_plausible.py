"""POST /api/event answers as Plausible does; docs/ways.md and test_ways_table.py have its fields."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.unit.collecting import Collected

EVENT = {"n": "pageview", "u": "https://example.com/a", "d": "example.com"}
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def send(collected: Collected, headers: dict[str, str] | None = None, /, **fields: Any) -> TestResponse:
    given = {"User-Agent": BROWSER, "Content-Type": "text/plain", **(headers or {})}
    return collected.post({**EVENT, **fields}, path="/api/event", headers=given)


def test_a_hit_that_is_taken_is_answered_with_ok() -> None:
    collected = Collected()
    answer = send(collected)
    assert (answer.status_code, answer.text) == (202, "ok")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "X-Plausible-Dropped" not in answer.headers
    assert collected.hit.way == "plausible"


def test_an_event_for_several_domains_is_a_hit_for_each() -> None:
    collected = Collected()
    assert send(collected, d="example.com, www.other.example,shop").status_code == 202
    assert [hit.site for hit in collected.hits] == ["example.com", "other.example", "shop.example"]


def test_those_that_are_not_taken_are_counted_in_a_header() -> None:
    collected = Collected(ALLOWED_HOSTS="example.com")
    answer = send(collected, d="example.com,other.example,no host")
    assert (answer.status_code, answer.headers["X-Plausible-Dropped"]) == (202, "2")
    assert collected.hit.site == "example.com"


@pytest.mark.parametrize("header", [{"Sec-GPC": "1"}, {"Sec-Purpose": "prefetch"}])
def test_who_wants_no_tracking_is_dropped(header: dict[str, str]) -> None:
    collected = Collected()
    answer = send(collected, header)
    assert (answer.status_code, answer.text, answer.headers["X-Plausible-Dropped"]) == (202, "ok", "1")
    assert not collected.hits


def test_a_bot_is_told_that_it_is_dropped_and_the_importer_decides() -> None:
    collected = Collected()
    answer = send(collected, {"User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"})
    assert (answer.status_code, answer.headers["X-Plausible-Dropped"]) == (202, "1")
    assert collected.hit.agent.startswith("Googlebot")


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"u": None}, {"url": ["is required"]}),
        ({"u": 7}, {"url": ["must be a valid url"]}),
        ({"u": "data:text/html,x"}, {"url": ["scheme is not allowed"]}),
        ({"u": "https://example.com/" + "x" * 2000}, {"url": ["must be a valid url"]}),
        ({"n": ""}, {"event_name": ["can't be blank"]}),
        ({"n": {"a": 1}}, {"event_name": ["is invalid"]}),
        ({"n": "x" * 121}, {"event_name": ["should be at most 120 character(s)"]}),
        ({"d": " "}, {"domain": ["can't be blank"]}),
        ({"p": {"k" * 301: "v"}}, {"props": ["keys should have at most 300 bytes and values 2000 bytes"]}),
        ({"p": {"k": "v" * 2001}}, {"props": ["keys should have at most 300 bytes and values 2000 bytes"]}),
        (
            {"n": "engagement", "sd": "much"},
            {"event_name": ["engagement event requires a valid integer value for at least one of 'sd' or 'e' fields"]},
        ),
    ],
)
def test_what_cannot_be_used_is_refused_by_field(fields: dict[str, Any], errors: dict[str, list[str]]) -> None:
    collected = Collected()
    answer = send(collected, **fields)
    assert (answer.status_code, answer.json) == (400, {"errors": errors})
    assert not collected.hits


def test_a_body_that_is_no_object_is_refused() -> None:
    collected = Collected()
    for body in (b"", b"[]", b"n=pageview", b"\xff"):
        answer = collected.post(body, path="/api/event")
        assert (answer.status_code, answer.json) == (400, {"errors": {"request": ["Unable to parse request body as json"]}})


def test_a_debug_request_says_what_it_would_take_and_takes_nothing() -> None:
    collected = Collected(PROXY_COUNT="1")
    answer = send(collected, {"X-Debug-Request": "true", "X-Forwarded-For": "203.0.113.7"})
    assert answer.status_code == 200
    assert answer.json
    assert (answer.json["ip"], answer.json["user_agent"]) == ("203.0.113.7", BROWSER)
    assert answer.json["hits"][0]["url"] == "https://example.com/a"
    assert not collected.hits


def test_an_apps_address_is_a_page_of_the_domain() -> None:
    for url in ("app://localhost/about", "/about", "about"):
        collected = Collected(ALLOWED_HOSTS="example.com")
        send(collected, u=url)
        assert (collected.hit.url, collected.hit.site) == ("https://example.com/about", "example.com")


def test_props_and_revenue_may_come_as_text() -> None:
    collected = Collected()
    send(collected, n="Order", props='{"plan": "pro"}', revenue='{"amount": 3, "currency": "usd"}')
    assert collected.hit.data == {"plan": "pro"}
    assert collected.hit.revenue
    assert collected.hit.revenue.currency == "USD"


@pytest.mark.parametrize("revenue", [{}, {"amount": "a lot", "currency": "EUR"}, {"amount": 1, "currency": "gold"}, "x", [1]])
def test_a_revenue_that_is_none_leaves_the_event(revenue: Any) -> None:
    collected = Collected()
    assert send(collected, n="Order", **{"$": revenue}).status_code == 202
    assert collected.hit.revenue is None


def test_more_properties_than_fit_are_left_out() -> None:
    collected = Collected()
    assert send(collected, p={f"k{n}": n for n in range(40)}).status_code == 202
    assert len(collected.hit.data) == 30


def test_the_preflight_of_a_page_elsewhere() -> None:
    answer = Collected().client.options("/api/event")
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"]
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]


def test_too_large_a_body_and_a_full_spool_are_told_in_the_same_shape() -> None:
    collected = Collected()
    answer = collected.post(b" " * 70_000, path="/api/event")
    assert (answer.status_code, list(answer.json["errors"])) == (413, ["request"])  # type: ignore[index]
    collected.intake.full = True
    answer = send(collected)
    assert (answer.status_code, list(answer.json["errors"])) == (503, ["request"])  # type: ignore[index]
    assert "Retry-After" in answer.headers
