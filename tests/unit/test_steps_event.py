"""What events tell: value and number, data, revenue."""

from typing import Any

import pytest

from hits.hit import Revenue
from importer.steps.event import flatten, put_event
from tests.unit.steps import put


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("7", 7.0),
        ("-0.5", -0.5),
        ("+3", 3.0),
        (" 12.50 ", 12.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("2.5E-4", 0.00025),
        ("9" * 40, 1e40),
        ("", None),
        ("seven", None),
        ("7 apples", None),
        ("nan", None),
        ("inf", None),
        ("-Infinity", None),
        ("1e999", None),
        ("1_000", None),
        ("1,5", None),
        ("0x10", None),
        ("٣", None),
        ("１２", None),
        ("1\n2", None),
        (".", None),
        ("e5", None),
    ],
)
def test_a_value_is_a_number_when_it_is_one_as_a_whole(value: str, number: float | None) -> None:
    assert put(put_event, kind="event", name="e", value=value).number == number


def test_an_event_keeps_name_value_and_whether_it_is_interactive() -> None:
    facts = put(put_event, kind="event", name=" sign\x00up ", value="x" * 2000, interactive=False)
    assert (facts.name, facts.value, facts.interactive) == ("signup", "x" * 1024, False)


@pytest.mark.parametrize("kind", ["view", "engagement"])
def test_other_kinds_of_hits_tell_nothing_but_data(kind: str) -> None:
    facts = put(put_event, kind=kind, name="n", value="7", data={"a": 1}, revenue=Revenue(1, "EUR"), interactive=False)
    assert (facts.name, facts.value, facts.number, facts.revenue, facts.interactive) == ("", "", None, {}, True)
    assert facts.data == {"a": "1"}


@pytest.mark.parametrize(
    ("amount", "currency", "stored"),
    [
        (12.5, "EUR", {"amount": 12.5, "currency": "EUR"}),
        (3, " usd ", {"amount": 3.0, "currency": "USD"}),
        (-1.0, "JPY", {"amount": -1.0, "currency": "JPY"}),
        (1.0, "DEM", {"amount": 1.0, "currency": "DEM"}),
        (1.0, "", {}),
        (1.0, "€", {}),
        (1.0, "EURO", {}),
        (1.0, "QQQ", {}),
        (float("nan"), "EUR", {}),
        (float("inf"), "EUR", {}),
    ],
)
def test_revenue_needs_a_currency_of_iso_4217_and_a_finite_amount(amount: float, currency: str, stored: dict[str, Any]) -> None:
    assert put(put_event, kind="event", name="e", revenue=Revenue(amount, currency)).revenue == stored


@pytest.mark.parametrize(
    ("data", "flat"),
    [
        ({"plan": "pro", "seats": 3}, {"plan": "pro", "seats": "3"}),
        ({"yes": True, "no": False}, {"yes": "true", "no": "false"}),
        ({"whole": 7.0, "part": 0.25, "huge": 1e300}, {"whole": "7", "part": "0.25", "huge": "1e+300"}),
        ({"null": None, "empty": "", "blank": " \n", "none": [], "nothing": {}, "nan": float("nan")}, {}),
        ({"a": {"b": {"c": 1}}, "d": 2}, {"a.b.c": "1", "d": "2"}),
        ({"tags": ["x", "y", 3, None, True]}, {"tags": "x, y, 3, true"}),
        ({"cart": [{"sku": "A", "n": 1}, {"sku": "B"}]}, {"cart.0.sku": "A", "cart.0.n": "1", "cart.1.sku": "B"}),
        ({"grid": [[1, 2], [3]]}, {"grid.0": "1, 2", "grid.1": "3"}),
        ({"a.b": 1}, {"a.b": "1"}),
        ({"a.b": 1, "a": {"b": 2}}, {"a.b": "1"}),
        ({"": 1, ".": 2, "..x.": 3, " y ": 4, "z\x00": 5}, {"x": "3", "y": "4", "z": "5"}),
        ({"k" * 400: 1, "n" * 299: {"x": 2}}, {"k" * 300: "1", "n" * 299: "2"}),
        ({"long": "x" * 5000}, {"long": "x" * 2048}),
        ({"half\ud800": "pair\udfff"}, {"half\ufffd": "pair\ufffd"}),
        ({"big": 2**64, "giant": 10**5000}, {"big": str(2**64)}),
    ],
)
def test_data_is_flattened_to_texts_by_dotted_key(data: dict[str, Any], flat: dict[str, str]) -> None:
    assert flatten(data) == flat


def test_data_has_thirty_keys_at_most_the_first_ones() -> None:
    assert list(flatten({f"k{i}": i for i in range(50)})) == [f"k{i}" for i in range(30)]
    assert len(flatten({"list": [{"a": i} for i in range(1000)]})) == 30


def test_of_a_list_a_hundred_values_are_kept() -> None:
    assert flatten({"n": list(range(500))}) == {"n": ", ".join(str(i) for i in range(100))}


def test_what_lies_too_deep_is_left_out_and_nothing_else() -> None:
    deep: Any = "bottom"
    for _ in range(100_000):
        deep = {"d": deep}
    assert flatten({"deep": deep, "flat": 1}) == {"flat": "1"}
    nested: Any = []
    for _ in range(100_000):
        nested = [nested]
    assert flatten({"nested": nested, "flat": 1}) == {"flat": "1"}
    while isinstance(deep, dict):  # taken apart by hand: freeing it at once would recurse
        deep = deep["d"]
    while nested:
        nested = nested[0]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("//o.example/x?tok=secret", "//o.example/x"),
        ("mailto:a@b.example?subject=secret", "mailto:a@b.example"),
        ("ftp://user:secret@o.example/x?t=1#f", "ftp://o.example/x"),
        ("https://o.example:99999/?t=secret", "https://o.example:99999/"),
        ("not a url", "not a url"),
    ],
)
def test_of_what_is_no_url_of_the_web_no_query_is_kept_either(value: str, kept: str) -> None:
    assert put(put_event, kind="event", name="exit", value=value).value == kept


@pytest.mark.parametrize("name", ["entry", "exit"])
def test_of_the_foreign_urls_that_the_tracker_tells_no_query_is_kept(name: str) -> None:
    facts = put(put_event, kind="event", name=name, value="https://bank.example/reset?token=secret#joe@example.org")
    assert facts.value == "https://bank.example/reset"
    search = put(put_event, kind="event", name="search", value="https://bank.example/?q=1")
    assert search.value == "https://bank.example/?q=1"
