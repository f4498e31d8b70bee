"""What becomes of each field, on the way in that pages use."""

from typing import Any

import pytest

from hits.hit import CUT, LIMITS, Hit, Revenue, decode, encode
from tests.unit.collecting import NOW, Collected, one_hit, refusal

FROM_HEADERS = {"agent", "accept_language", "accept_encoding", "hint_brands", "hint_platform"}
FOREIGN = {"encoding", "referrer_header"}  # told by foreign ways in alone
SENT_TEXTS = sorted(set(LIMITS) - FROM_HEADERS - FOREIGN - {"site", "url"})


def test_a_hit_holds_what_the_page_sent_and_what_its_browser_said() -> None:
    sent: dict[str, Any] = {
        "id": "a1",
        "kind": "event",
        "view": "v1",
        "referrer": "https://search.example/?q=x",
        "title": "Prices",
        "screen": "1920x1080",
        "screen_depth": 24,
        "language": "de-DE",
        "time_zone": "Europe/Berlin",
        "client_hash": "c0ffee",
        "name": "signup",
        "value": "gold",
        "data": {"plan": "gold", "seats": 3, "trial": True, "tags": ["a", None]},
        "revenue": {"amount": 12.5, "currency": "eur"},
        "interactive": False,
        "engaged": 1500.7,
        "scroll": 80,
    }
    collected = Collected()
    collected.post(
        {"url": "https://www.Example.com/prices?x=1#top", **sent},
        headers={"User-Agent": "Firefox", "Accept-Language": "de,en;q=0.5", "Accept-Encoding": "gzip, br"},
    )
    hit = collected.hit
    assert hit == Hit(
        receipt=hit.receipt,
        received=NOW,
        way="hit",
        site="example.com",
        ip="127.0.0.1",
        agent="Firefox",
        accept_language="de,en;q=0.5",
        accept_encoding="gzip, br",
        url="https://www.Example.com/prices?x=1#top",
        **sent | {"revenue": Revenue(12.5, "EUR"), "engaged": 1500},
    )
    assert len(hit.receipt) == 32
    assert hit.receipt[12] == "7"
    assert decode(encode(hit)) == hit


def test_client_hints_are_kept_as_chromium_sends_them() -> None:
    collected = Collected()
    brands = '"Chromium";v="142", "Brave";v="142", "Not_A Brand";v="99"'
    collected.post(headers={"Sec-CH-UA": brands, "Sec-CH-UA-Mobile": "?1", "Sec-CH-UA-Platform": '"Android"'})
    assert (collected.hit.hint_brands, collected.hit.hint_platform, collected.hit.hint_mobile) == (brands, '"Android"', True)
    assert decode(encode(collected.hit)) == collected.hit


def test_client_hints_are_cut_at_their_limits_and_a_desktops_is_not_mobile() -> None:
    collected = Collected()
    collected.post(headers={"Sec-CH-UA": "x" * 5000, "Sec-CH-UA-Mobile": "?0", "Sec-CH-UA-Platform": "x" * 5000})
    assert (len(collected.hit.hint_brands), len(collected.hit.hint_platform), collected.hit.hint_mobile) == (256, 32, False)


@pytest.mark.parametrize(("told", "kept"), [(True, True), (False, False), (None, False)])
def test_a_page_may_tell_that_a_program_drives_the_browser(told: bool | None, kept: bool) -> None:
    assert one_hit(webdriver=told).webdriver is kept


def test_two_hits_have_two_receipts() -> None:
    assert one_hit().receipt != one_hit().receipt


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize("field", [*SENT_TEXTS, "site"])
def test_null_and_empty_texts_are_as_good_as_none(field: str, nothing: str | None) -> None:
    assert getattr(one_hit(**{field: nothing}), field) == ("example.com" if field == "site" else "")


@pytest.mark.parametrize("field", [name for name in SENT_TEXTS if name in CUT])
def test_a_text_that_may_be_cut_is_cut_at_its_limit(field: str) -> None:
    assert getattr(one_hit(**{field: "ä" * (LIMITS[field] + 1)}), field) == "ä" * LIMITS[field]


@pytest.mark.parametrize("field", [name for name in SENT_TEXTS if name not in CUT])
def test_a_name_is_refused_above_its_limit(field: str) -> None:
    assert getattr(one_hit(**{field: "x" * LIMITS[field]}), field) == "x" * LIMITS[field]
    assert refusal(**{field: "x" * (LIMITS[field] + 1)}) == (400, field)


@pytest.mark.parametrize("header", ["User-Agent", "Accept-Language", "Accept-Encoding"])
def test_a_header_is_cut_at_its_limit(header: str) -> None:
    collected = Collected()
    collected.post(headers={header: "x" * 5000})
    field = header.lower().replace("-", "_").replace("user_", "")
    assert getattr(collected.hit, field) == "x" * LIMITS[field]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  Prices\n and\tmore \x00\x1b[1m", "Prices  and more [1m"),
        ("a\u2028b\u2029c", "a b c"),
        ("\x00\x01\x7f\x9f", ""),
        ("👩\u200d💻 ñ ء", "👩\u200d💻 ñ ء"),
    ],
)
def test_a_text_stands_on_one_line_without_control_characters(sent: str, kept: str) -> None:
    assert one_hit(title=sent).title == kept


