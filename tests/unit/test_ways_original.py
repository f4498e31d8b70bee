"""What FizzStat's first version took: its script tag, and its events (github.com/Fizzadar/FizzStat, collect.py)."""

import json
from typing import Any

import pytest

from collect.app import SCRIPT
from tests.unit.collecting import Collected
from tests.unit.ways import get, post, told

PAGE = {"Referer": "https://example.com/shop"}
EVENT = "/event/d41d8cd98f00b204e9800998ecf8427e/vote"


def test_the_script_is_served_with_the_hash() -> None:
    answer = get(Collected(), "/", client_hash='a"</script>\u2028')
    assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
    assert answer.data.startswith(b'document.currentScript.dataset.clientHash="a\\"</script>')
    assert answer.data.endswith(SCRIPT.read_bytes())
    assert Collected().client.get("/?1795608000000").data == SCRIPT.read_bytes()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"value": "up", "data": {"a": {"b": 1}}}, {"value": "up", "data": {"a.b": 1}}),
        ({"value": 3, "data": None}, {"value": "3", "data": {}}),
        ({"value": True, "data": ["x"]}, {"value": "true", "data": {"data": ["x"]}}),
    ],
)
def test_an_event_belongs_to_the_view_that_it_names(body: dict[str, Any], expected: dict[str, Any]) -> None:
    collected = Collected()
    answer = post(collected, EVENT, json.dumps(body).encode(), PAGE)
    assert (answer.status_code, answer.data, answer.headers["Access-Control-Allow-Origin"]) == (200, b"", "*")
    common = {
        "way": "original", "kind": "event", "name": "vote", "view": "d41d8cd98f00b204e9800998ecf8427e", "url": PAGE["Referer"],
    }  # fmt: skip
    assert told(collected.hit, {**common, **expected}) == {**common, **expected}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b'{"value":"up"}', {}),
        (b'{"value":"up"}', {"Referer": "https://denied.test/"}),
        (b"", PAGE), (b"{}", PAGE), (b'{"value":""}', PAGE), (b'{"value":{}}', PAGE), (b"[]", PAGE),
    ],
)  # fmt: skip
def test_what_it_refused_is_refused_alike(body: bytes, headers: dict[str, str]) -> None:
    collected = Collected(ALLOWED_HOSTS="example.com")
    assert post(collected, EVENT, body, headers).status_code == 400
    assert not collected.hits


def test_a_page_asks_before_it_sends_json() -> None:
    answer = Collected().client.options(EVENT, headers={"Origin": "https://example.com"})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert answer.headers["Access-Control-Allow-Headers"] == "Content-Type"
