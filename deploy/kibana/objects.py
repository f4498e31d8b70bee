"""How Kibana 8.19 and 9 write what the dashboard is made of (also read by all between).

In: the parts of a dashboard, as board.py has them. Out: saved objects, as `POST /api/saved_objects/_import` takes them. Their
shapes are those that Kibana itself exports; `typeMigrationVersion` says which of them, and Kibana brings them up to its own.
Ids of layers and columns need to be unique within a panel alone.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

CORE = "8.8.0"
DASHBOARD, DATA_VIEW, MAP, PANEL = "8.7.0", "7.11.0", "8.4.0", "8.11.0"  # the versions of these shapes
RECORDS = "___records___"  # Lens's word for documents themselves
TOP = 20
QUERY = {"query": "", "language": "kuery"}

Object = dict[str, Any]


@dataclass(frozen=True)
class Place:
    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True)
class Count:
    """Of documents."""

    label: str

    def column(self) -> Object:
        return _number(self.label, "count", RECORDS, {"emptyAsNull": False})


@dataclass(frozen=True)
class Unique:
    """How many different values a field has."""

    field: str
    label: str

    def column(self) -> Object:
        return _number(self.label, "unique_count", self.field, {"emptyAsNull": False})


@dataclass(frozen=True)
class Average:
    field: str
    label: str
    decimals: int = 0
    percent: bool = False

    def column(self) -> Object:
        form = {"id": "percent" if self.percent else "number", "params": {"decimals": self.decimals}}
        return _number(self.label, "average", self.field, {"emptyAsNull": True, "format": form})


Number = Count | Unique | Average


@dataclass(frozen=True)
class Metric:
    """One number."""

    title: str
    kind: str
    number: Number
    place: Place

    def lens(self) -> tuple[str, Object, Object]:
        return (
            "lnsMetric",
            {"number": self.number.column()},
            {"layerId": "layer", "layerType": "data", "metricAccessor": "number"},
        )


@dataclass(frozen=True)
class Lines:
    """Numbers over time."""

    title: str
    kind: str
    numbers: Sequence[Number]
    place: Place

    def lens(self) -> tuple[str, Object, Object]:
        numbers = _numbered(self.numbers)
        return "lnsXY", {"time": _over_time(), **numbers}, _xy("line", "time", list(numbers))


@dataclass(frozen=True)
class Bars:
    """The most frequent values of a field."""

    title: str
    kind: str
    field: str
    label: str
    number: Number
    place: Place

    def lens(self) -> tuple[str, Object, Object]:
        columns = {"top": _top(self.field, self.label, "number", 10), "number": self.number.column()}
        return "lnsXY", columns, _xy("bar_horizontal", "top", ["number"])


@dataclass(frozen=True)
class Donut:
    title: str
    kind: str
    field: str
    label: str
    number: Number
    place: Place

    def lens(self) -> tuple[str, Object, Object]:
        columns = {"top": _top(self.field, self.label, "number", 10), "number": self.number.column()}
        layer = {"layerId": "layer", "layerType": "data", "primaryGroups": ["top"], "metrics": ["number"], "nestedLegend": False}
        shown = {"numberDisplay": "percent", "categoryDisplay": "default", "legendDisplay": "show"}
        return "lnsPie", columns, {"shape": "donut", "layers": [{**layer, **shown}]}


@dataclass(frozen=True)
class Table:
    """The most frequent values of a field, with numbers."""

    title: str
    kind: str
    field: str
    label: str
    numbers: Sequence[Number]
    place: Place

    def lens(self) -> tuple[str, Object, Object]:
        columns = {"top": _top(self.field, self.label, "number0", TOP), **_numbered(self.numbers)}
        shown = {"columns": [{"columnId": name} for name in columns], "layerId": "layer", "layerType": "data"}
        return "lnsDatatable", columns, shown


@dataclass(frozen=True)
class Map:
    """Documents by a geo_point, as circles; over Elastic's map of the world where the browser gets that."""

    title: str
    kind: str
    field: str
    place: Place


