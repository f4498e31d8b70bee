"""The array that tracker.js posts: what its places say arrives as if it were said by name."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from collect.row import Row
from hits.hit import Hit, Revenue
from tests.unit.collecting import URL, Collected

VIEW = {"kind": "view", "id": 0.25, "url": URL, "view": 0.5}
EVENT = VIEW | {"kind": "event", "name": "order"}


def row(**places: Any) -> list[Any]:
    """The tracker's array, as long as what it says."""
    said = [places.pop(name, None) for name in Row.__struct_fields__]
    assert not places
    return said


def taken(said: list[Any]) -> Hit:
    collected = Collected()
    assert collected.post(said).status_code == 202
    return replace(collected.hit, receipt="")


def tagged(*attributes: tuple[str, str] | bool) -> Hit:
    return taken(row(**VIEW | {"kind": "event", "name": "tag", "data": [*attributes]}))


def test_released_trackers_find_every_field_where_it_was() -> None:
    assert " ".join(Row.__struct_fields__) == (
        "kind id site url hash view referrer title screen_width screen_height screen_depth language time_zone client_hash traits "
        "name value data engaged scroll activity"
    )


def test_an_array_is_as_good_as_an_object() -> None:
    shared: dict[str, Any] = {
        "kind": "event", "site": "shop.example", "url": URL + "#/a", "hash": True, "referrer": "https://a.example/", "title": "Ü",
        "screen_depth": 24, "language": "de-AT", "time_zone": "Europe/Berlin", "client_hash": "u-1", "traits": {"plan": "pro"},
        "name": "order", "value": 12.5, "engaged": 1500.7, "scroll": 100.5, "activity": 3,
    }  # fmt: skip
    money = {"revenue": {"amount": "12.50", "currency": "eur"}, "interactive": False}
    collected = Collected()
    collected.post(row(**shared, id=0.25, view=0.5, screen_width=1920, screen_height=1080.0, data={"size": "L", **money}))
    collected.post({**shared, **money, "id": "0.25", "view": "0.5", "screen": "1920x1080", "data": {"size": "L"}})

    by_array, by_object = (replace(hit, receipt="") for hit in collected.hits)

    assert by_array == by_object
    assert (by_array.revenue, by_array.interactive, by_array.data) == (Revenue(12.5, "EUR"), False, {"size": "L"})


def test_the_shortest_array_is_a_view_of_a_page() -> None:
    hit = taken(["view", None, None, URL])

    assert (hit.kind, hit.url, hit.id, hit.view, hit.screen, hit.interactive) == ("view", URL, "", "", "", True)


@pytest.mark.parametrize(("name", "interactive"), [("entry", False), ("404", False), ("exit", True), ("order", True)])
def test_what_no_visitor_did_is_no_act_of_one(name: str, interactive: bool) -> None:
    assert taken(row(**EVENT | {"name": name})).interactive is interactive


# ── tagged elements


@pytest.mark.parametrize(
    ("attributes", "name", "value", "data"),
    [
        ([("data-fizzstat-event", "Sign up"), ("data-fizzstat-how-many", "2"), False], "Sign up", "", {"how-many": "2"}),
        ([("data-fizzstat-event", "Rate"), ("data-fizzstat-value", "5")], "Rate", "5", {}),
        ([("class", "a plausible-event-name=Sign+up plausible-event-plan=pro+max")], "Sign up", "", {"plan": "pro max"}),
        ([("class", "plausible-event-name--Sign+up plausible-event-plan--pro")], "Sign up", "", {"plan": "pro"}),
        ([("class", "plausible-event-name=A plausible-event-a--b=c plausible-event-url=x--y=z")], "A", "",
         {"a--b": "c", "url": "x--y=z"}),
        ([("class", "plausible-event-name=A plausible-event-empty= plausible-event plausible-other=1")], "A", "", {}),
        ([("class", "plausible-event-name=Theirs"), ("data-fizzstat-event", "Ours")], "Ours", "", {}),
        ([("data-fizzstat-event", "Seen"), ("data-email", "a@b.example"), ("classic", "x"), True], "Seen", "", {}),
    ],
)  # fmt: skip
def test_an_element_says_its_event(attributes: list[Any], name: str, value: str, data: dict[str, str]) -> None:
    hit = tagged(*attributes)

    assert (hit.kind, hit.name, hit.value, hit.data) == ("event", name, value, data)


@pytest.mark.parametrize(
    "attribute",
    [
        ("class", "plausible-event-name=Buy plausible-revenue-amount=10.29 plausible-revenue-currency=EUR"),
        ("class", "plausible-event-name=Buy plausible-revenue-amount--10.29 plausible-revenue-currency--eur"),
        ("data-fizzstat-revenue", "10.29 EUR"),
    ],
)
def test_an_element_may_bring_money(attribute: tuple[str, str]) -> None:
    hit = tagged(("data-fizzstat-event", "Buy"), attribute)

    assert (hit.name, hit.revenue, hit.data) == ("Buy", Revenue(10.29, "EUR"), {})


def test_an_element_may_be_no_act() -> None:
    assert tagged(("data-fizzstat-event", "Shown"), ("data-fizzstat-interactive", "false")).interactive is False


# ── what cannot be read


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (row(**VIEW | {"kind": "loaded"}), "kind"),
        (row(**VIEW | {"id": "a"}), "id"),
        (row(**VIEW | {"url": 3}), "url"),
        (row(**VIEW | {"url": "/dialog"}), "url"),
        (row(**EVENT | {"name": {}}), "name"),
        (row(**EVENT | {"name": ""}), "name"),
        (row(**EVENT | {"value": []}), "value"),
        (row(**EVENT | {"data": 3}), "data"),
        (row(**EVENT | {"data": ["a", "b"]}), "data"),
        (row(**EVENT | {"data": {"revenue": 12}}), "revenue"),
        (row(**EVENT | {"data": {"revenue": {"amount": 12}}}), "revenue"),
        (row(**EVENT | {"data": {"revenue": {"amount": "much", "currency": "EUR"}}}), "revenue"),
        (row(**EVENT | {"data": [["class", "plausible-event-plan=pro"]]}), "name"),
        (row(**EVENT | {"data": [["data-fizzstat-event", "A"], ["data-fizzstat-revenue", "12"]]}), "revenue"),
        (row(**VIEW | {"kind": "engagement", "scroll": -1}), "scroll"),
        (b'["event",0,null,null,' + b"null," * 13 + b"[" * 10_000, "data"),
        (b'["event",0,null,null,' + b"null," * 13 + b'{"x":' * 10_000, ""),
        (b"[" * 10_000, "kind"),
        ([], ""),
        ([[]], "kind"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_the_fields_name(said: Any, field: str) -> None:
    collected = Collected()
    answer = collected.post(said)

    assert answer.status_code == 400
    assert answer.json is not None
    assert (answer.json["field"], collected.hits) == (field, [])


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.lists(ANYTHING, max_size=22), st.sampled_from(["view", "event", "engagement", None]))
def test_any_array_is_taken_or_refused(said: list[Any], kind: str | None) -> None:
    answer = Collected().post(msgspec.json.encode([kind, None, None, URL, *said] if kind else said))

    assert answer.status_code in (202, 400)
