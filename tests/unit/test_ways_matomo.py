"""Requests to /matomo.php, as https://developer.matomo.org/api-reference/tracking-api describes them."""

import json
from typing import Any

import pytest

from hits.hit import Revenue
from tests.unit.collecting import NOW, Collected
from tests.unit.ways import GIF, get, mapped, post, told

PAGE = {"idsite": "1", "rec": "1", "url": "https://example.com/shop?x=1"}
ITEMS = '[["A1","Lime",["Drinks","Soda"],2.5,2],["B2","Cola","Drinks","3",1]]'
DAY = 24 * 3600 * 1000


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (
            {
                "action_name": "Shop", "urlref": "https://duckduckgo.com/", "_id": "0123456789abcdef", "pv_id": "aB3xY9",
                "res": "1920x1080", "lang": "en-GB,en;q=0.8", "h": "12", "m": "0", "s": "1", "rand": "0.5", "apiv": "1",
            },
            {
                "kind": "view", "way": "matomo", "site": "example.com", "url": PAGE["url"], "title": "Shop",
                "referrer": "https://duckduckgo.com/", "view": "0123456789abcdef.aB3xY9", "screen": "1920x1080",
                "language": "en-GB,en;q=0.8", "accept_language": "en-GB,en;q=0.8", "client_hash": "", "ip": "127.0.0.1",
            },
        ),
        ({"uid": "customer 7", "cid": "fedcba9876543210"}, {"client_hash": "customer 7"}),
        ({"cid": "fedcba9876543210"}, {"client_hash": "fedcba9876543210"}),
        ({"ua": "Firefox/140.0"}, {"agent": "Firefox/140.0"}),
        (
            {"dimension1": "gold", "dimension12": "x", "cvar": '{"1":["Plan","a"]}', "_cvar": '{"1":["Plan",""],"2":["Age",7]}'},
            {"kind": "view", "data": {"dimension1": "gold", "dimension12": "x", "Plan": "a", "Age": 7}},
        ),
        ({"_pks": "007", "_pkn": "Lime", "_pkc": '["a","b"]', "_pkp": "2.5"},
         {"data": {"product.sku": "007", "product.name": "Lime", "product.category": "a/b", "product.price": "2.5"}}),
        (
            {"e_c": "Videos", "e_a": "play", "e_n": "Trailer", "e_v": "12.5", "ca": "1"},
            {"kind": "event", "name": "play", "value": "Trailer", "data": {"category": "Videos", "value": "12.5"}},
        ),
        ({"e_c": "Videos", "e_a": "play", "e_v": "12.5"}, {"name": "play", "value": "12.5", "data": {"category": "Videos"}}),
        ({"e_c": "Videos", "e_a": "x" * 200}, {"name": "x" * 128}),
        ({"download": "https://example.com/a.pdf"}, {"kind": "event", "name": "download", "value": "https://example.com/a.pdf"}),
        ({"link": "https://other.example/x?y=1"}, {"kind": "event", "name": "exit", "value": "https://other.example/x?y=1"}),
        (
            {"search": "lime", "search_cat": "drinks", "search_count": "4"},
            {"kind": "event", "name": "search", "value": "lime", "data": {"category": "drinks", "results": "4"}},
        ),
        ({"idgoal": "5"}, {"kind": "event", "name": "goal", "value": "5", "revenue": None}),
        ({"idgoal": "5", "revenue": "9.99"}, {"value": "5", "revenue": None, "data": {"revenue": 9.99}}),
        ({"idgoal": "5", "revenue": "9.99", "currency": "eur"}, {"revenue": Revenue(9.99, "EUR"), "data": {}}),
        (
            {"idgoal": "0", "ec_id": "A-1", "revenue": "8", "currency": "USD", "ec_st": "7", "ec_tx": "1", "ec_sh": "2",
             "ec_dt": "3", "ec_items": ITEMS},
            {
                "name": "purchase", "value": "A-1", "revenue": Revenue(8.0, "USD"),
                "data": {
                    "subtotal": "7", "tax": "1", "shipping": "2", "discount": "3", "items.sku": ["A1", "B2"],
                    "items.name": ["Lime", "Cola"], "items.category": ["Drinks/Soda", "Drinks"], "items.price": ["2.5", "3"],
                    "items.quantity": ["2", "1"],
                },
            },
        ),
        ({"idgoal": "0", "revenue": "8", "ec_items": "no JSON"}, {"name": "cart", "value": "8", "revenue": None, "data": {}}),
        ({"c_n": "Banner", "c_p": "a.png", "c_t": "/x"},
         {"name": "content seen", "value": "Banner", "interactive": False, "data": {"piece": "a.png", "target": "/x"}}),
        ({"c_n": "Banner", "c_i": "click"}, {"name": "content click", "interactive": True, "data": {"interaction": "click"}}),
        ({"ca": "1", "cra": "x is undefined", "cra_tp": "TypeError", "cra_rl": "7"},
         {"name": "error", "value": "x is undefined", "interactive": False, "data": {"type": "TypeError", "line": "7"}}),
        ({"ping": "1", "pv_id": "aB3xY9", "_id": "0"}, {"kind": "engagement", "view": "0.aB3xY9"}),
        ({"ca": "1"}, {"kind": "engagement"}),
    ],
)  # fmt: skip
def test_a_request_is_a_hit(sent: dict[str, str], expected: dict[str, Any]) -> None:
    by_get, by_post = Collected(), Collected()
    answer = get(by_get, "/matomo.php", **PAGE, **sent)
    assert (answer.status_code, answer.mimetype, len(answer.data)) == (200, "image/gif", 43)
    assert told(by_get.hit, expected) == expected
    assert post(by_post, "/piwik.php", {**PAGE, **sent, "send_image": "0"}).status_code == 204
    assert told(by_post.hit, expected) == expected


