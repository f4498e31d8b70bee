"""Any document is taken or refused, any search answered or refused, and any query finds what a plain model finds."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.base import BadSearch, Store
from store.columns import converted
from store.mappings import fields, find
from tests.stores import Opener, nest

counter = count()
MOST = settings(max_examples=200, deadline=None)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=8), inside, max_size=4),
    max_leaves=8,
)
event_paths = st.sampled_from(sorted(fields("event")))


@pytest.fixture(scope="module")
def opener(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opener]:
    opener = Opener("embedded", "t", tmp_path_factory.mktemp("store"))
    yield opener
    opener.close()


@pytest.fixture(scope="module")
def writer(opener: Opener) -> Store:
    return opener(write=True)


@MOST
@given(
    flat=st.dictionaries(event_paths, json_values, max_size=6),
    other=st.dictionaries(st.text(max_size=8), json_values, max_size=3),
)
def test_any_document_is_created_or_refused(opener: Opener, writer: Store, flat: dict[str, Any], other: dict[str, Any]) -> None:
    source = {**other, **nest(flat)}
    document = opener.document("event", str(next(counter)), source)
    [one] = writer.create([document])
    assert one.state in ("created", "refused")
    if one.state == "refused":
        assert one.reason.startswith("[")
    [put] = writer.put([document], version=1)
    assert (put.state == "refused") == (one.state == "refused")


bodies = st.dictionaries(
    st.sampled_from(["query", "size", "from", "sort", "search_after", "_source", "aggs", "other"]), json_values, max_size=4
)


@MOST
@given(body=bodies)
def test_any_search_is_answered_or_refused(writer: Store, body: dict[str, Any]) -> None:
    with suppress(BadSearch):
        assert writer.search("event", body)["hits"]["total"]["value"] >= 0


# --- queries against a plain model

NAMES = ["", "a", "ab", "b"]
NUMBERS = [-1, 0, 1, 2]
PLANS = ["free", "pro"]
documents = st.fixed_dictionaries(
    {},
    optional={
        "event.name": st.sampled_from(NAMES) | st.lists(st.sampled_from(NAMES), max_size=3),
        "event.number": st.sampled_from([-1.0, 0.0, 0.5, 2.0]),
        "client.num": st.sampled_from(NUMBERS),
        "event.data": st.dictionaries(st.just("plan"), st.sampled_from(PLANS), max_size=1),
    },
)
bounds = st.dictionaries(st.sampled_from(["gt", "gte", "lt", "lte"]), st.sampled_from(NUMBERS), max_size=2).filter(
    lambda found: not ({"gt", "gte"} <= found.keys() or {"lt", "lte"} <= found.keys())
)
leaves = (
    st.just({"match_all": {}})
    | st.sampled_from(NAMES).map(lambda name: {"term": {"event.name": name}})
    | st.sampled_from(PLANS).map(lambda plan: {"term": {"event.data.plan": plan}})
    | st.sampled_from(NUMBERS).map(lambda number: {"term": {"client.num": number}})
    | st.lists(st.sampled_from(NAMES), max_size=3).map(lambda names: {"terms": {"event.name": names}})
    | st.sampled_from(NAMES).map(lambda name: {"prefix": {"event.name": name}})
    | st.sampled_from(["event.name", "client.num", "event.data.plan", "event.number"]).map(
        lambda name: {"exists": {"field": name}}
    )
    | st.builds(lambda name, found: {"range": {name: found}}, st.sampled_from(["client.num", "event.number"]), bounds)
)


def of_clauses(inside: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    clauses = st.dictionaries(st.sampled_from(["must", "filter", "should", "must_not"]), st.lists(inside, max_size=3), max_size=4)
    return clauses.map(lambda found: {"bool": found}) | st.lists(inside, min_size=1, max_size=3).flatmap(
        lambda should: st.integers(1, len(should)).map(lambda least: {"bool": {"should": should, "minimum_should_match": least}})
    )


queries = st.recursive(leaves, of_clauses, max_leaves=8)


def values(flat: Mapping[str, Any], path: str) -> list[Any]:
    if path == "event.data.plan":
        return list(flat.get("event.data", {}).values())
    value = flat.get(path, [])
    return value if isinstance(value, list) else [value]


def matches(query: Mapping[str, Any], flat: Mapping[str, Any]) -> bool:
    [(name, inside)] = query.items()
    if name == "match_all":
        return True
    if name == "exists":
        return bool(values(flat, inside["field"]))
    if name == "bool":
        must = [matches(one, flat) for one in (*inside.get("must", []), *inside.get("filter", []))]
        should = [matches(one, flat) for one in inside.get("should", [])]
        least = inside.get("minimum_should_match", 1 if should and not must else 0)
        return all(must) and sum(should) >= least and not any(matches(one, flat) for one in inside.get("must_not", []))
    [(path, wanted)] = inside.items()
    found = values(flat, path)
    if name == "term":
        return wanted in found
    if name == "terms":
        return any(one in found for one in wanted)
    if name == "prefix":
        return any(one.startswith(wanted) for one in found)
    tests = {"gt": "__gt__", "gte": "__ge__", "lt": "__lt__", "lte": "__le__"}
    return any(all(getattr(float(one), tests[bound])(limit) for bound, limit in wanted.items()) for one in found)


@settings(max_examples=60, deadline=None)
@given(sources=st.lists(documents, max_size=12), asked=st.lists(queries, min_size=1, max_size=8), cut=st.integers(0, 12))
def test_a_query_finds_what_a_plain_model_finds(
    tmp_path_factory: pytest.TempPathFactory, sources: list[dict[str, Any]], asked: list[dict[str, Any]], cut: int
) -> None:
    opener = Opener("embedded", "t", tmp_path_factory.mktemp("model"))
    store = opener(write=True)
    events = [opener.document("event", str(n), nest(flat)) for n, flat in enumerate(sources)]
    for part in (events[:cut], events[cut:]):
        store.create(part)
        store.refresh()
    for query in asked:
        hits = store.search("event", {"query": query, "size": 100})["hits"]["hits"]
        assert {hit["_id"] for hit in hits} == {str(n) for n, flat in enumerate(sources) if matches(query, flat)}
    opener.close()


def test_a_date_is_read_as_elasticsearch_reads_it() -> None:
    timestamp = find("event", "@timestamp")
    assert timestamp
    for text, ms in {
        "1970-01-01T00:00:00.000Z": 0,
        "2026-11-25T12:00:00.001Z": 1_795_608_000_001,
        "2026-11-25T13:00:00+01:00": 1_795_608_000_000,
        "2026-11-25": 1_795_564_800_000,
        "1969-12-31T23:59:59.999Z": -1,
    }.items():
        assert converted(timestamp, text) == ms


def test_a_reader_needs_no_folder(tmp_path: Path) -> None:
    opener = Opener("embedded", "t", tmp_path / "not" / "there")
    assert opener().count("view") == 0
    assert not (tmp_path / "not").exists()
