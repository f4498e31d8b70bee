"""The page of a hit: domain, path, the query's allowed part, title."""

import pytest

from importer.facts import Context, Drop
from importer.steps.page import drop_bad_url, put_page
from tests.unit.steps import CONTEXT, cases, facts_of, hit, put


def said(url: str) -> str:
    one = hit(url=url)
    facts = facts_of(one)
    dropped = drop_bad_url(one, facts, CONTEXT)
    if dropped:
        return str(dropped)
    put_page(one, facts, CONTEXT)
    return f"{facts.domain} {facts.path}"


@pytest.mark.parametrize("case", cases("pages"), ids=lambda case: ascii(case["url"]))
def test_a_url_is_read_as_browsers_read_it(case: dict[str, str]) -> None:
    assert said(case["url"]) == case["is"]


def test_lone_surrogates_are_replaced_as_browsers_do() -> None:
    assert said("https://example.com/\ud800x") == "example.com /%EF%BF%BDx"
    assert said("https://exa\udfffmple.com/") == "bad_url"
    assert said("https://example.com/\ud83d\ude00") == "example.com /%F0%9F%98%80"


@pytest.mark.parametrize("letter", ["a", "ä", "😀", "%"])
def test_a_long_path_is_cut_at_2048_characters_and_never_within_an_escape(letter: str) -> None:
    for shift in range(12):
        path = said("https://example.com/" + "x" * shift + letter * 10_000).removeprefix("example.com ")
        assert 2045 < len(path) <= 2048
        assert letter == "%" or path[-3] == "%" or letter == "a"


def test_a_host_longer_than_dns_allows_is_no_url() -> None:
    assert said("https://" + "a." * 126 + "com/") == "bad_url"
    assert said("https://" + "a." * 124 + "com/") == "a." * 124 + "com /"


@pytest.mark.parametrize(("kind", "dropped"), [("view", Drop.BAD_URL), ("event", None), ("engagement", None)])
def test_only_a_view_must_have_a_url(kind: str, dropped: Drop | None) -> None:
    one = hit(kind=kind, url="", way="event")
    facts = facts_of(one)
    assert drop_bad_url(one, facts, CONTEXT) == dropped
    put_page(one, facts, CONTEXT)
    assert (facts.domain, facts.path) == ("", "")


@pytest.mark.parametrize("kind", ["view", "event", "engagement"])
def test_a_bad_url_ends_a_hit_of_any_kind(kind: str) -> None:
    one = hit(kind=kind, url="nonsense")
    assert drop_bad_url(one, facts_of(one), CONTEXT) is Drop.BAD_URL


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("", ""),
        ("token=secret&utm_source=x", ""),
        ("q=a&token=secret&page=2", "q=a&page=2"),
        ("page=2&q=%C3%A4+b", "page=2&q=%C3%A4+b"),
        ("q=1&q=2", "q=1&q=2"),
        ("%71=a", "%71=a"),
        ("q", "q"),
        ("&&q=&&", "q="),
        ("Q=1", ""),
        ("q=" + "x" * 3000 + "&page=3", "page=3"),
    ],
)
def test_of_the_query_only_the_parameters_that_the_site_allows_are_kept(query: str, kept: str) -> None:
    context = Context(keep_bots=False, salts={}, allowed_query={"example.com": frozenset({"q", "page"})})
    assert put(put_page, context, url=f"https://example.com/?{query}#q=9").query == kept
    assert put(put_page, context, site="other", url=f"https://example.com/?{query}").query == ""


@pytest.mark.parametrize(
    ("title", "stored"),
    [
        ("A page", "A page"),
        ("  A page \n", "A page"),
        ("A\x00 p\x1ba\x7fge", "A page"),
        ("Two\r\n\tlines", "Two lines"),
        ("Über 日本 😀", "Über 日本 😀"),
        ("no-break\u00a0space\u2028line", "no-break\u00a0space line"),
        ("half \ud800 pair", "half \ufffd pair"),
        ("x" * 600, "x" * 512),
        ("\x00\n ", ""),
    ],
)
def test_a_title_is_one_line_without_control_characters(title: str, stored: str) -> None:
    assert put(put_page, title=title).title == stored
