"""POST /event."""

from typing import Any

import pytest

from tests.unit.collecting import NOW, URL, Collected


def taken(**fields: Any) -> Any:
    collected = Collected()
    answer = collected.event({"url": URL, **fields})
    assert answer.status_code == 202
    assert answer.json == {"accepted": 1, "refused": []}
    return collected.hit


def refused_field(item: Any) -> str:
    collected = Collected()
    answer = collected.event([item])
    assert answer.status_code == 202
    assert answer.json
    assert answer.json["accepted"] == 0
    [refused] = answer.json["refused"]
    assert set(refused) == {"index", "field", "error"}
    assert refused["index"] == 0
    assert refused["error"]
    assert not collected.hits
    return str(refused["field"])


def test_an_item_is_a_view_unless_it_has_a_name_or_a_kind() -> None:
    assert taken().kind == "view"
    assert taken(name="order").kind == "event"
    assert taken(kind="engagement", engaged=5).kind == "engagement"


def test_the_server_that_sends_is_not_taken_for_the_visitor() -> None:
    collected = Collected(PROXY_COUNT="1")
    collected.event(headers={"User-Agent": "requests", "Accept-Language": "en", "X-Forwarded-For": "203.0.113.9"})
    hit = collected.hit
    assert (hit.ip, hit.agent, hit.accept_language, hit.accept_encoding, hit.way) == ("", "", "", "", "event")


def test_an_item_may_say_who_the_visitor_is() -> None:
    hit = taken(ip_addr="::ffff:203.0.113.9", agent=" Mozilla/5.0\n ", language="de")
    assert (hit.ip, hit.agent, hit.language) == ("203.0.113.9", "Mozilla/5.0", "de")


@pytest.mark.parametrize("address", ["somewhere", "300.1.1.1", "1.2.3", "1.2.3.4/8", 5])
def test_an_address_that_is_none_is_refused(address: Any) -> None:
    assert refused_field({"url": URL, "ip_addr": address}) == "ip_addr"


@pytest.mark.parametrize(
    ("sent", "time"),
    [
        ("2026-11-25T12:00:00Z", NOW),
        ("2026-11-25T13:00:00+01:00", NOW),
        ("2026-11-25 06:30:00.123456-05:30", NOW + 123),
        ("20261125T120000Z", NOW),
        ("2026-11-25T12:05:00Z", NOW + 300_000),
        ("2016-11-26T00:00:00Z", 1480118400000),
        ("1969-12-31T23:59:59Z", None),
        ("2016-11-24T00:00:00Z", None),
        ("2026-11-25T12:05:01Z", None),
        ("2026-11-25T12:00:00", None),
        ("2026-11-25", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("yesterday", None),
        ("", None),
        ("1795608000", None),
        (1795608000, None),
    ],
)
def test_an_item_s_time_is_of_the_last_ten_years_and_says_its_offset(sent: Any, time: int | None) -> None:
    if time is None:
        assert refused_field({"url": URL, "timestamp": sent}) == "timestamp"
    else:
        assert taken(timestamp=sent).time == time


def test_an_item_without_a_time_is_of_now() -> None:
    hit = taken()
    assert (hit.time, hit.at) == (0, NOW)


@pytest.mark.parametrize(
    ("item", "url", "site"),
    [
        ({"path": "/a?b=c", "site": "example.com"}, "https://example.com/a?b=c", "example.com"),
        ({"path": "a", "site": "www.example.com"}, "https://www.example.com/a", "example.com"),
        ({"path": "//evil.test/", "site": "example.com"}, "https://example.com/evil.test/", "example.com"),
        ({"path": "/", "site": "pay.shop.example"}, "https://pay.shop.example/", "shop.example"),
        ({"path": "/", "url": "https://a.example/b", "site": "c.example"}, "https://a.example/b", "c.example"),
    ],
)
def test_a_path_and_a_site_make_a_url(item: dict[str, str], url: str, site: str) -> None:
    collected = Collected()
    assert collected.event(item).json == {"accepted": 1, "refused": []}
    assert (collected.hit.url, collected.hit.site) == (url, site)


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({}, "url"), ({"name": "x"}, "url"), ({"path": "/"}, "site"), ({"path": 3, "site": "a"}, "path"), ({"url": 3}, "url"),
        ({"path": "/", "site": "a b"}, "site"), ({"url": URL, "kind": "event"}, "name"), ({"url": URL, "data": []}, "data"),
        (3, ""), (None, ""), ([], ""), ("text", ""),
    ],
)  # fmt: skip
def test_an_item_that_cannot_be_used_is_refused_with_its_field(item: Any, field: str) -> None:
    assert refused_field(item) == field


