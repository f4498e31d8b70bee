"""GET /pixel.gif."""

import json
from urllib.parse import quote, urlencode

import pytest

from hits.hit import Revenue
from tests.unit.collecting import URL, Collected

FIELDS = {"url": "https://example.com/ä?x=1&y=2", "name": "open", "title": "A & B + 100 %", "view": "v1"}
ODD = '{"url":"https://example.com/","title":"\\ud83d"}'


@pytest.mark.parametrize(
    "query",
    [urlencode(FIELDS), quote(json.dumps(FIELDS)), "j=" + quote(json.dumps(FIELDS)), "x=1&j=" + quote(json.dumps(FIELDS))],
)
def test_the_same_hit_comes_as_parameters_as_json_and_as_j(query: str) -> None:
    collected = Collected()
    answer = collected.pixel(query, headers={"User-Agent": "Firefox"})
    assert answer.status_code == 200
    hit = collected.hit
    assert {name: getattr(hit, name) for name in FIELDS} == FIELDS
    assert (hit.way, hit.kind, hit.site, hit.agent) == ("pixel", "event", "example.com", "Firefox")


def test_the_answer_is_the_smallest_gif_and_nobody_keeps_it() -> None:
    answer = Collected().pixel(urlencode(FIELDS))
    assert answer.data[:6] == b"GIF89a"
    assert answer.headers["Content-Length"] == "43"
    assert len(answer.data) == 43
    assert answer.mimetype == "image/gif"
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_numbers_flags_and_objects_come_as_text() -> None:
    collected = Collected()
    collected.pixel(
        urlencode(
            {
                "url": URL, "kind": "event", "name": "sale", "value": "007",
                "engaged": "1500", "scroll": "99.9", "screen_depth": "24",
                "interactive": "false", "data": '{"a":[1]}', "revenue": '{"amount":"9.99","currency":"eur"}',
                "site": "", "title": "null",
            }
        )
    )  # fmt: skip
    hit = collected.hit
    assert (hit.value, hit.engaged, hit.scroll, hit.screen_depth, hit.interactive) == ("007", 1500, 99, 24, False)
    assert (hit.data, hit.revenue, hit.site, hit.title) == ({"a": [1]}, Revenue(9.99, "EUR"), "example.com", "null")


def test_the_page_is_the_referer_where_no_url_is_given() -> None:
    collected = Collected()
    assert collected.pixel("name=open", headers={"Referer": "https://example.com/page"}).status_code == 200
    assert (collected.hit.url, collected.hit.referrer) == ("https://example.com/page", "")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "url"), ("url=", "url"), ("url=nowhere", "url"), ("url=https://example.com/&engaged=-1", "engaged"),
        ("url=https://example.com/&engaged=nan", "engaged"), ("url=https://example.com/&scroll=inf", "scroll"),
        ("url=https://example.com/&scroll=half", "scroll"), ("url=https://example.com/&kind=click", "kind"),
        ("url=https://example.com/&interactive=perhaps", "interactive"), ("url=https://example.com/&data=[]", "data"),
        ("url=https://example.com/&data={", "data"), ("url=https://example.com/&data=" + "[" * 5000, "data"),
        ("url=https://example.com/&revenue=9", "revenue"),
        ("{}", "url"), ("%7B%22url%22:3%7D", "url"), ("{", ""), ("j={", ""), ("j=3", ""),
        ("&".join(f"p{n}=1" for n in range(201)), ""),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_as_everywhere(query: str, field: str) -> None:
    collected = Collected()
    answer = collected.pixel(query)
    assert answer.status_code == 400
    assert answer.json
    assert (answer.json["field"], bool(answer.json["error"])) == (field, True)
    assert not collected.hits


def test_bytes_that_are_no_utf_8_cost_a_character() -> None:
    collected = Collected()
    collected.pixel("url=https://example.com/&title=a%ff%ED%A0%80%00")
    assert collected.hit.title.startswith("a\ufffd")
    collected.client.get("/pixel.gif", environ_overrides={"QUERY_STRING": "url=https://example.com/&title=\xc3\xa4\xff"})
    assert collected.hits[1].title == "ä\ufffd"
    collected.pixel(quote(ODD))
    assert collected.hits[2].title == "\ufffd"


def test_asking_for_the_headers_alone_is_no_hit() -> None:
    collected = Collected()
    answer = collected.client.head("/pixel.gif?url=https://example.com/")
    assert (answer.status_code, answer.headers["Content-Length"], collected.hits) == (200, "43", [])
