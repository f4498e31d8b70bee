"""JSON Schemas of questions, made from the tables of query/: the description cannot know less or more than what is answered.

In: nothing. Out: PARTS, and what each question's body is made of. A question that a schema allows may still be refused:
which metrics go with which dimensions is said by the refusal.
"""

from typing import Any

from query import dimensions, filters, metrics, realtime
from query.question import FLAGS, MODES, MOST_DIMENSIONS, MOST_OFFSET, MOST_ROWS

Schema = dict[str, Any]

PROPS_PATTERN = "^event:props:.+$"


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def tuple_of(*items: Schema, least: int | None = None) -> Schema:
    return {
        "type": "array",
        "prefixItems": list(items),
        "items": False,
        "minItems": len(items) if least is None else least,
        "maxItems": len(items),
    }


def object_of(required: tuple[str, ...] = (), /, **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def list_of(item: Schema, least: int, most: int | None = None) -> Schema:
    return {"type": "array", "items": item, "minItems": least} | ({} if most is None else {"maxItems": most})


def whole(least: int, most: int, default: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most, "default": default}


def names_of(*levels: str) -> Schema:
    """Of dimensions that tell of this."""
    known = [one.name for one in dimensions.ALL.values() if one.level in levels]
    return {"oneOf": [{"enum": known}, {"type": "string", "pattern": PROPS_PATTERN}]}


TEXT: Schema = {"type": "string", "minLength": 1}
TEXTS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
FLAG: Schema = {"type": "boolean"}
DATE = {"type": "string", "format": "date", "examples": ["2026-11-25"]}
MOMENT = {"type": "string", "format": "date-time", "examples": ["2026-11-25T12:00:00+01:00"]}

PARTS: dict[str, Schema] = {
    "SiteId": {**TEXT, "description": "The site's id, or one of its hosts.", "examples": ["example.com"]},
    "Metric": {"enum": list(metrics.ALL)},
    "Dimension": names_of("visit", "exit", "hit", "goal", "time"),
    "DateRange": {
        "description": "In the site's time zone. `7d` is the seven days before today, as in Plausible; `day` is today.",
        "anyOf": [
            {"enum": ["day", "24h", "month", "year", "all"]},
            {"type": "string", "pattern": "^([1-9]|[1-9][0-9]|[1-9][0-9][0-9])d$", "examples": ["7d", "28d", "30d", "91d"]},
            {"type": "string", "pattern": "^([1-9]|[1-9][0-9])mo$", "examples": ["6mo", "12mo"]},
            tuple_of(DATE, DATE),
            tuple_of(MOMENT, MOMENT),
        ],
    },
    "Filter": {
        "description": "A condition, or conditions together.",
        "anyOf": [
            tuple_of(
                {"enum": list(filters.OPPOSITE)},
                names_of("visit", "exit", "hit", "goal"),
                list_of({"type": "string"}, 1),
                object_of(case_sensitive=FLAG),
                least=3,
            ),
            tuple_of({"enum": ["is", "is_not"]}, {"const": "segment"}, list_of({"type": "integer"}, 1)),
            tuple_of({"enum": ["and", "or"]}, list_of(ref("Filter"), 1)),
            tuple_of({"enum": ["not", "has_done", "has_not_done"]}, ref("Filter")),
        ],
    },
    "Filters": {"type": "array", "items": ref("Filter"), "description": "All of them must hold."},
    "Include": object_of(
        (),
        **dict.fromkeys(FLAGS, FLAG),
        compare={"anyOf": [{"enum": list(MODES)}, tuple_of(DATE, DATE)]},
        comparisons={
            "description": "As Plausible had it before `compare`.",
            **object_of(
                ("mode",),
                mode={"enum": [*MODES, "custom"]},
                date_range=tuple_of(DATE, DATE),
                match_day_of_week=FLAG,
            ),
        },
    ),
    "Pagination": object_of(
        limit={"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": MOST_ROWS},
        offset={"type": "integer", "minimum": 0, "maximum": MOST_OFFSET, "default": 0},
    ),
    "Step": {
        "description": "A page (`/docs/**`), a goal of that name, or else an event of that name; or said outright.",
        "anyOf": [
            {**TEXT, "examples": ["/pricing", "signup"]},
            object_of(("page",), page=TEXT, name=TEXT),
            object_of(("event",), event=TEXT, properties=TEXTS, name=TEXT),
            object_of(("goal",), goal={"type": ["string", "integer"]}, name=TEXT),
        ],
    },
    "Error": object_of(
        ("error", "field"),
        error={"type": "string", "description": "What is wrong, and what is possible."},
        field={"type": "string", "description": "Where: `filters.0.1`, or empty."},
    ),
}


def body(*required: str, **properties: Schema) -> Schema:
    """Of a question that is about a site and a time, and may have filters."""
    common = {"site_id": ref("SiteId"), "date_range": ref("DateRange"), "filters": ref("Filters")}
    return object_of(("site_id", "date_range", *required), **{**common, **properties})


QUERY = body(
    "metrics",
    metrics={**list_of(ref("Metric"), 1), "uniqueItems": True},
    dimensions={**list_of(ref("Dimension"), 0, MOST_DIMENSIONS), "uniqueItems": True},
    order_by={
        "type": "array",
        "items": tuple_of({"oneOf": [ref("Metric"), ref("Dimension")]}, {"enum": ["asc", "desc"]}),
        "description": "By metrics and dimensions that are asked for.",
    },
    include=ref("Include"),
    pagination=ref("Pagination"),
)

REALTIME = object_of(("site_id",), site_id=ref("SiteId"), filters=ref("Filters"), limit=whole(1, realtime.MOST_ROWS, 10))

ANSWER: Schema = {
    "type": "object",
    "properties": {
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "dimensions": {"type": "array", "items": {"type": ["string", "number", "null"]}},
                    "metrics": {"type": "array", "description": "Numbers; null where nothing is known; revenue is an object."},
                    "comparison": {"type": ["object", "null"]},
                },
                "required": ["dimensions", "metrics"],
            },
        },
        "meta": {"type": "object"},
        "query": {
            "type": "object",
            "properties": {"dimensions": {"type": "array"}, "metrics": {"type": "array"}},
            "required": ["dimensions", "metrics"],
            "description": "The question as it was understood; its dimensions and metrics name those of the results.",
        },
    },
    "required": ["results", "meta", "query"],
}

DOCUMENTS: Schema = {
    "type": "object",
    "properties": {
        "results": {"type": "array", "items": {"type": "object", "required": ["_id", "_index"]}},
        "meta": {
            "type": "object",
            "properties": {
                "total": {"type": "integer"},
                "next": {"type": ["string", "null"], "description": "What `after` takes for the next page."},
            },
            "required": ["total", "next"],
        },
        "query": {"type": "object"},
    },
    "required": ["results", "meta", "query"],
}