def test_a_bad_item_harms_no_other() -> None:
    collected = Collected()
    items = [{"url": URL, "name": "a"}, {"url": "nowhere"}, {"url": URL, "title": "x" * 66_000}, {"url": URL, "name": "b"}]
    answer = collected.event(items)
    assert answer.status_code == 202
    assert answer.json
    assert answer.json["accepted"] == 2
    assert [(one["index"], one["field"]) for one in answer.json["refused"]] == [(1, "url"), (2, "")]
    assert [hit.name for hit in collected.hits] == ["a", "b"]


def test_a_list_with_bad_text_in_one_item_keeps_the_others() -> None:
    collected = Collected()
    body = b'[{"url":"https://example.com/","title":"\xff"}, {"url":"https://example.com/","title":"\\ud800"}, {"url":"https://example.com/"}]'
    answer = collected.event(body)
    assert answer.json
    assert answer.json["accepted"] == 2
    assert [one["index"] for one in answer.json["refused"]] == [0]
    assert [hit.title for hit in collected.hits] == ["\ufffd", ""]


def test_a_list_has_up_to_a_thousand_items() -> None:
    collected = Collected()
    item = {"url": URL, "name": "x", "title": "t" * 500, "data": {"text": "d" * 1000}}
    assert collected.event([item] * 1000).json == {"accepted": 1000, "refused": []}
    assert collected.event([item] * 1001).status_code == 413
    assert collected.event([]).json == {"accepted": 0, "refused": []}
    assert len(collected.hits) == 1000


def test_one_item_has_64_kib_and_a_list_4_mib() -> None:
    collected = Collected()
    assert collected.event({"url": URL, "title": "x" * 65_000}).json == {"accepted": 1, "refused": []}
    assert collected.event([{"url": URL, "title": "x" * 70_000}] * 62).status_code == 413
    assert collected.event(b"[" + b" " * (4 << 20)).status_code == 413
    single = collected.event({"url": URL, "title": "x" * 66_000})
    assert single.status_code == 413
    assert single.json
    assert single.json["error"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"nonsense", b"[1,", b"[" * 100_000, b'{"a":' * 20_000, b"\xff", b"\x00", b"3", b'"text"', b"null"]
)
def test_what_cannot_be_read_at_all_is_refused(body: bytes) -> None:
    answer = Collected().event(body)
    assert answer.status_code in (400, 413)
    assert answer.json
    assert set(answer.json) == {"error", "field"}
    assert answer.status_code == 400 or len(body) > 1 << 16


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (None, 401), ("", 401), ("Bearer", 401), ("Bearer ", 401), ("Basic writer", 401), ("writer", 401), ("Bearer nobody", 401),
        ("Bearer \xff", 401), ("Bearer reader", 403), ("Bearer writer", 202), ("bearer  writer ", 202),
    ],
)  # fmt: skip
def test_a_key_with_the_right_to_write_is_needed(authorization: str | None, status: int) -> None:
    collected = Collected()
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = collected.post(path="/event", headers=headers)
    assert answer.status_code == status
    assert (answer.headers.get("WWW-Authenticate") is not None) == (status == 401)
    assert answer.json
    assert len(collected.hits) == (status == 202)
    assert "error" in answer.json or status == 202


def test_a_key_of_one_site_writes_to_that_site_alone() -> None:
    collected = Collected()
    for item in (
        {"url": "https://shop.example/"},
        {"url": "https://pay.shop.example/"},
        {"path": "/"},
        {"url": URL, "site": "shop.example"},
    ):
        assert collected.event(item, key="bound").json == {"accepted": 1, "refused": []}
    assert {hit.site for hit in collected.hits} == {"shop.example"}
    for wrong in (
        {"url": URL},
        [{"url": "https://shop.example/"}, {"url": URL}],
        {"url": "https://shop.example/", "site": "example.com"},
    ):
        answer = collected.event(wrong, key="bound")
        assert answer.status_code == 403
        assert answer.json
        assert answer.json["field"] == "site"
    assert len(collected.hits) == 4


def test_a_key_that_nobody_can_look_up_is_asked_for_again() -> None:
    collected = Collected()
    collected.sites.away = True
    answer = collected.event()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_a_hit_that_finds_no_room_is_asked_for_again() -> None:
    collected = Collected()
    collected.intake.full = True
    for answer in (collected.event(), collected.post(), collected.pixel("url=https://example.com/")):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert answer.json
        assert answer.json["field"] == ""


def test_a_page_of_another_origin_is_not_invited_to_use_a_key() -> None:
    collected = Collected()
    assert "Access-Control-Allow-Origin" not in collected.event().headers
    options = collected.client.options("/event")
    assert (options.status_code, "Access-Control-Allow-Origin" in options.headers) == (200, False)


def test_a_sender_s_own_id_is_kept() -> None:
    assert taken(id="order-17").id == "order-17"
