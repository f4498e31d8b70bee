"""Whose address counts, whose hits are left out, which hosts are taken."""

import pytest

from collect.app import SCRIPT
from tests.unit.collecting import Collected


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "address"),
    [
        (0, "192.0.2.1", None, "192.0.2.1"),
        (0, "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (1, "10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1", "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (2, "10.0.0.1", "198.51.100.7, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "10.0.0.1", "203.0.113.9", "10.0.0.1"),
        (1, "10.0.0.1", None, "10.0.0.1"),
        (1, "10.0.0.1", "unknown", "10.0.0.1"),
        (1, "10.0.0.1", "198.51.100.7, <script>", "10.0.0.1"),
        (1, "10.0.0.1", "203.0.113.9, ", "10.0.0.1"),
        (1, "10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        (1, "10.0.0.1", "[2001:DB8::1]:4711", "2001:db8::1"),
        (1, "10.0.0.1", "[2001:db8::1]", "2001:db8::1"),
        (1, "10.0.0.1", "2001:db8:0:0:0:0:0:1", "2001:db8::1"),
        (1, "10.0.0.1", "fe80::1%eth0", "fe80::1"),
        (1, "10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1", "203.0.113.09", "10.0.0.1"),
        (1, "10.0.0.1", "1", "10.0.0.1"),
        (0, "::ffff:192.0.2.1", None, "192.0.2.1"),
        (0, "", None, ""),
        (1, "", "203.0.113.9", "203.0.113.9"),
    ],
)
def test_the_address_is_the_one_that_our_outermost_proxy_saw(
    proxies: int, peer: str, forwarded: str | None, address: str
) -> None:
    collected = Collected(PROXY_COUNT=str(proxies))
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    collected.client.post(
        "/hit", data=b'{"url":"https://example.com/"}', headers=headers, environ_overrides={"REMOTE_ADDR": peer}
    )
    assert collected.hit.ip == address


WISHES: list[tuple[dict[str, str], dict[str, str], str | None]] = [
    ({}, {"Sec-GPC": "1"}, "gpc"),
    ({"HONOUR_GPC": "no"}, {"Sec-GPC": "1"}, None),
    ({}, {"Sec-GPC": "0"}, None),
    ({}, {"DNT": "1"}, None),
    ({"HONOUR_DNT": "yes"}, {"DNT": "1"}, "dnt"),
    ({"HONOUR_DNT": "yes"}, {"DNT": "0"}, None),
    ({"HONOUR_DNT": "yes"}, {"DNT": "1", "Sec-GPC": "1"}, "gpc"),
    ({}, {"Sec-Purpose": "prefetch"}, "prefetch"),
    ({}, {"Sec-Purpose": "prefetch;prerender"}, "prefetch"),
    ({}, {"Purpose": "prefetch"}, "prefetch"),
    ({}, {"X-Purpose": "preview"}, "prefetch"),
    ({}, {"X-Moz": "prefetch"}, "prefetch"),
    ({}, {"Purpose": "shopping"}, None),
]


@pytest.mark.parametrize(("values", "headers", "reason"), WISHES)
def test_who_wishes_not_to_be_counted_is_answered_and_not_counted(
    values: dict[str, str], headers: dict[str, str], reason: str | None
) -> None:
    collected = Collected(SCRIPT, **values)
    posted = collected.post(headers=headers)
    pixel = collected.pixel("url=https://example.com/", headers=headers)
    assert (posted.status_code, pixel.status_code, len(pixel.data)) == (202, 200, 43)
    assert [answer.headers.get("X-FizzStat-Dropped") for answer in (posted, pixel)] == [reason, reason]
    assert len(collected.hits) == (0 if reason else 2)


def test_a_server_has_no_such_wishes() -> None:
    collected = Collected(HONOUR_DNT="yes")
    answer = collected.event(headers={"Sec-GPC": "1", "DNT": "1", "Purpose": "prefetch"})
    assert answer.json == {"accepted": 1, "refused": []}
    assert "X-FizzStat-Dropped" not in answer.headers


@pytest.mark.parametrize(
    ("allowed", "host", "taken"),
    [
        ("any", "anything.example", True),
        ("example.com", "example.com", True),
        ("example.com", "www.example.com", True),
        ("www.example.com", "example.com", True),
        ("example.com, other.example", "other.example", True),
        ("example.com", "sub.example.com", False),
        ("example.com", "badexample.com", False),
        ("*.example.com", "a.b.example.com", True),
        ("*.example.com", "www.example.com", True),
        ("*.example.com", "example.com", True),
        ("*.example.com", "badexample.com", False),
        ("*.example.com", "example.com.evil.test", False),
        ("Example.COM", "EXAMPLE.com", True),
        ("münchen.de", "xn--mnchen-3ya.de", True),
        ("*.münchen.de", "www.sub.münchen.de", True),
        ("example.com", "pay.shop.example", False),
    ],
)
def test_allowed_hosts_decides_by_the_page_s_host(allowed: str, host: str, taken: bool) -> None:
    collected = Collected(ALLOWED_HOSTS=allowed)
    answers = [
        collected.post(url=f"https://{host}/"),
        collected.pixel(f"url=https://{host}/"),
    ]
    assert bool(collected.hits) == taken
    for answer in answers:
        assert answer.status_code in ((200, 202) if taken else (403,))
        assert answer.headers.get("X-FizzStat-Refused") == (None if taken else "host")
        if not taken:
            assert answer.json
            assert answer.json["field"] == "url"
            assert host in answer.json["error"]
            assert "FIZZSTAT_ALLOWED_HOSTS" in answer.json["error"]


def test_a_page_of_an_allowed_host_cannot_name_any_site() -> None:
    collected = Collected(ALLOWED_HOSTS="example.com,shop.example")
    assert collected.post(site="shop.example").status_code == 202
    refused = collected.post(site="elsewhere.example")
    assert (refused.status_code, refused.json and refused.json["field"]) == (403, "site")


def test_an_event_of_another_host_is_refused_by_itself() -> None:
    collected = Collected(ALLOWED_HOSTS="example.com")
    answer = collected.event([{"url": "https://example.com/"}, {"url": "https://evil.test/"}])
    assert answer.status_code == 202
    assert answer.json
    assert answer.json["accepted"] == 1
    assert [(one["index"], one["field"]) for one in answer.json["refused"]] == [(1, "url")]