def test_half_an_emoji_costs_a_character_and_not_the_hit() -> None:
    collected = Collected()
    assert (
        collected.post(
            rb'{"url":"https://example.com/","title":"cut \ud83d","referrer":"\\ud83d \ud83d\ude00 \udc00"}'
        ).status_code
        == 202
    )
    assert (collected.hit.title, collected.hit.referrer) == ("cut \ufffd", "\\ud83d \U0001f600 \ufffd")


@pytest.mark.parametrize(
    ("url", "kept", "site"),
    [
        ("http://example.com", "http://example.com", "example.com"),
        ("HTTPS://WWW.EXAMPLE.COM/A", "HTTPS://WWW.EXAMPLE.COM/A", "example.com"),
        ("https://example.com.:8080/", "https://example.com.:8080/", "example.com"),
        (" https://example.com/a\nb\x00 ", "https://example.com/ab", "example.com"),
        ("https://user:secret@example.com/a?b#c", "https://example.com/a?b#c", "example.com"),
        ("https://[::FFFF:192.0.2.1]:80/", "https://[::FFFF:192.0.2.1]:80/", "[::ffff:c000:201]"),
        ("http://[2001:db8:0:0:0:0:0:1]/", "http://[2001:db8:0:0:0:0:0:1]/", "[2001:db8::1]"),
        ("http://192.0.2.1:81/", "http://192.0.2.1:81/", "192.0.2.1"),
        ("http://localhost/", "http://localhost/", "localhost"),
        ("https://xn--mnchen-3ya.de/", "https://xn--mnchen-3ya.de/", "xn--mnchen-3ya.de"),
        ("https://MÜNCHEN.de/ä", "https://MÜNCHEN.de/ä", "xn--mnchen-3ya.de"),
        ("https://日本語。jp/", "https://日本語。jp/", "xn--wgv71a119e.jp"),
        ("https://my_site.example.com/", "https://my_site.example.com/", "my_site.example.com"),
        ("https://pay.shop.example/cart", "https://pay.shop.example/cart", "shop.example"),
    ],
)
def test_a_url_gives_the_site(url: str, kept: str, site: str) -> None:
    hit = one_hit(url=url)
    assert (hit.url, hit.site.replace("::ffff:192.0.2.1", "::ffff:c000:201")) == (kept, site)


@pytest.mark.parametrize(
    "url",
    [
        None, "", " ", "/path", "example.com", "//example.com/", "ftp://example.com/", "file:///etc/passwd", "about:blank",
        "javascript:alert(1)", "http://", "http:///a", "https://:80/", "http://a b/", "http://exa<mple.com/", "http://a..b/",
        "http://.a/", "http://a%2eb/", "http://[::1", "http://[zz]/", "http://[fe80::1%25eth0]/", "http://a:99999/", "http://a:b/",
        "http://a\\b/", "http://\u00ad/", "http://℀.com/", "http://" + "a" * 254 + "/", "http://\ufffd/",
    ],
)  # fmt: skip
def test_a_url_that_no_browser_would_open_is_refused(url: str | None) -> None:
    assert refusal(url=url) == (400, "url")


def test_a_long_url_is_cut_and_not_lost() -> None:
    assert one_hit(url="https://example.com/" + "x" * 10_000).url == "https://example.com/" + "x" * (LIMITS["url"] - 20)


@pytest.mark.parametrize(
    ("site", "kept"),
    [
        ("Shop.Example", "shop.example"),
        ("www.other.example", "other.example"),
        ("pay.shop.example", "shop.example"),
        ("my-site", "my-site"),
    ],
)
def test_a_page_may_name_its_site(site: str, kept: str) -> None:
    assert one_hit(site=site).site == kept


@pytest.mark.parametrize("site", ["a b", "a/b", "a|b", "x" * 254, ".", "https://example.com", "a\u0000/"])
def test_a_site_looks_like_a_host(site: str) -> None:
    assert refusal(site=site) == (400, "site")


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, "view"),
        ({"name": "signup"}, "event"),
        ({"kind": "view", "name": "x"}, "view"),
        ({"kind": "engagement"}, "engagement"),
    ],
)
def test_a_hit_with_a_name_is_an_event_and_else_a_view(fields: dict[str, str], kind: str) -> None:
    assert one_hit(**fields).kind == kind


@pytest.mark.parametrize("name", [None, "", " ", "\x00"])
def test_an_event_needs_a_name(name: str | None) -> None:
    assert refusal(kind="event", name=name) == (400, "name")