@dataclass(frozen=True)
class Control:
    """A field by whose values a person narrows the dashboard."""

    title: str
    kind: str
    field: str


Lens = Metric | Lines | Bars | Donut | Table


def data_view(id: str, indices: str, name: str) -> Object:
    attributes = {"title": indices, "name": name, "timeFieldName": "@timestamp", "fields": "[]", "runtimeFieldMap": "{}"}
    return _saved(
        "index-pattern", id, DATA_VIEW, {**attributes, "fieldAttrs": "{}", "fieldFormatMap": "{}", "typeMeta": "{}"}, []
    )


def map_of(panel: Map, prefix: str) -> Object:
    base = {
        "id": "world",
        "type": "EMS_VECTOR_TILE",
        "sourceDescriptor": {"type": "EMS_TMS", "isAutoSelect": True, "lightModeDefault": "road_map_desaturated"},
        "style": {"type": "EMS_VECTOR_TILE", "color": ""},
        **_layer(panel.title + ": the world"),
    }
    counted = {"name": "doc_count", "origin": "source"}
    circles = {
        "id": "places",
        "type": "GEOJSON_VECTOR",
        "sourceDescriptor": {
            "type": "ES_GEO_GRID",
            "id": "places-source",
            "geoField": panel.field,
            "requestType": "point",
            "resolution": "COARSE",
            "metrics": [{"type": "count"}],
            "applyGlobalQuery": True,
            "applyGlobalTime": True,
            "indexPatternRefName": "layer_1_source_index_pattern",
        },
        "style": {
            "type": "VECTOR",
            "properties": {
                "fillColor": {"type": "DYNAMIC", "options": {"field": counted, "color": "Blues"}},
                "lineColor": {"type": "STATIC", "options": {"color": "#FFFFFF"}},
                "lineWidth": {"type": "STATIC", "options": {"size": 1}},
                "iconSize": {"type": "DYNAMIC", "options": {"field": counted, "minSize": 7, "maxSize": 32}},
            },
        },
        "joins": [],
        **_layer(panel.title),
    }
    state = {"zoom": 1.6, "center": {"lon": 10, "lat": 25}, "timeFilters": {"from": "now-7d", "to": "now"}, "query": QUERY}
    attributes = {"title": f"FizzStat: {panel.title.lower()}", "description": "", "uiStateJSON": "{}"}
    attributes |= {"mapStateJSON": _json(state), "layerListJSON": _json([base, circles])}
    reference = {"name": "layer_1_source_index_pattern", "type": "index-pattern", "id": f"{prefix}-{panel.kind}"}
    return _saved("map", f"{prefix}-map", MAP, attributes, [reference])


def dashboard(id: str, title: str, about: str, panels: Sequence[Lens | Map], controls: Sequence[Control], prefix: str) -> Object:
    """The panels live in it, but for the map, which is an object of its own."""
    references: list[Object] = []
    shown = []
    for number, panel in enumerate(panels, 1):
        if isinstance(panel, Map):
            references.append({"name": f"{number}:panel_{number}", "type": "map", "id": f"{prefix}-map"})
            shown.append(_panel(number, "map", panel, {"isLayerTOCOpen": False}) | {"panelRefName": f"panel_{number}"})
        else:
            lens = _lens(panel, prefix)
            references += [one | {"name": f"{number}:{one['name']}"} for one in lens["references"]]
            shown.append(_panel(number, "lens", panel, {"attributes": lens, "hidePanelTitles": isinstance(panel, Metric)}))
    chosen = {}
    for order, control in enumerate(controls):
        name = f"control{order}"
        asked = {"id": name, "fieldName": control.field, "title": control.title, "enhancements": {}}
        chosen[name] = {"order": order, "width": "medium", "grow": False, "type": "optionsListControl", "explicitInput": asked}
        view = f"{prefix}-{control.kind}"
        references.append({"name": f"controlGroup_{name}:optionsListDataView", "type": "index-pattern", "id": view})
    ignored = {"ignoreFilters": False, "ignoreQuery": False, "ignoreTimerange": False, "ignoreValidations": False}
    options = {"useMargins": True, "syncColors": True, "syncCursor": True, "syncTooltips": False, "hidePanelTitles": False}
    attributes = {
        "title": title,
        "description": about,
        "version": 1,
        "timeRestore": True,
        "timeFrom": "now-7d/d",
        "timeTo": "now",
        "refreshInterval": {"pause": True, "value": 60000},
        "optionsJSON": _json(options),
        "panelsJSON": _json(shown),
        "controlGroupInput": {
            "controlStyle": "oneLine",
            "chainingSystem": "HIERARCHICAL",
            "panelsJSON": _json(chosen),
            "ignoreParentSettingsJSON": _json(ignored),
        },
        "kibanaSavedObjectMeta": {"searchSourceJSON": _json({"query": QUERY, "filter": []})},
    }
    return _saved("dashboard", id, DASHBOARD, attributes, references)