def test_page_timings_are_an_event_beside_the_view() -> None:
    collected = Collected()
    timings = {"pf_net": "10", "pf_srv": "200", "pf_tfr": "3", "pf_dm1": "40", "pf_dm2": "5", "pf_onl": "6"}
    get(collected, "/matomo.php", **PAGE, **timings, pv_id="aB3xY9")
    view, timing = collected.hits
    assert (view.kind, timing.kind, timing.interactive, timing.view) == ("view", "event", False, view.view)
    named = ("network", "server", "transfer", "dom_processing", "dom_completion", "on_load")
    assert timing.data == dict(zip(named, (10, 200, 3, 40, 5, 6), strict=True))
    assert (timing.name, timing.value) == ("timing", "264")


def test_an_image_without_a_url_is_of_the_page_that_shows_it() -> None:
    collected = Collected()
    get(collected, "/matomo.php", {"Referer": "https://example.com/mail"}, idsite="1", rec="1")
    assert collected.hit.url == "https://example.com/mail"


@pytest.mark.parametrize(
    ("sent", "status", "hits"),
    [
        ({"idsite": "1", "url": "https://example.com/"}, 200, 0),  # rec
        ({"rec": "1", "url": "https://example.com/"}, 400, 0),
        ({**PAGE, "idsite": "0"}, 400, 0),
        ({**PAGE, "idsite": "x"}, 400, 0),
        ({**PAGE, "idsite": "9" * 5000}, 400, 0),
        ({"idsite": "1", "rec": "1"}, 400, 0),  # url
        ({**PAGE, "url": "app://shop"}, 400, 0),
        ({**PAGE, "url": "https://denied.test/"}, 400, 0),
        ({**PAGE, "cip": "203.0.113.7"}, 400, 0),
        ({**PAGE, "cip": "203.0.113.7", "token_auth": "nobody"}, 400, 0),
        ({**PAGE, "cip": "203.0.113.7", "token_auth": "reader"}, 400, 0),
        ({**PAGE, "cip": "203.0.113.7", "token_auth": "bound"}, 400, 0),
        ({**PAGE, "cip": "nowhere", "token_auth": "writer"}, 400, 0),
        ({**PAGE, "cip": "203.0.113.7", "token_auth": "writer"}, 200, 1),
        ({**PAGE, "token_auth": "nobody"}, 200, 1),
        ({**PAGE, "cdt": "2026-11-20 12:00:00"}, 400, 0),
        ({**PAGE, "cdt": "2026-11-20 12:00:00", "token_auth": "writer"}, 200, 1),
        ({**PAGE, "cdt": "yesterday", "token_auth": "writer"}, 400, 0),
        ({**PAGE, "cdt": "1", "token_auth": "writer"}, 400, 0),
        ({**PAGE, "revenue": "much", "idgoal": "1"}, 400, 0),
    ],
)  # fmt: skip
def test_what_is_recorded_and_what_is_invalid(sent: dict[str, str], status: int, hits: int) -> None:
    collected = Collected(ALLOWED_HOSTS="example.com")
    answer = get(collected, "/matomo.php", **sent)
    assert (answer.status_code, answer.data[:6], len(collected.hits)) == (status, GIF, hits)
    assert ("X-FizzStat-Refused" in answer.headers) == (status == 400)
    assert ("X-FizzStat-Dropped" in answer.headers) == (status == 200 and not hits)