@pytest.mark.parametrize(
    ("field", "sent", "kept"),
    [
        ("engaged", 0, 0),
        ("engaged", 1999.9, 1999),
        ("engaged", 86_400_001, 86_400_000),
        ("engaged", 10**300, 86_400_000),
        ("scroll", 100, 100),
        ("scroll", 100.6, 100),
        ("scroll", 3000, 100),
        ("activity", 12.5, 12),
        ("activity", 1e9, 1_000_000),
        ("screen_depth", 30, 30),
        ("screen_depth", 1e9, 64),
    ],
)
def test_a_number_that_is_too_high_is_the_highest(field: str, sent: float, kept: int) -> None:
    assert getattr(one_hit(**{field: sent}), field) == kept


@pytest.mark.parametrize("field", ["engaged", "scroll", "activity", "screen_depth"])
@pytest.mark.parametrize("sent", [-1, -0.5, "1", True, [], {}])
def test_a_number_that_is_none_or_negative_is_refused(field: str, sent: Any) -> None:
    assert refusal(**{field: sent}) == (400, field)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("gold", "gold"), (7, "7"), (7.0, "7"), (-0.0, "0"), (0.1, "0.1"), (1e21, "1e+21"), (1e15, "1000000000000000"),
        (True, "true"), (False, "false"), (10**30, "1" + "0" * 30), ("", ""), (None, ""),
    ],
)  # fmt: skip
def test_a_value_may_be_text_number_or_flag(sent: Any, kept: str) -> None:
    assert one_hit(name="x", value=sent).value == kept


def test_a_value_is_no_object() -> None:
    assert refusal(name="x", value={}) == (400, "value")


def nested(levels: int) -> Any:
    return {"a": nested(levels - 1)} if levels else 1


def test_data_keeps_its_shape_and_loses_control_characters() -> None:
    sent = {"a\x00": " x\n", "b": {"c": [1, 2.5, None, True, {"d\t": "\x07"}]}, "big": 1 << 64, "low": -(1 << 63)}
    kept = {"a": "x", "b": {"c": [1, 2.5, None, True, {"d": ""}]}, "big": str(1 << 64), "low": -(1 << 63)}
    hit = one_hit(data=sent)
    assert hit.data == kept
    assert decode(encode(hit)).data == kept


@pytest.mark.parametrize(
    "sent",
    [
        {str(n): n for n in range(30)},
        {"a": {str(n): n for n in range(30)}},
        {"a": [[n] for n in range(100)]},
        nested(8),
        {},
        None,
    ],
    ids=["30 keys", "30 inner keys", "an array is one value", "8 levels", "empty", "null"],
)
def test_data_has_room_for_30_values(sent: Any) -> None:
    assert one_hit(data=sent).data == (sent or {})


@pytest.mark.parametrize(
    "sent",
    [
        {str(n): n for n in range(31)}, {"a": {str(n): n for n in range(31)}}, nested(9), {"a": [[[[[[[[[]]]]]]]]]}, {"": 1},
        {"\x00": 1}, {"k" * 129: 1}, [], "text", 5,
    ],
    ids=["31 keys", "31 inner keys", "9 levels", "9 arrays", "no key", "NUL", "long key", "array", "text", "number"],
)  # fmt: skip
def test_data_that_is_more_than_that_is_refused(sent: Any) -> None:
    assert refusal(data=sent) == (400, "data")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"amount": 9, "currency": "USD"}, Revenue(9.0, "USD")),
        ({"amount": "12.50", "currency": " eur "}, Revenue(12.5, "EUR")),
        ({"amount": "-1e2", "currency": "jpy", "more": 1}, Revenue(-100.0, "JPY")),
        (None, None),
    ],
)
def test_revenue_is_an_amount_and_a_currency(sent: Any, kept: Revenue | None) -> None:
    assert one_hit(name="sale", revenue=sent).revenue == kept


@pytest.mark.parametrize(
    "sent",
    [
        {}, {"amount": 1}, {"currency": "EUR"}, {"amount": "x", "currency": "EUR"}, {"amount": "1_0", "currency": "EUR"},
        {"amount": "nan", "currency": "EUR"}, {"amount": "1e999", "currency": "EUR"}, {"amount": None, "currency": "EUR"},
        {"amount": True, "currency": "EUR"}, {"amount": 1, "currency": "EURO"}, {"amount": 1, "currency": "€"},
        {"amount": 1, "currency": 978}, 12, "12 EUR", [12, "EUR"],
    ],
)  # fmt: skip
def test_revenue_without_one_of_them_is_refused(sent: Any) -> None:
    assert refusal(name="sale", revenue=sent) == (400, "revenue")


@pytest.mark.parametrize("field", [*SENT_TEXTS, "site", "url", "kind", "interactive"])
@pytest.mark.parametrize("sent", [[], {"a": 1}])
def test_a_field_of_another_type_is_named(field: str, sent: Any) -> None:
    assert refusal(**{field: sent}) == (400, field)


def test_an_unknown_kind_is_named() -> None:
    assert refusal(kind="click") == (400, "kind")


def test_unknown_fields_do_no_harm_and_no_good() -> None:
    hit = one_hit(timestamp="yesterday", ip_addr="x", agent="y", path=3, receipt="mine", received=1, way="event", v=99)
    assert (hit.time, hit.ip, hit.way, hit.received) == (0, "127.0.0.1", "hit", NOW)
    assert hit.receipt != "mine"
