"""Whatever JSON is asked, questions beyond Plausible's answer it or refuse it with a sentence and a place."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from query.documents import documents
from query.errors import BadQuestion
from query.flows import flows
from query.funnel import funnel
from query.journeys import journeys
from query.properties import properties
from query.realtime import realtime
from query.retention import retention
from query.site import Goal, Site
from query.vitals import vitals
from store.base import Store
from tests.stores import Opener
from tests.ways import documents as made

KEYS: dict[Any, tuple[str, ...]] = {
    funnel: ("filters", "steps"),
    journeys: ("filters", "at", "before", "after", "events", "by", "limit"),
    flows: ("filters", "page", "limit"),
    retention: ("filters", "interval"),
    realtime: ("filters", "limit"),
    vitals: ("filters", "vitals", "percentiles", "dimensions", "limit"),
    properties: ("filters", "event", "property", "limit"),
    documents: ("filters", "kind", "fields", "limit", "after"),
}
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SITE = Site("a.example", goals=(Goal(1, "Sign up", "event", event="signup"),))

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), 1 << 63) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=5,
)
STEP = ANYTHING | st.sampled_from(
    ["/", "/**", "signup", "Sign up", {"goal": 1}, {"page": "/*"}, {"event": "signup", "properties": {"plan": "pro"}}]
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "date_range": ANYTHING | st.sampled_from(["7d", "day", "all", ["2026-11-01", "2026-11-25"]]),
    "filters": ANYTHING | st.sampled_from([[["is", "event:page", ["/"]]], [["has_done", ["is", "event:goal", ["Sign up"]]]]]),
    "steps": ANYTHING | st.lists(STEP, min_size=2, max_size=4),
    "at": STEP,
    "before": ANYTHING | st.integers(0, 5),
    "after": ANYTHING | st.integers(0, 5),
    "by": ANYTHING | st.sampled_from(["step", "path"]),
    "events": ANYTHING,
    "page": STEP,
    "interval": ANYTHING | st.sampled_from(["day", "week"]),
    "limit": ANYTHING | st.integers(1, 50),
    "vitals": ANYTHING | st.just(["LCP"]),
    "percentiles": ANYTHING | st.lists(st.floats(0, 100), max_size=3),
    "dimensions": ANYTHING | st.lists(st.sampled_from(["event:page", "visit:country_name", "event:props:metric"]), max_size=2),
    "event": ANYTHING | st.sampled_from(["signup", "pageview"]),
    "property": ANYTHING | st.just("plan"),
    "kind": ANYTHING | st.sampled_from(["view", "client", "visit"]),
    "fields": ANYTHING | st.lists(st.text(max_size=8)),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opener = Opener("embedded", "t", tmp_path_factory.mktemp("data"))
    store = opener(write=True)
    store.setup()
    began = round(NOW.timestamp() * 1000) - 600_000
    store.create(list(made(opener, [(1, 0, "/ /pricing signup!plan=pro vitals!LCP=2000", {})], began)))
    store.flush()
    yield store
    opener.close()


@pytest.mark.parametrize("question", KEYS, ids=lambda question: question.__name__)
@how(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_json_is_answered_or_refused(store: Store, question: Any, data: st.DataObject) -> None:
    needed = {"date_range": VALUES["date_range"]} if question is not realtime else {}
    asked = data.draw(ANYTHING | st.fixed_dictionaries(needed, optional={key: VALUES[key] for key in KEYS[question]}))
    answer: Any = None
    told: tuple[Any, ...] = ()
    try:
        answer = question(store, asked, SITE, NOW)
    except BadQuestion as refused:
        told = refused.sentence, refused.place
    if answer is None:
        assert told[0]
        assert isinstance(told[1], str)
    elif question is not documents:
        width = len(answer["query"]["dimensions"]), len(answer["query"]["metrics"])
        assert all((len(row["dimensions"]), len(row["metrics"])) == width for row in answer["results"])


@pytest.mark.parametrize("question", KEYS, ids=lambda question: question.__name__)
def test_an_unknown_key_is_refused_by_name(store: Store, question: Any) -> None:
    with pytest.raises(BadQuestion) as refused:
        question(store, {"date_range": "7d", "metrics": ["visitors"]} if question is not realtime else {"metrics": []}, SITE, NOW)
    assert refused.value.place == "metrics"