def _panel(number: int, type: str, panel: Lens | Map, config: Object) -> Object:
    at = panel.place
    grid = {"x": at.x, "y": at.y, "w": at.w, "h": at.h, "i": str(number)}
    config = {"enhancements": {}, **config}
    return {
        "version": PANEL,
        "type": type,
        "gridData": grid,
        "panelIndex": str(number),
        "title": panel.title,
        "embeddableConfig": config,
    }


def _lens(panel: Lens, prefix: str) -> Object:
    type, columns, visualization = panel.lens()
    layer = {"columnOrder": list(columns), "columns": columns, "incompleteColumns": {}}
    reference = {"type": "index-pattern", "id": f"{prefix}-{panel.kind}", "name": "indexpattern-datasource-layer-layer"}
    return {
        "title": panel.title,
        "type": "lens",
        "visualizationType": type,
        "references": [reference],
        "state": {
            "visualization": visualization,
            "query": QUERY,
            "filters": [],
            "datasourceStates": {"formBased": {"layers": {"layer": layer}}},
            "internalReferences": [],
            "adHocDataViews": {},
        },
    }


def _xy(series: str, x: str, accessors: list[str]) -> Object:
    layer = {"layerId": "layer", "layerType": "data", "seriesType": series, "xAccessor": x, "accessors": accessors}
    titles = {"x": False, "yLeft": False, "yRight": False}
    return {
        "layers": [layer],
        "preferredSeriesType": series,
        "legend": {"isVisible": len(accessors) > 1, "position": "top"},
        "valueLabels": "hide",
        "fittingFunction": "None",
        "axisTitlesVisibilitySettings": titles,
    }


def _number(label: str, operation: str, field: str, params: Object) -> Object:
    column = {"label": label, "customLabel": True, "dataType": "number", "operationType": operation}
    return column | {"sourceField": field, "isBucketed": False, "scale": "ratio", "params": params}


def _numbered(numbers: Sequence[Number]) -> dict[str, Object]:
    return {f"number{n}": number.column() for n, number in enumerate(numbers)}


def _over_time() -> Object:
    column = {"label": "Time", "customLabel": True, "dataType": "date", "operationType": "date_histogram"}
    params = {"interval": "auto", "includeEmptyRows": True, "dropPartials": False}
    return column | {"sourceField": "@timestamp", "isBucketed": True, "scale": "interval", "params": params}


def _top(field: str, label: str, by: str, size: int) -> Object:
    column = {"label": label, "customLabel": True, "dataType": "string", "operationType": "terms"}
    order = {"orderBy": {"type": "column", "columnId": by}, "orderDirection": "desc"}
    params = {"size": size, **order, "otherBucket": False, "missingBucket": False, "parentFormat": {"id": "terms"}}
    return column | {"sourceField": field, "isBucketed": True, "scale": "ordinal", "params": params}


def _layer(label: str) -> Object:
    return {"label": label, "minZoom": 0, "maxZoom": 24, "alpha": 1, "visible": True, "includeInFitToBounds": True}


def _saved(type: str, id: str, version: str, attributes: Object, references: list[Object]) -> Object:
    head = {"type": type, "id": id, "attributes": attributes, "references": references, "managed": False}
    return head | {"coreMigrationVersion": CORE, "typeMigrationVersion": version}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
