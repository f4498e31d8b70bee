"""Uniques are exact up to 10,000 and within 1 % above, percentiles within 2 %, on all stores."""

import json
from contextlib import ExitStack
from typing import Any

import pytest

from query.ask import ask
from query.vitals import vitals
from store.base import Store
from tests.questions import crowd
from tests.questions.crowd import Crowd
from tests.questions.same import differences
from tests.questions.traffic import NOW
from tests.questions.world import filled

Json = Any
RANGE = ["2026-11-16", "2026-11-20"]
QUESTIONS: list[Json] = [
    {"metrics": ["visitors", "visits", "pageviews", "events"]},
    {"metrics": ["visitors", "visits", "bounce_rate", "visit_duration"], "dimensions": ["visit:source"]},
    {"metrics": ["visitors", "pageviews", "percentage"], "dimensions": ["time:day"]},
    {"metrics": ["visitors"], "dimensions": ["time:hour"]},
    {"metrics": ["visitors", "visits", "pageviews", "events"], "dimensions": ["event:page"]},
    {"metrics": ["visitors", "pageviews", "bounce_rate"], "dimensions": ["event:page"], "pagination": {"limit": 9}},
    {"metrics": ["pageviews", "visitors"], "dimensions": ["event:page"], "pagination": {"limit": 9, "offset": 3}},
    {"metrics": ["visitors"], "dimensions": ["visit:entry_page"], "pagination": {"limit": 9}},
    {"metrics": ["visitors", "visits"], "dimensions": ["visit:exit_page"], "pagination": {"limit": 20}},
    {"metrics": ["visitors", "events"], "dimensions": ["event:name"]},
    {"metrics": ["visitors", "conversion_rate"], "dimensions": ["event:goal"]},
    {
        "metrics": ["visitors", "group_conversion_rate"],
        "dimensions": ["visit:source"],
        "filters": [["is", "event:goal", ["Signup"]]],
    },
    {"metrics": ["visitors"], "filters": [["contains", "event:page", ["/1"]]]},
    {"metrics": ["visits", "bounce_rate"], "filters": [["contains", "event:page", ["/1"]]]},
    {"metrics": ["visitors"], "filters": [["is_not", "event:name", ["signup"]]], "dimensions": ["visit:source"]},
    {"metrics": ["visitors", "visits"], "filters": [["has_done", ["is", "event:name", ["signup"]]]]},
    {"metrics": ["visits", "bounce_rate"], "filters": [["is", "event:page", ["/0", "/1"]], ["is", "event:name", ["signup"]]]},
    {"metrics": ["scroll_depth", "time_on_page"], "dimensions": ["event:page"], "filters": [["contains", "event:page", ["/10"]]]},
]


def test_many_visitors_are_counted_as_exactly_as_is_promised(urls, tmp_path) -> None:
    made = Crowd()
    expected = [made.oracle.answer({**question, "date_range": RANGE}) for question in QUESTIONS]
    wrong: list[str] = []
    with ExitStack() as opened:
        stores = {name: opened.enter_context(filled(url, tmp_path / name, made.documents())) for name, url in urls.items()}
        for name, store in stores.items():
            for question, should in zip(QUESTIONS, expected, strict=True):
                asked = {**question, "date_range": RANGE}
                found = differences(asked, ask(store, asked, crowd.SITE, NOW), should, loose=0.01)
                if found:
                    wrong.append(f"{name} {json.dumps(asked)}: {len(found)} such as {found[:4]}")
            _percentiles(store, made)
    assert not wrong, "\n".join(wrong)


def _percentiles(store: Store, made: Crowd) -> None:
    question = {"vitals": ["LCP", "CLS"], "percentiles": [10, 50, 75, 95], "date_range": RANGE}
    for row in vitals(store, question, crowd.VITALS, NOW)["results"]:
        values = sorted(made.vitals[row["dimensions"][0]])
        for percent, told in zip(question["percentiles"], row["metrics"], strict=False):
            assert told == pytest.approx(values[len(values) * percent // 100], rel=0.02, abs=0.001), row
        assert row["metrics"][4] == len(values), row
