"""The description of the API for programs (OpenAPI 3.1), at GET /api/openapi.json. In: the table of questions. Out: an object.

tests/real/test_api_described.py has schemathesis hold it against what is answered.
"""

from typing import Any

from dashboard.api.questions import QUESTIONS, Question
from dashboard.api.schemas import PARTS, ref

REFUSALS = {
    "400": "The question cannot be answered as it is.",
    "401": "There is no API key, or one that nobody knows.",
    "403": "The key may not read, or not this site.",
    "404": "Nothing is known of the site.",
    "413": "The body is too large.",
    "429": "The key asked more than it may (FIZZSTAT_LIMIT_API).",
    "503": "The store or the accounts' database is away.",
}
WAITS = ("429", "503")

FORMAT = {
    "name": "format",
    "in": "query",
    "schema": {"enum": ["json", "csv", "ndjson"]},
    "description": "The answer's form; without it what Accept asks for, else JSON. CSV and NDJSON have the results alone, "
    "and the meta in X-FizzStat-Meta while it is short.",
}
FORMS = {
    "text/csv": {"schema": {"type": "string"}},
    "application/x-ndjson": {"schema": {"type": "string"}},
}


def description() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "FizzStat",
            "version": "2",
            "description": "Questions about a site. POST /api/v2/query speaks Plausible's Stats API v2.",
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": {f"/api/v2/{question.name}": {"post": _operation(question)} for question in QUESTIONS}
        | {"/api/openapi.json": {"get": _this()}},
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "./fizzstat keys add makes one that may read."}
            },
            "schemas": PARTS,
        },
    }


def _operation(question: Question) -> dict[str, Any]:
    return {
        "operationId": question.name,
        "summary": question.summary,
        "parameters": [FORMAT],
        "requestBody": {"required": True, "content": {"application/json": {"schema": question.body}}},
        "responses": {
            "200": {
                "description": "The answer.",
                "content": {"application/json": {"schema": question.answer}, **FORMS},
            },
            **{status: _refusal(status, sentence) for status, sentence in REFUSALS.items()},
        },
    }


def _refusal(status: str, sentence: str) -> dict[str, Any]:
    refusal: dict[str, Any] = {"description": sentence, "content": {"application/json": {"schema": ref("Error")}}}
    if status in WAITS:
        wait = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        refusal["headers"] = {"Retry-After": wait}
    return refusal


def _this() -> dict[str, Any]:
    return {
        "operationId": "openapi",
        "summary": "This description.",
        "security": [],
        "responses": {"200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}}},
    }
