"""Kibana's saved objects hold together: all that is nested can be read, all that is referred to is there, every field exists."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.kibana import saved_objects
from store.base import KINDS
from store.mappings import find

FILE = Path(__file__).parents[2] / "deploy" / "kibana" / "fizzstat.ndjson"

Object = dict[str, Any]


def opened(value: Any) -> Any:
    """With all JSON inside of texts read too."""
    if isinstance(value, dict):
        return {name: opened(json.loads(inside) if name.endswith("JSON") else inside) for name, inside in value.items()}
    return [opened(one) for one in value] if isinstance(value, list) else value


def objects(prefix: str = "fizzstat") -> dict[str, Object]:
    return {one["id"]: opened(one) for one in map(json.loads, saved_objects(prefix).splitlines())}


def within(value: Any) -> Iterator[Object]:
    """All objects inside of one."""
    if isinstance(value, dict):
        yield value
    for inside in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from within(inside)


def texts(value: Any) -> Iterator[str]:
    """All texts inside of an object."""
    if isinstance(value, str):
        yield value
    for inside in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(inside)


def panels() -> list[Object]:
    found: list[Object] = objects()["fizzstat-overview"]["attributes"]["panelsJSON"]
    return found


def lenses() -> Iterator[tuple[str, Object, str]]:
    """(title, attributes, the kind of documents) of every panel that is a Lens."""
    for panel in panels():
        if panel["type"] == "lens":
            attributes = panel["embeddableConfig"]["attributes"]
            yield panel["title"], attributes, attributes["references"][0]["id"].removeprefix("fizzstat-")


def test_the_file_is_what_the_description_makes() -> None:
    assert FILE.read_text() == saved_objects("fizzstat"), "run .venv/bin/python -m deploy.kibana"


def test_every_kind_of_document_has_a_data_view_of_its_indices() -> None:
    views = [one for one in objects("shop").values() if one["type"] == "index-pattern"]
    assert [one["attributes"]["title"] for one in views] == [f"shop-{kind}-*" for kind in KINDS]
    assert {one["attributes"]["timeFieldName"] for one in views} == {"@timestamp"}


def test_another_prefix_makes_objects_of_their_own() -> None:
    assert "fizzstat-" not in saved_objects("shop").replace("fizzstat-overview", "")
    assert not set(objects("shop")) & set(objects())


def test_all_that_is_referred_to_comes_along() -> None:
    there = {(one["type"], one["id"]) for one in objects().values()}
    for one in objects().values():
        assert {(reference["type"], reference["id"]) for reference in one["references"]} <= there
        names = [reference["name"] for reference in one["references"]]
        assert len(names) == len(set(names))


def test_every_panel_finds_what_it_refers_to_by_name() -> None:
    board = objects()["fizzstat-overview"]
    names = {reference["name"] for reference in board["references"]}
    wanted = set()
    for panel in board["attributes"]["panelsJSON"]:
        number = panel["panelIndex"]
        if "panelRefName" in panel:
            wanted.add(f"{number}:{panel['panelRefName']}")
        else:
            layers = panel["embeddableConfig"]["attributes"]["state"]["datasourceStates"]["formBased"]["layers"]
            wanted |= {f"{number}:indexpattern-datasource-layer-{layer}" for layer in layers}
    for control in board["attributes"]["controlGroupInput"]["panelsJSON"]:
        wanted.add(f"controlGroup_{control}:optionsListDataView")
    assert names == wanted
    world = objects()["fizzstat-map"]
    wanted = {one["indexPatternRefName"] for one in within(world["attributes"]["layerListJSON"]) if "indexPatternRefName" in one}
    assert wanted == {reference["name"] for reference in world["references"]}


@pytest.mark.parametrize(
    ("title", "attributes", "kind"), list(lenses()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_panel_asks_for_fields_that_its_documents_have(title: str, attributes: Object, kind: str) -> None:
    types = {"unique_count": {"keyword"}, "terms": {"keyword"}, "date_histogram": {"date"}, "average": {"double", "long", "byte"}}
    (layer,) = attributes["state"]["datasourceStates"]["formBased"]["layers"].values()
    assert list(layer["columns"]) == layer["columnOrder"]
    for column in layer["columns"].values():
        if column["sourceField"] != "___records___":
            field = find(kind, column["sourceField"])
            assert field, column["sourceField"]
            assert field.type in types[column["operationType"]]
    assert set(layer["columns"]) <= set(texts(attributes["state"]["visualization"]))


def test_maps_and_controls_ask_for_fields_that_their_documents_have() -> None:
    for one in within(objects()["fizzstat-map"]["attributes"]["layerListJSON"]):
        if "geoField" in one:
            field = find("visit", one["geoField"])
            assert field
            assert field.type == "geo_point"
    for one in within(objects()["fizzstat-overview"]["attributes"]["controlGroupInput"]):
        if "fieldName" in one:
            assert find("view", one["fieldName"])


def test_panels_lie_on_the_grid_and_none_over_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridData"]
        assert at["x"] + at["w"] <= 48
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        taken |= cells


def test_the_dashboard_answers_what_an_operator_asks_first() -> None:
    asked = {
        (kind, column["operationType"], column["sourceField"])
        for _, attributes, kind in lenses()
        for column in attributes["state"]["datasourceStates"]["formBased"]["layers"]["layer"]["columns"].values()
    }
    assert {
        ("visit", "unique_count", "client.id"),
        ("view", "date_histogram", "@timestamp"),
        ("view", "terms", "url.path"),
        ("visit", "terms", "traffic.source"),
        ("visit", "terms", "user_agent.device.type"),
        ("visit", "terms", "user_agent.name"),
        ("event", "terms", "event.name"),
    } <= asked
