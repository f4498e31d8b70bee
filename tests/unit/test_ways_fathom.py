"""Page views as Fathom Lite's tracker sends them (usefathom/fathom, assets/src/js/tracker.js and pkg/api/collect.go)."""

import pytest

from tests.unit.collecting import Collected
from tests.unit.ways import get, mapped, told

SENT = {
    "id": "aZ0bY1cX2dW3eV4fU5gT", "pid": "", "p": "/shop?x=1", "h": "https://example.com", "r": "https://duckduckgo.com/",
    "u": "1", "nv": "1", "ns": "1", "sid": "VWXYZ",
}  # fmt: skip


def test_a_page_view_is_a_view() -> None:
    collected = Collected()
    answer = get(collected, "/collect", **SENT)
    expected = {
        "way": "fathom", "kind": "view", "site": "example.com", "url": "https://example.com/shop?x=1", "id": SENT["id"],
        "view": SENT["id"], "referrer": SENT["r"], "accept_language": "de-AT,de;q=0.8",
    }  # fmt: skip
    assert told(collected.hit, expected) == expected
    assert (answer.status_code, answer.mimetype, len(answer.data)) == (200, "image/gif", 43)
    headers = ("Tk", "Expires", "Cache-Control", "Pragma")
    assert [answer.headers[name] for name in headers] == [
        "N", "Mon, 01 Jan 1990 00:00:00 GMT", "no-cache, no-store, must-revalidate", "no-cache",
    ]  # fmt: skip


def test_a_path_without_a_slash_gets_one() -> None:
    collected = Collected()
    get(collected, "/collect", **{**SENT, "p": "shop"})
    assert collected.hit.url == "https://example.com/shop"


@pytest.mark.parametrize(
    ("without", "headers", "reason"),
    [
        ("id", {}, "incomplete"), ("h", {}, "incomplete"), ("p", {}, "incomplete"), ("", {"DNT": "1"}, "dnt"),
        ("", {"Sec-GPC": "1"}, "gpc"), ("", {"X-Moz": "prefetch"}, "prefetch"),
    ],
)  # fmt: skip
def test_what_is_not_counted_is_answered_with_nothing(without: str, headers: dict[str, str], reason: str) -> None:
    collected = Collected()
    answer = get(collected, "/collect", headers, **{name: text for name, text in SENT.items() if name != without})
    assert (answer.status_code, answer.data, answer.headers["X-FizzStat-Dropped"]) == (200, b"", reason)
    assert not collected.hits


def test_a_bot_is_told_nothing_and_left_to_the_importer() -> None:
    collected = Collected()
    answer = get(collected, "/collect", {"User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}, **SENT)
    assert (answer.status_code, answer.data, len(collected.hits)) == (200, b"", 1)


def test_a_host_that_is_none_is_refused() -> None:
    assert get(Collected(), "/collect", **{**SENT, "h": "nowhere"}).status_code == 400
    assert get(Collected(ALLOWED_HOSTS="other.example"), "/collect", **SENT).status_code == 403


def test_a_site_that_has_the_id_gets_the_view() -> None:
    collected = mapped("fathom:vwxyz")
    get(collected, "/collect", **SENT)
    assert collected.hit.site == "shop.example"
