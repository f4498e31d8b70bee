"""Visits and events as Crumby's script sends them (bmweiner/crumby, crumby/templates/cmb.js and crumby/views/tracking.py)."""

from typing import Any

import pytest

from collect.app import SCRIPT
from importer.document import dimensions
from tests.unit.collecting import Collected
from tests.unit.steps import run
from tests.unit.ways import get, told

VISIT = {
    "v": "1", "t": "visit", "cid": "1234567890", "ul": "de-AT", "sd": "24-bit", "sr": "1920x1080", "de": "UTF-8",
    "dl": "https://example.com/shop?x=1", "dt": "Shop", "dr": "https://duckduckgo.com/",
}  # fmt: skip
EVENT = {"v": "1", "t": "event", "cid": "1234567890", "dl": "https://example.com/", "dt": "Shop", "en": "vote", "ev": "thumbs-up"}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (
            VISIT,
            {
                "way": "crumby", "kind": "view", "site": "example.com", "url": VISIT["dl"], "title": "Shop",
                "referrer": VISIT["dr"], "language": "de-AT", "screen": "1920x1080", "screen_depth": 24, "encoding": "UTF-8",
                "client_hash": "1234567890", "referrer_header": "https://example.com/shop?x=2",
            },
        ),
        (EVENT, {"kind": "event", "name": "vote", "value": "thumbs-up", "url": "https://example.com/", "title": "Shop"}),
        ({**VISIT, "sd": "deep", "dl": ""}, {"screen_depth": 0, "url": "https://example.com/shop?x=2"}),
    ],
)  # fmt: skip
def test_a_request_is_a_hit(sent: dict[str, str], expected: dict[str, Any]) -> None:
    collected = Collected()
    answer = get(collected, "/1804289383.gif", {"Referer": "https://example.com/shop?x=2"}, **sent)
    assert (answer.status_code, answer.mimetype, len(answer.data)) == (200, "image/gif", 43)
    assert told(collected.hit, expected) == expected


def test_its_own_fields_are_kept_without_a_query() -> None:
    collected = Collected()
    get(collected, "/7.gif", {"Referer": "https://example.com/shop?secret=2"}, **VISIT)
    facts = run(collected.hit)
    groups = dimensions(facts).groups.decode()
    assert '"document":{"encoding":"UTF-8"}' in groups
    assert '"language_header":"de-AT,de;q=0.8"' in groups
    assert '"referrer_header":"https://example.com/shop"' in groups


def test_without_a_visitor_it_is_not_found_and_of_another_type_not_counted() -> None:
    collected = Collected()
    assert get(collected, "/7.gif", **{**VISIT, "cid": ""}).status_code == 404
    answer = get(collected, "/7.gif", **{**VISIT, "t": "exception"})
    assert (answer.status_code, len(answer.data), answer.headers["X-FizzStat-Dropped"]) == (200, 43, "incomplete")
    assert get(collected, "/x.gif", **VISIT).status_code == 404
    assert not collected.hits


@pytest.mark.parametrize(
    ("setting", "asking", "allowed"),
    [
        ("*", "https://example.com", "*"),
        ("https://example.com, https://shop.example", "https://shop.example", "https://shop.example"),
        ("https://example.com", "https://other.example", None),
    ],
)
def test_the_origins_that_may_read_are_a_setting(setting: str, asking: str, allowed: str | None) -> None:
    collected = Collected(CROSSDOMAIN_ORIGIN=setting)
    for answer in (get(collected, "/7.gif", {"Origin": asking}, **VISIT), get(collected, "/cmb.js", {"Origin": asking})):
        assert (answer.status_code, answer.headers.getlist("Access-Control-Allow-Origin")) == (200, [allowed] if allowed else [])


def test_the_script_is_the_tracker_under_two_names() -> None:
    answer = Collected().client.get("/cmb.js")
    assert answer.mimetype == "text/javascript"
    assert answer.data.startswith(SCRIPT.read_bytes())
    assert b"window.cmb=" in answer.data