@pytest.mark.parametrize(
    ("sent", "time"),
    [
        ({"cdt": "2026-11-25 11:00:00"}, NOW - DAY // 24),
        ({"cdt": str(NOW // 1000 - 60)}, NOW - 60_000),
        ({"cdo": "90"}, NOW - 90_000),
        ({"cdt": str(NOW // 1000), "cdo": "-5"}, NOW - 5000),
        ({"cdt": str(NOW // 1000 + 3600)}, 0),
        ({"cdt": "2020-01-01T00:00:00Z", "token_auth": "writer"}, 1577836800000),
    ],
)
def test_a_time_of_today_is_anybodys_and_an_older_one_needs_a_key(sent: dict[str, str], time: int) -> None:
    collected = Collected()
    assert get(collected, "/matomo.php", **PAGE, **sent).status_code == 200
    assert collected.hit.time == time


def test_with_cip_a_server_speaks_for_the_visitor_as_a_whole() -> None:
    collected = Collected()
    get(collected, "/matomo.php", **PAGE, cip="203.0.113.7", token_auth="writer", ua="Firefox/140.0", lang="fr")
    expected = {"ip": "203.0.113.7", "agent": "Firefox/140.0", "accept_language": "fr", "accept_encoding": ""}
    assert told(collected.hit, expected) == expected


def test_a_bulk_says_how_many_and_to_who_has_a_key_which() -> None:
    collected = Collected()
    requests = [
        "?idsite=1&rec=1&url=https://example.com/a&action_name=A",
        "?idsite=1&rec=1&url=https://example.com/b&cip=203.0.113.7",
        {"idsite": 1, "rec": 1, "url": "https://example.com/c", "e_c": "a", "e_a": "b", "e_v": 3},
        "?rec=1&url=https://example.com/d",
        "",
    ]
    body = json.dumps({"requests": requests, "token_auth": "writer"}).encode()
    answer = post(collected, "/matomo.php", body)
    assert answer.json == {"status": "success", "tracked": 3, "invalid": 2, "invalid_indices": [3, 4]}
    assert [(hit.kind, hit.url[-1], hit.ip, hit.value) for hit in collected.hits] == [
        ("view", "a", "127.0.0.1", ""), ("view", "b", "203.0.113.7", ""), ("event", "c", "127.0.0.1", "3"),
    ]  # fmt: skip
    assert all(isinstance(hit.receipt, str) for hit in collected.hits)


def test_a_bulk_without_a_key_keeps_to_counts() -> None:
    collected = Collected()
    body = json.dumps({"requests": ["?idsite=1&rec=1&url=https://example.com/a&cip=203.0.113.7"]}).encode()
    assert post(collected, "/matomo.php", body).json == {"status": "success", "tracked": 0, "invalid": 1}
    silent = json.dumps({"requests": [], "send_image": 0}).encode()
    assert post(collected, "/matomo.php", silent).status_code == 204


def test_only_a_post_may_be_read_by_a_page() -> None:
    origin = {"Origin": "https://example.com"}
    assert "Access-Control-Allow-Origin" not in get(Collected(), "/matomo.php", origin, **PAGE).headers
    answer = post(Collected(), "/matomo.php", PAGE, origin)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://example.com"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    preflight = Collected().client.options("/matomo.php", headers=origin)
    assert (preflight.status_code, preflight.headers["Access-Control-Allow-Methods"]) == (204, "GET, POST")


def test_who_wants_no_tracking_gets_the_same_picture() -> None:
    collected = Collected()
    answer = get(collected, "/matomo.php", {"Sec-GPC": "1"}, **PAGE)
    assert (answer.status_code, answer.data[:6], answer.headers["X-FizzStat-Dropped"]) == (200, GIF, "gpc")
    assert not collected.hits


def test_the_bare_address_says_what_it_is() -> None:
    assert b"Matomo" in Collected().client.get("/matomo.php").data
    assert Collected().client.post("/matomo.php").status_code == 400


def test_a_site_that_has_the_number_gets_the_hit_and_its_currency_the_amount() -> None:
    collected = mapped("matomo:1", currency="CHF")
    get(collected, "/matomo.php", **PAGE, idgoal="5", revenue="9.99")
    assert (collected.hit.site, collected.hit.revenue) == ("shop.example", Revenue(9.99, "CHF"))


def test_a_bulk_that_cannot_be_read_is_an_error() -> None:
    answer = post(Collected(), "/matomo.php", b'{"requests":3}')
    assert (answer.status_code, answer.json and answer.json["status"]) == (400, "error")
