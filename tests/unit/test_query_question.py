"""What can be asked, and what the sentences say of what cannot."""

import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs.build import PAGES
from query import dimensions, filters, metrics
from query.errors import BadQuestion
from query.question import read
from query.site import Goal, Segment, Site

SITE = Site(
    "example.com",
    goals=(Goal(1, "Signup", "event", event="signup"), Goal(2, "Pricing", "page", path="/pricing")),
    segments=(Segment(7, "Germans", [["is", "visit:country", ["DE"]]]), Segment(8, "Itself", [["is", "segment", [8]]])),
)


def question(**more: Any) -> dict[str, Any]:
    return {"site_id": "example.com", "metrics": ["visitors"], "date_range": "7d", **more}


def test_a_question_without_order_is_ordered_as_plausible_orders_it() -> None:
    assert read(question(metrics=["pageviews", "visitors"]), SITE).order_by == (("pageviews", True),)
    by_day = read(question(dimensions=["visit:source", "time:day"]), SITE)
    assert by_day.order_by == (("time:day", False), ("visitors", True))


def test_a_segment_stands_for_its_filters() -> None:
    plain = read(question(filters=[["is", "visit:country", ["DE"]]]), SITE).filters
    [group] = read(question(filters=[["is", "segment", [7]]]), SITE).filters
    assert [(leaf.dimension, leaf.clauses) for leaf in group.parts] == [  # type: ignore[union-attr]
        (leaf.dimension, leaf.clauses)
        for leaf in plain  # type: ignore[union-attr]
    ]


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"metrics": []}, "metrics", "at least one"),
    ({"metrics": ["visitors", "vists"]}, "metrics.1", "metrics are visitors, visits"),
    ({"metrics": ["visitors", "visitors"]}, "metrics.1", "twice"),
    ({"metrics": "visitors"}, "metrics", "list"),
    ({"metric": ["visitors"]}, "metric", "Unknown key"),
    ({"dimensions": ["visit:contry"]}, "dimensions.0", "visit:country"),
    ({"dimensions": ["time", "time:day"]}, "dimensions.1", "one of time"),
    ({"dimensions": ["visit:entry_page_hostname"]}, "dimensions.0", "not recorded"),
    ({"dimensions": [None]}, "dimensions", "list of texts"),
    ({"metrics": ["conversion_rate"]}, "metrics.0", "can only be queried with event:goal filters or dimensions"),
    ({"metrics": ["scroll_depth"]}, "metrics.0", "can only be queried with event:page filters or dimensions"),
    ({"metrics": ["time_on_page"], "dimensions": ["visit:source"]}, "metrics.0", "event:page"),
    ({"metrics": ["percentage"]}, "metrics.0", "with dimensions"),
    ({"metrics": ["views_per_visit"], "filters": [["is", "event:page", ["/"]]]}, "metrics.0", "filter on `event:page`"),
    ({"metrics": ["visitors", "bounce_rate"], "dimensions": ["event:name"]}, "metrics.1", "Session metric(s) `bounce_rate`"),
    ({"metrics": ["pageviews"], "dimensions": ["visit:exit_page"]}, "metrics.0", "Event metric(s) `pageviews`"),
    ({"dimensions": ["visit:exit_page", "event:page"]}, "dimensions", "cannot be queried along"),
    ({"filters": {"is": 1}}, "filters", "list of filters"),
    ({"filters": [["is"]]}, "filters.0", "a filter is a list such as"),
    ({"filters": [["equals", "visit:source", ["a"]]]}, "filters.0", "operators are is, "),
    ({"filters": [[["is"], "visit:source", ["a"]]]}, "filters.0", "operators are is, "),
    ({"filters": [["is", "visit:source", "Google"]]}, "filters.0.2", "list of texts"),
    ({"filters": [["is", "visit:source", ["a"], {"case": 1}]]}, "filters.0.3", "case_sensitive"),
    ({"filters": [["matches", "visit:source", ["a"], {"case_sensitive": False}]]}, "filters.0.3", "pattern operators"),
    ({"filters": [["is", "visit:country", ["Germany"]]]}, "filters.0.2", "2-letter country code"),
    ({"filters": [["is", "time:day", ["2026-11-01"]]]}, "filters.0.1", "filters are of"),
    ({"filters": [["is", "event:goal", ["Sign"]]]}, "filters.0.2", "The goal `Sign` is not configured"),
    ({"filters": [["matches", "event:goal", ["Sign"]]]}, "filters.0.0", "event:goal takes"),
    ({"filters": [["is", "segment", [9]]]}, "filters.0.2", "no segment 9"),
    ({"filters": [["is", "segment", [8]]]}, "filters.0", "nested more than"),
    ({"filters": [["or", []]]}, "filters.0", "at least one filter"),
    ({"filters": [["or", [["is", "visit:os", ["a"]], ["not", ["is", "visit:oss", ["a"]]]]]]}, "filters.0.1.1.1.0.1", "visit:os"),
    ({"filters": [["has_done", ["is", "visit:source", ["a"]]]]}, "filters.0", "only be used with event dimension filters"),
    ({"filters": [["has_done", ["has_not_done", ["is", "event:page", ["/"]]]]]}, "filters.0", "cannot be nested"),
    (
        {
            "metrics": ["conversion_rate"],
            "filters": [["is", "event:goal", ["Signup"]], ["not", ["is", "event:props:plan", ["free"]]]],
        },
        "filters.1.1.0",
        "custom property filters can only be used on top level",
    ),
    ({"order_by": [["pageviews", "desc"]]}, "order_by.0", "not a queried metric or dimension: visitors"),
    ({"order_by": [["visitors", "down"]]}, "order_by.0", "desc"),
    ({"order_by": [[["visitors"], "desc"]]}, "order_by.0", "not a queried metric"),
    ({"include": {"time_labels": True}}, "include.time_labels", "requires a time dimension"),
    ({"include": {"timelabels": True}}, "include.timelabels", "there are"),
    ({"include": {"total_rows": 1}}, "include.total_rows", "true or false"),
    ({"include": {"compare": "last_week"}}, "include.compare", "previous_period, year_over_year"),
    ({"include": {"compare": [1, 2]}}, "include.compare", "date_range"),
    ({"pagination": {"limit": 0}}, "pagination.limit", "1 to 10000"),
    ({"pagination": {"offset": True}}, "pagination.offset", "whole number"),
    ({"pagination": {"page": 2}}, "pagination", "limit"),
]


