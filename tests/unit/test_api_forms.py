"""An answer as CSV and NDJSON: what a spreadsheet and a program are told."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.api.forms import csv_text, written

PAGES = {
    "results": [{"dimensions": ["/"], "metrics": [3, None]}, {"dimensions": ["/a,b"], "metrics": [1, 50]}],
    "meta": {},
    "query": {"metrics": ["visitors", "bounce_rate"], "dimensions": ["event:page"]},
}


def lines(answer: dict[str, Any]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(written(answer, "csv").decode(), newline="")))


def test_csv_names_its_columns_as_the_question_did() -> None:
    assert lines(PAGES) == [["event:page", "visitors", "bounce_rate"], ["/", "3", ""], ["/a,b", "1", "50"]]


def test_ndjson_is_an_object_a_line() -> None:
    rows = [json.loads(line) for line in written(PAGES, "ndjson").splitlines()]
    assert rows[1] == {"event:page": "/a,b", "visitors": 1, "bounce_rate": 50}


def test_a_comparison_stands_in_columns_of_its_own() -> None:
    row = {"dimensions": [], "metrics": [3], "comparison": {"dimensions": [], "metrics": [2], "change": [50]}}
    answer = {"results": [row], "meta": {}, "query": {"metrics": ["visitors"], "dimensions": []}}
    assert lines(answer) == [["visitors", "comparison.visitors", "change.visitors"], ["3", "2", "50"]]


def test_what_is_nested_gets_dotted_columns_and_lists_are_json() -> None:
    document = {"_id": "1", "url": {"path": "/"}, "visit": {"pages": ["/", "/ü"]}, "bounced": True}
    assert lines({"results": [document, {"_id": "2"}]}) == [
        ["_id", "url.path", "visit.pages", "bounced"],
        ["1", "/", '["/","/ü"]', "true"],
        ["2", "", "", ""],
    ]


def test_an_empty_answer_has_its_columns() -> None:
    assert lines({**PAGES, "results": []}) == [["event:page", "visitors", "bounce_rate"]]


def test_an_answer_of_one_object_is_one_row() -> None:
    assert lines({"results": {"visitors": 3}}) == [["visitors"], ["3"]]
    assert lines({"results": []}) == []


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", '=HYPERLINK("http://x","y")']
)
def test_a_text_that_a_spreadsheet_would_run_is_text_in_csv_and_itself_in_json(text: str) -> None:
    answer = {"results": [{"page": text}]}
    assert lines(answer)[1] == ["'" + text]
    assert json.loads(written(answer, "ndjson")) == {"page": text}


def test_negative_numbers_stay_numbers() -> None:
    assert lines({"results": [{"change": -20}]}) == [["change"], ["-20"]]


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9), min_size=1, max_size=3), max_size=3))
def test_no_cell_of_any_answer_begins_like_a_formula(rows: list[dict[str, str]]) -> None:
    cells = [cell for line in csv.reader(io.StringIO(csv_text({"results": rows}), newline="")) for cell in line]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))] == []
