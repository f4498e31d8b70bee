"""What may be asked: a path below /api/v2/, the function of query/ that answers it, and the schema of its body, one row each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dashboard.api.schemas import ANSWER, DOCUMENTS, FLAG, QUERY, REALTIME, TEXT, Schema, body, list_of, names_of, ref, whole
from query import documents, flows, funnel, journeys, properties, realtime, retention, vitals
from query.ask import ask
from query.site import Site
from store.base import Store

Ask = Callable[[Store, Mapping[str, Any], Site, datetime], dict[str, Any]]


@dataclass(frozen=True)
class Question:
    """`summary`, and the schemas of `body` and `answer`, are for the description (dashboard/api/openapi.py)."""

    name: str
    ask: Ask
    summary: str
    body: Schema
    answer: Schema = field(default_factory=lambda: ANSWER)


QUESTIONS = (
    Question("query", ask, "Metrics, by any dimensions: Plausible's Stats API v2.", QUERY),
    Question("realtime", realtime.realtime, "The last 30 minutes, minute by minute, and the visitors now.", REALTIME),
    Question(
        "funnel",
        funnel.funnel,
        "How many visits took steps one after the other.",
        body("steps", steps=list_of(ref("Step"), funnel.LEAST, funnel.MOST)),
    ),
    Question(
        "journeys",
        journeys.journeys,
        "What came before and after a page or an event.",
        body(
            "at",
            at=ref("Step"),
            before=whole(0, journeys.MOST_STEPS, 1),
            after=whole(0, journeys.MOST_STEPS, 3),
            events=FLAG,
            by={"enum": ["step", "path"], "default": "step"},
            limit=whole(1, journeys.MOST_ROWS, 100),
        ),
    ),
    Question(
        "flows", flows.flows, "From which page to which visits went.", body(page=TEXT, limit=whole(1, journeys.MOST_ROWS, 100))
    ),
    Question(
        "retention",
        retention.retention,
        "How many visitors came back, as far as they are known for so long.",
        body(interval={"enum": list(retention.INTERVALS)}),
    ),
    Question(
        "vitals",
        vitals.vitals,
        "Percentiles of the web vitals.",
        body(
            vitals={**list_of({"enum": list(vitals.LIMITS)}, 1), "uniqueItems": True},
            percentiles=list_of({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 100}, 1, vitals.MOST_PERCENTILES),
            dimensions=list_of(names_of("visit", "hit"), 0, vitals.MOST_DIMENSIONS),
            limit=whole(1, vitals.MOST_ROWS, 100),
        ),
    ),
    Question(
        "properties",
        properties.properties,
        "The properties of an event, or the values of one.",
        body("event", event=TEXT, property=TEXT, limit=whole(1, properties.MOST_ROWS, 100)),
    ),
    Question(
        "documents",
        documents.documents,
        "The documents behind a number, newest first, page by page.",
        body(
            kind={"enum": list(documents.KINDS), "default": "view"},
            fields=list_of(TEXT, 1, documents.MOST_FIELDS),
            after=TEXT,
            limit=whole(1, documents.MOST_ROWS, 100),
        ),
        DOCUMENTS,
    ),
)