@pytest.mark.parametrize(("wrong", "place", "sentence"), WRONG, ids=[str(one[0])[:60] for one in WRONG])
def test_an_error_names_its_place_and_what_is_possible(wrong: dict[str, Any], place: str, sentence: str) -> None:
    with pytest.raises(BadQuestion) as error:
        read({**question(), **wrong}, SITE)
    assert error.value.place == place
    assert sentence in error.value.sentence


def test_a_question_needs_metrics_and_a_date_range() -> None:
    for name in ("metrics", "date_range"):
        with pytest.raises(BadQuestion) as error:
            read({key: value for key, value in question().items() if key != name}, SITE)
        assert error.value.place == name


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["is", "or", "not", "has_done", "event:page", "visit:source", "segment", "visitors", "desc"]),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=6), inside, max_size=3),
    max_leaves=12,
)


@given(st.sampled_from(["metrics", "dimensions", "filters", "order_by", "include", "pagination"]), JSON)
def test_any_json_is_a_question_or_a_bad_one(key: str, value: Any) -> None:
    with suppress(BadQuestion):
        read(question(**{key: value}), SITE)


def test_every_metric_dimension_and_operator_is_explained() -> None:
    page = (PAGES / "questions.md").read_text()
    for name in [*metrics.ALL, *dimensions.ALL, *filters.OPPOSITE, "has_done", "has_not_done"]:
        assert re.search(rf"[`\"]{name}[`\"]", page), name
