"""What filters mean for hits and visits, before any store is asked."""

from typing import Any

import pytest

from query import filters
from query.conditions import ALL, NONE, all_of, any_of, negated
from query.errors import TooMuch
from query.filters import Done, Leaf, Product
from query.site import Site
from query.terms import page_test, takes

SITE = Site("example.com")


def products(*trees: Any) -> list[tuple[list[str], list[str]]]:
    """Each alternative: its conditions on the visit, and those on one hit."""

    def told(one: Leaf | Done) -> str:
        if isinstance(one, Done):
            return "done" if one.done else "not done"
        return f"{one.dimension.name.split(':')[1]} {one.operator} {','.join(one.clauses)}"

    found: list[Product] = filters.products(filters.read(list(trees), SITE))
    return [([told(one) for one in product.visit], [told(one) for one in product.hit]) for product in found]


DE, PAGE, PLAN = ["is", "visit:country", ["DE"]], ["is", "event:page", ["/a"]], ["is", "event:props:plan", ["pro"]]


def test_conditions_on_hits_that_stand_together_are_of_one_hit() -> None:
    assert products(DE, PAGE, PLAN) == [(["country is DE"], ["page is /a", "props is pro"])]
    assert products(["and", [DE, ["and", [PAGE, PLAN]]]]) == [(["country is DE"], ["page is /a", "props is pro"])]


def test_alternatives_may_be_of_different_hits() -> None:
    assert products(["or", [PAGE, PLAN]], DE) == [(["country is DE"], ["page is /a"]), (["country is DE"], ["props is pro"])]


def test_not_turns_operators_round() -> None:
    assert products(["not", ["or", [DE, PAGE]]]) == [(["country is_not DE"], ["page is_not /a"])]
    assert products(["not", ["and", [DE, PAGE]]]) == [(["country is_not DE"], []), ([], ["page is_not /a"])]
    assert products(["not", ["not", DE]]) == products(DE)
    assert products(["not", ["has_done", PAGE]]) == [(["not done"], [])]


def test_no_filters_are_one_alternative_without_conditions() -> None:
    assert products() == [([], [])]


def test_too_many_alternatives_are_told_with_the_ceiling() -> None:
    either = ["or", [DE, PAGE]]
    with pytest.raises(TooMuch, match="64"):
        products(*[either] * 7)


def leaf(operator: str, *clauses: str, **more: Any) -> Leaf:
    [read] = filters.read([[operator, "visit:source", list(clauses), *([more] if more else [])]], SITE)
    assert isinstance(read, Leaf)
    return read


@pytest.mark.parametrize(
    ("condition", "taken", "left"),
    [
        (leaf("is", "Google"), ["Google"], ["google", "Googl"]),
        (leaf("is", "GOOGLE", case_sensitive=False), ["Google", "google"], ["Goo"]),
        (leaf("contains", "oo", "ing"), ["Google", "Bing"], ["GOOGLE"]),
        (leaf("contains", "OO", case_sensitive=False), ["Google"], ["Bing"]),
        (leaf("matches", "^G.+e$", r"\bbing\b"), ["Google", "the bing"], ["aGoogle", "bingo"]),
        (leaf("matches", "(?i)google"), ["GOOGLE"], ["Bing"]),
    ],
)
def test_operators_take_what_they_say(condition: Leaf, taken: list[str], left: list[str]) -> None:
    wanted = takes(condition)
    assert [value for value in taken + left if wanted(value)] == taken


@pytest.mark.parametrize(
    ("path", "taken", "left"),
    [
        ("/blog", ["/blog"], ["/blog/", "/blog/a"]),
        ("/blog/*", ["/blog/a", "/blog/"], ["/blog/a/b", "/blog"]),
        ("/blog/**", ["/blog/a/b", "/blog/"], ["/blogs"]),
        ("/*/edit", ["/a/edit"], ["/a/b/edit", "/edit"]),
        ("/a.c/*", ["/a.c/x"], ["/abc/x"]),
        ("**.pdf", ["/files/a.pdf"], ["/files/a.pdf.html"]),
    ],
)
def test_goals_pages_may_have_wildcards(path: str, taken: list[str], left: list[str]) -> None:
    wanted = page_test(path)
    assert [value for value in taken + left if wanted(value)] == taken


def test_what_is_always_or_never_true_is_not_asked() -> None:
    some, other = {"term": {"site": "a"}}, {"term": {"site": "b"}}
    assert all_of([]) == ALL
    assert any_of([]) == NONE
    assert all_of([some, ALL]) == some
    assert all_of([some, NONE]) == NONE
    assert any_of([NONE, other]) == other
    assert any_of([some, ALL]) == ALL
    assert negated(negated(some)) == some
    assert all_of([some, negated(other)]) == {"bool": {"filter": [some], "must_not": [other]}}
