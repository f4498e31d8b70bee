"""Every query and aggregation of the subset (store/subset.py) has the same answer on the embedded store and on Elasticsearch."""

from collections.abc import Iterator
from typing import Any

import pytest

from store.base import BadSearch, Store
from tests.conftest import own_prefix
from tests.stores import STORES, Opener, nest

Json = dict[str, Any]
T0 = 1_795_608_000_000  # 2026-11-25T12:00:00Z
MINUTE = 60_000

#: id: minutes after T0, event.name, client.num, event.number, country, event.data
EVENTS: dict[str, tuple[float, str, int, float | None, str | None, Json]] = {
    "a": (0, "signup", 11, 1.5, "DE", {"plan": "free", "step": "1"}),
    "b": (1, "signup", 12, 2.5, "DE", {"plan": "pro"}),
    "c": (2, "signup", 11, None, "FR", {"plan": "pro", "cart.items": "3"}),
    "d": (59.999, "buy", 13, 40.0, "FR", {"cart.items": "3"}),
    "e": (60, "buy", 13, -2.0, None, {}),
    "f": (61, "buy", 14, 7.0, "AT", {"plan": "free"}),
    "g": (180, "scroll", 15, 0.0, "AT", {}),
    "h": (181, "", 9_000_000_000_000_000_001, None, None, {"plan": "7"}),
    "i": (24 * 60, "Signup", 16, 100.25, "de", {}),
}
#: id: visit.pages, visit.views, visit.duration_seconds
VISITS: dict[str, tuple[list[str], int, float]] = {
    "v1": (["/", "/pricing", "/docs"], 3, 60.0),
    "v2": (["/"], 1, 0.0),
    "v3": (["/docs", "/docs/a"], 2, 30.0),
    "v4": ([], 0, 1.0),
}


@pytest.fixture(scope="module", params=STORES)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    url = "embedded" if request.param == "embedded" else request.getfixturevalue(request.param)
    with own_prefix([] if url == "embedded" else [url]) as prefix:
        opener = Opener(url, prefix, tmp_path_factory.mktemp("data"))
        store = opener(write=True)
        store.setup()
        for n, (id_, (minutes, name, num, number, country, data)) in enumerate(EVENTS.items()):
            flat: Json = {
                "@timestamp": T0 + round(minutes * MINUTE),
                "event.name": name,
                "client.num": num,
                "client.part": num % 64,
            }
            flat |= {"event.number": number, "event.data": data, "client.geo.country_iso_code": country}
            store.create(
                [
                    opener.document(
                        "event", id_, nest({k: v for k, v in flat.items() if v not in (None, {})}), f"2026.{n % 2 + 10}"
                    )
                ]
            )
            store.flush()
            store.refresh()  # so that the embedded store has several segments
        for id_, (pages, views, seconds) in VISITS.items():
            flat = {"@timestamp": T0, "visit.pages": pages, "visit.views": views, "visit.duration_seconds": seconds}
            store.create([opener.document("visit", id_, nest(flat))])
        many = [
            opener.document(
                "view",
                f"{n:04}",
                nest({"@timestamp": T0 + n, "url.path": f"/{n % 700}", "client.num": n, "view.engaged_seconds": n / 10}),
            )
            for n in range(3000)
        ]
        store.create(many)
        store.flush()
        store.refresh()
        yield store
        opener.close()


def ids(answer: Json) -> str:
    return "".join(hit["_id"] for hit in answer["hits"]["hits"])


def at(minutes: float) -> int:
    return T0 + round(minutes * MINUTE)


NAME, NUMBER, NUM, PLAN, COUNTRY = "event.name", "event.number", "client.num", "event.data.plan", "client.geo.country_iso_code"
SIGNUP, BUY, DE = {"term": {NAME: "signup"}}, {"term": {NAME: "buy"}}, {"term": {COUNTRY: "DE"}}

QUERIES: list[tuple[Json, str]] = [
    ({"match_all": {}}, "abcdefghi"),
    ({"match_none": {}}, ""),
    (SIGNUP, "abc"),
    ({"term": {NAME: ""}}, "h"),
    ({"term": {NAME: "sign"}}, ""),
    ({"term": {NUM: 13}}, "de"),
    ({"term": {NUM: 9_000_000_000_000_000_001}}, "h"),
    ({"term": {NUM: 9_000_000_000_000_000_000}}, ""),
    ({"term": {NUMBER: 7}}, "f"),
    ({"term": {NUMBER: 1.5}}, "a"),
    ({"term": {"@timestamp": at(59.999)}}, "d"),
    ({"term": {PLAN: "pro"}}, "bc"),
    ({"term": {PLAN: "7"}}, "h"),
    ({"term": {"event.data.cart.items": "3"}}, "cd"),
    ({"term": {"event.data.cart": "3"}}, ""),
    ({"term": {"event.data.nothing": "3"}}, ""),
    ({"term": {"_id": "c"}}, "c"),
    ({"terms": {NAME: ["buy", "scroll", "nothing"]}}, "defg"),
    ({"terms": {NAME: []}}, ""),
    ({"terms": {NUM: [11, 14]}}, "acf"),
    ({"terms": {NUMBER: [1.5, 0]}}, "ag"),
    ({"terms": {PLAN: ["free", "7"]}}, "afh"),
    ({"range": {"@timestamp": {"gte": at(1), "lt": at(60)}}}, "bcd"),
    ({"range": {"@timestamp": {"gt": at(1), "lte": at(60)}}}, "cde"),
    ({"range": {"@timestamp": {"gte": at(180)}}}, "ghi"),
    ({"range": {NUMBER: {"lt": 1.5}}}, "eg"),
    ({"range": {NUMBER: {"lte": 1.5, "gt": -2}}}, "ag"),
    ({"range": {NUMBER: {}}}, "abdefgi"),
    ({"range": {NUM: {"gt": 12, "lt": 16}}}, "defg"),
    ({"range": {NUM: {"gte": 16, "lte": 13}}}, ""),
    ({"prefix": {NAME: "s"}}, "abcg"),
    ({"prefix": {NAME: ""}}, "abcdefghi"),
    ({"prefix": {PLAN: "pr"}}, "bc"),
    ({"exists": {"field": NUMBER}}, "abdefgi"),
    ({"exists": {"field": COUNTRY}}, "abcdfgi"),
    ({"exists": {"field": PLAN}}, "abcfh"),
    ({"exists": {"field": "event.data"}}, "abcdfh"),
    ({"exists": {"field": "event.value"}}, ""),
    ({"ids": {"values": ["a", "i", "z"]}}, "ai"),
    ({"bool": {}}, "abcdefghi"),
    ({"bool": {"must": [SIGNUP, DE]}}, "ab"),
    ({"bool": {"filter": SIGNUP, "must": [DE]}}, "ab"),
    ({"bool": {"should": [BUY, DE]}}, "abdef"),
    ({"bool": {"should": [SIGNUP, DE], "minimum_should_match": 2}}, "ab"),
    ({"bool": {"should": [BUY, DE], "filter": [SIGNUP]}}, "abc"),
    ({"bool": {"should": [BUY, DE], "filter": [SIGNUP], "minimum_should_match": 1}}, "ab"),
    ({"bool": {"must_not": [SIGNUP, DE]}}, "defghi"),
    ({"bool": {"must_not": SIGNUP, "should": [BUY, SIGNUP]}}, "def"),
    ({"bool": {"filter": [{"bool": {"should": [SIGNUP, BUY]}}, {"bool": {"must_not": {"exists": {"field": NUMBER}}}}]}}, "c"),
]


@pytest.mark.parametrize(("query", "expected"), QUERIES, ids=lambda case: str(case)[:60])
def test_a_query_finds(store: Store, query: Json, expected: str) -> None:
    answer = store.search("event", {"query": query, "sort": [{"@timestamp": "asc"}], "_source": False})
    assert ids(answer) == expected
    assert answer["hits"]["total"] == {"value": len(expected), "relation": "eq"}
    assert store.count("event", query) == len(expected)
    assert "".join(hit["_id"] for hit in store.scan("event", query)) == expected


SORTS: list[tuple[Json, str]] = [
    ({"sort": [{"@timestamp": "desc"}]}, "ihgfedcba"),
    ({"sort": [{NUM: "asc"}, {"@timestamp": "desc"}]}, "cabedfgih"),
    ({"sort": [{NUMBER: "asc"}, {"@timestamp": "asc"}]}, "egabfdich"),
    ({"sort": [{NUMBER: "desc"}, {"@timestamp": "desc"}]}, "idfbagehc"),
    ({"sort": [{NAME: "asc"}, {NUMBER: "desc"}]}, "hidfegbac"),
    ({"sort": [{NAME: "desc"}, {"@timestamp": "asc"}]}, "abcgdefih"),
    ({"sort": [{COUNTRY: "asc"}, {"@timestamp": "asc"}]}, "fgabcdieh"),
    ({"sort": [{COUNTRY: "desc"}, {NUM: "desc"}, {"@timestamp": "asc"}]}, "idcbagfhe"),
    ({"sort": [{"@timestamp": "asc"}], "size": 3}, "abc"),
    ({"sort": [{"@timestamp": "asc"}], "size": 3, "from": 4}, "efg"),
    ({"sort": [{"@timestamp": "asc"}], "size": 0}, ""),
    ({"sort": [{NAME: "asc"}, {"@timestamp": "asc"}], "size": 2, "from": 3}, "ef"),
    ({"sort": [{"@timestamp": "asc"}], "search_after": [at(60)]}, "fghi"),
    ({"sort": [{"@timestamp": "desc"}], "search_after": [at(60)], "size": 2}, "dc"),
    ({"sort": [{NUMBER: "asc"}, {"@timestamp": "asc"}], "search_after": [7.0, at(61)]}, "dich"),
    ({"sort": [{NUMBER: "desc"}, {"@timestamp": "asc"}], "search_after": [2.5, at(0)], "size": 3}, "bag"),
    ({"sort": [{NUM: "asc"}, {"@timestamp": "asc"}], "search_after": [11, at(0)], "size": 4}, "cbde"),
    ({"sort": [{"@timestamp": "asc"}], "query": BUY, "size": 2}, "de"),
]


@pytest.mark.parametrize(("body", "expected"), SORTS, ids=lambda case: str(case)[:80])
def test_hits_come_in_order(store: Store, body: Json, expected: str) -> None:
    assert ids(store.search("event", body)) == expected


def test_the_values_that_hits_are_sorted_by_lead_to_the_next_page(store: Store) -> None:
    seen, body = "", {"size": 2, "sort": [{NUMBER: "desc"}, {"@timestamp": "asc"}]}
    while hits := store.search("event", body)["hits"]["hits"]:
        seen += "".join(hit["_id"] for hit in hits)
        body["search_after"] = hits[-1]["sort"]
    assert seen == "idfbagech"


def test_ten_hits_are_given_when_no_number_is_asked(store: Store) -> None:
    assert len(store.search("view", {})["hits"]["hits"]) == 10
    assert store.search("view", {})["hits"]["total"]["value"] == 3000


def test_the_source_comes_as_it_is_wanted(store: Store) -> None:
    def source(wanted: Any) -> Any:
        [hit] = store.search("event", {"query": {"ids": {"values": ["b"]}}, "_source": wanted})["hits"]["hits"]
        return hit.get("_source")

    whole = {
        "@timestamp": at(1),
        "event": {"name": "signup", "number": 2.5, "data": {"plan": "pro"}},
        "client": {"num": 12, "part": 12, "geo": {"country_iso_code": "DE"}},
    }
    assert source(True) == whole
    assert source(False) is None
    assert source(["event.name", "client.geo"]) == {"event": {"name": "signup"}, "client": {"geo": {"country_iso_code": "DE"}}}
    assert source(["event"]) == {"event": whole["event"]}
    assert source(["event.nam"]) == {}


def buckets(*counted: tuple[Any, int], others: int = 0) -> Json:
    return {"sum_other_doc_count": others, "buckets": [{"key": key, "doc_count": count} for key, count in counted]}


AGGS: dict[str, tuple[str, Json, Json]] = {
    "terms by count, ties by key": (
        "event",
        {"terms": {"field": NAME}},
        buckets(("buy", 3), ("signup", 3), ("", 1), ("Signup", 1), ("scroll", 1)),
    ),
    "terms: the first": ("event", {"terms": {"field": NAME, "size": 2}}, buckets(("buy", 3), ("signup", 3), others=3)),
    "terms by key": (
        "event",
        {"terms": {"field": NAME, "order": {"_key": "desc"}, "size": 3}},
        buckets(("signup", 3), ("scroll", 1), ("buy", 3), others=2),
    ),
    "terms, rarest first": ("event", {"terms": {"field": NAME, "order": {"_count": "asc"}, "size": 2}}, None),
    "terms with the missing": (
        "event",
        {"terms": {"field": COUNTRY, "missing": "(none)"}},
        buckets(("(none)", 2), ("AT", 2), ("DE", 2), ("FR", 2), ("de", 1)),
    ),
    "terms with the missing and numbers below": (
        "event",
        {"terms": {"field": COUNTRY, "missing": "-", "size": 3}, "aggs": {"n": {"sum": {"field": NUMBER}}}},
        {
            "sum_other_doc_count": 3,
            "buckets": [
                {"key": "-", "doc_count": 2, "n": {"value": -2.0}},
                {"key": "AT", "doc_count": 2, "n": {"value": 7.0}},
                {"key": "DE", "doc_count": 2, "n": {"value": 4.0}},
            ],
        },
    ),
    "terms without the missing": (
        "event",
        {"terms": {"field": COUNTRY, "size": 3}},
        buckets(("AT", 2), ("DE", 2), ("FR", 2), others=1),
    ),
    "terms, some": ("event", {"terms": {"field": NAME, "include": ["buy", "scroll", "x"]}}, buckets(("buy", 3), ("scroll", 1))),
    "terms, not some": (
        "event",
        {"terms": {"field": NAME, "exclude": ["buy", ""]}},
        buckets(("signup", 3), ("Signup", 1), ("scroll", 1)),
    ),
    "terms, the frequent": ("event", {"terms": {"field": NAME, "min_doc_count": 2}}, buckets(("buy", 3), ("signup", 3))),
    "terms of whole numbers": (
        "event",
        {"terms": {"field": NUM, "size": 3}},
        buckets((11, 2), (13, 2), (12, 1), others=4),
    ),
    "terms of whole numbers with the missing": (
        "event",
        {"terms": {"field": NUMBER, "missing": 0, "size": 2}},
        buckets((0, 3), (-2, 1), others=5),
    ),
    "terms of a key": ("event", {"terms": {"field": PLAN}}, buckets(("free", 2), ("pro", 2), ("7", 1))),
    "terms of a key with the missing": (
        "event",
        {"terms": {"field": PLAN, "missing": "(none)"}},
        buckets(("(none)", 4), ("free", 2), ("pro", 2), ("7", 1)),
    ),
    "terms of indices": ("event", {"terms": {"field": "event.data.cart.items"}}, buckets(("3", 2))),
    "terms of dates": ("event", {"terms": {"field": "@timestamp", "size": 1}}, buckets((T0, 1), others=8)),
    "terms of arrays": (
        "visit",
        {"terms": {"field": "visit.pages"}},
        buckets(("/", 2), ("/docs", 2), ("/docs/a", 1), ("/pricing", 1)),
    ),
    "terms of nothing": ("event", {"terms": {"field": "event.value"}}, buckets()),
    "terms by a number below": (
        "event",
        {"terms": {"field": NAME, "order": {"most": "desc"}, "size": 3}, "aggs": {"most": {"max": {"field": NUMBER}}}},
        {
            "sum_other_doc_count": 2,
            "buckets": [
                {"key": "Signup", "doc_count": 1, "most": {"value": 100.25}},
                {"key": "buy", "doc_count": 3, "most": {"value": 40.0}},
                {"key": "signup", "doc_count": 3, "most": {"value": 2.5}},
            ],
        },
    ),
    "terms by uniques, ties by key": (
        "event",
        {"terms": {"field": NAME, "order": {"who": "desc"}, "size": 4}, "aggs": {"who": {"cardinality": {"field": NUM}}}},
        {
            "sum_other_doc_count": 1,
            "buckets": [
                {"key": "buy", "doc_count": 3, "who": {"value": 2}},
                {"key": "signup", "doc_count": 3, "who": {"value": 2}},
                {"key": "", "doc_count": 1, "who": {"value": 1}},
                {"key": "Signup", "doc_count": 1, "who": {"value": 1}},
            ],
        },
    ),
    "terms by a part of stats": (
        "event",
        {
            "terms": {"field": NAME, "order": {"n.sum": "asc"}, "size": 2, "exclude": [""]},
            "aggs": {"n": {"stats": {"field": NUMBER}}},
        },
        {
            "sum_other_doc_count": 4,
            "buckets": [
                {"key": "scroll", "doc_count": 1, "n": {"count": 1, "min": 0.0, "max": 0.0, "avg": 0.0, "sum": 0.0}},
                {"key": "signup", "doc_count": 3, "n": {"count": 2, "min": 1.5, "max": 2.5, "avg": 2.0, "sum": 4.0}},
            ],
        },
    ),
    "terms below terms": (
        "event",
        {"terms": {"field": NAME, "size": 2}, "aggs": {"c": {"terms": {"field": COUNTRY, "missing": "-"}}}},
        {
            "sum_other_doc_count": 3,
            "buckets": [
                {"key": "buy", "doc_count": 3, "c": buckets(("-", 1), ("AT", 1), ("FR", 1))},
                {"key": "signup", "doc_count": 3, "c": buckets(("DE", 2), ("FR", 1))},
            ],
        },
    ),
    "700 terms of 3,000 by uniques": (
        "view",
        {"terms": {"field": "url.path", "order": {"who": "desc"}, "size": 3}, "aggs": {"who": {"cardinality": {"field": NUM}}}},
        {
            "sum_other_doc_count": 2985,
            "buckets": [{"key": key, "doc_count": 5, "who": {"value": 5}} for key in ("/0", "/1", "/10")],
        },
    ),
    "a histogram of dates": (
        "event",
        {"date_histogram": {"field": "@timestamp", "fixed_interval": "1h", "min_doc_count": 1}},
        {"buckets": [{"key": at(60 * h), "doc_count": n} for h, n in ((0, 4), (1, 2), (3, 2), (24, 1))]},
    ),
    "a histogram of dates with its gaps": (
        "event",
        {"date_histogram": {"field": "@timestamp", "fixed_interval": "6h"}, "aggs": {"n": {"sum": {"field": NUMBER}}}},
        {
            "buckets": [
                {"key": at(360 * i), "doc_count": n, "n": {"value": total}}
                for i, (n, total) in enumerate(((8, 49.0), (0, 0.0), (0, 0.0), (0, 0.0), (1, 100.25)))
            ]
        },
    ),
    "ranges of dates": (
        "event",
        {
            "range": {
                "field": "@timestamp",
                "ranges": [
                    {"key": "all", "from": 0},
                    {"key": "second hour", "from": at(60), "to": at(120)},
                    {"key": "first hour", "from": at(0), "to": at(60)},
                    {"key": "before", "to": at(0)},
                    {"key": "none", "from": at(500), "to": at(501)},
                ],
            },
            "aggs": {"who": {"cardinality": {"field": NUM}}},
        },
        {
            "buckets": [
                {"key": "before", "to": float(at(0)), "doc_count": 0, "who": {"value": 0}},
                {"key": "all", "from": 0.0, "doc_count": 9, "who": {"value": 7}},
                {"key": "first hour", "from": float(at(0)), "to": float(at(60)), "doc_count": 4, "who": {"value": 3}},
                {"key": "second hour", "from": float(at(60)), "to": float(at(120)), "doc_count": 2, "who": {"value": 2}},
                {"key": "none", "from": float(at(500)), "to": float(at(501)), "doc_count": 0, "who": {"value": 0}},
            ]
        },
    ),
    "ranges of numbers": (
        "event",
        {"range": {"field": NUMBER, "ranges": [{"key": "low", "to": 2.5}, {"key": "high", "from": 2.5}]}},
        {"buckets": [{"key": "low", "to": 2.5, "doc_count": 3}, {"key": "high", "from": 2.5, "doc_count": 4}]},
    ),
    "a filter": ("event", {"filter": SIGNUP, "aggs": {"n": {"avg": {"field": NUMBER}}}}, {"doc_count": 3, "n": {"value": 2.0}}),
    "a filter that nothing passes": (
        "event",
        {"filter": {"match_none": {}}, "aggs": {"n": {"avg": {"field": NUMBER}}, "t": {"terms": {"field": NAME}}}},
        {"doc_count": 0, "n": {"value": None}, "t": buckets()},
    ),
    "filters": (
        "event",
        {"filters": {"filters": {"s": SIGNUP, "x": {"term": {NAME: "x"}}}}, "aggs": {"who": {"cardinality": {"field": NUM}}}},
        {"buckets": {"s": {"doc_count": 3, "who": {"value": 2}}, "x": {"doc_count": 0, "who": {"value": 0}}}},
    ),
    "a filter below terms": (
        "event",
        {"terms": {"field": NAME, "size": 3}, "aggs": {"de": {"filter": DE, "aggs": {"n": {"max": {"field": NUMBER}}}}}},
        {
            "sum_other_doc_count": 2,
            "buckets": [
                {"key": "buy", "doc_count": 3, "de": {"doc_count": 0, "n": {"value": None}}},
                {"key": "signup", "doc_count": 3, "de": {"doc_count": 2, "n": {"value": 2.5}}},
                {"key": "", "doc_count": 1, "de": {"doc_count": 0, "n": {"value": None}}},
            ],
        },
    ),
    "filters below ranges below terms with the missing": (
        "event",
        {
            "terms": {"field": COUNTRY, "missing": "-", "size": 3},
            "aggs": {
                "r": {
                    "range": {"field": "@timestamp", "ranges": [{"key": "x", "from": at(0), "to": at(61)}]},
                    "aggs": {"f": {"filters": {"filters": {"buy": BUY, "signup": SIGNUP}}}},
                }
            },
        },
        {
            "sum_other_doc_count": 3,
            "buckets": [
                {
                    "key": key,
                    "doc_count": count,
                    "r": {
                        "buckets": [
                            {
                                "key": "x",
                                "from": float(at(0)),
                                "to": float(at(61)),
                                "doc_count": in_range,
                                "f": {"buckets": {"buy": {"doc_count": buy}, "signup": {"doc_count": signup}}},
                            }
                        ]
                    },
                }
                for key, count, in_range, buy, signup in (("-", 2, 1, 1, 0), ("AT", 2, 0, 0, 0), ("DE", 2, 2, 0, 2))
            ],
        },
    ),
    "a filter below a filter below a histogram": (
        "event",
        {
            "date_histogram": {"field": "@timestamp", "fixed_interval": "12h"},
            "aggs": {"s": {"filter": SIGNUP, "aggs": {"pro": {"filter": {"term": {PLAN: "pro"}}}}}},
        },
        {
            "buckets": [
                {"key": at(0), "doc_count": 8, "s": {"doc_count": 3, "pro": {"doc_count": 2}}},
                {"key": at(720), "doc_count": 0, "s": {"doc_count": 0, "pro": {"doc_count": 0}}},
                {"key": at(1440), "doc_count": 1, "s": {"doc_count": 0, "pro": {"doc_count": 0}}},
            ]
        },
    ),
    "composite": (
        "event",
        {
            "composite": {
                "size": 3,
                "sources": [{"name": {"terms": {"field": NAME, "order": "desc"}}}, {"who": {"terms": {"field": NUM}}}],
                "after": {"name": "signup", "who": 11},
            },
            "aggs": {"n": {"sum": {"field": NUMBER}}, "de": {"filter": DE}},
        },
        {
            "after_key": {"name": "buy", "who": 13},
            "buckets": [
                {"key": {"name": "signup", "who": 12}, "doc_count": 1, "n": {"value": 2.5}, "de": {"doc_count": 1}},
                {"key": {"name": "scroll", "who": 15}, "doc_count": 1, "n": {"value": 0.0}, "de": {"doc_count": 0}},
                {"key": {"name": "buy", "who": 13}, "doc_count": 2, "n": {"value": 38.0}, "de": {"doc_count": 0}},
            ],
        },
    ),
    "composite with the missing and hours": (
        "event",
        {
            "composite": {
                "size": 4,
                "sources": [
                    {"c": {"terms": {"field": COUNTRY, "missing_bucket": True}}},
                    {"h": {"date_histogram": {"field": "@timestamp", "fixed_interval": "1h"}}},
                ],
                "after": {"c": None, "h": at(60)},
            }
        },
        {
            "after_key": {"c": "DE", "h": at(0)},
            "buckets": [
                {"key": {"c": None, "h": at(180)}, "doc_count": 1},
                {"key": {"c": "AT", "h": at(60)}, "doc_count": 1},
                {"key": {"c": "AT", "h": at(180)}, "doc_count": 1},
                {"key": {"c": "DE", "h": at(0)}, "doc_count": 2},
            ],
        },
    ),
    "composite at its end": (
        "event",
        {"composite": {"size": 5, "sources": [{"n": {"terms": {"field": NUMBER}}}], "after": {"n": 100.25}}},
        {"buckets": []},
    ),
    "avg": ("event", {"avg": {"field": NUMBER}}, {"value": 149.25 / 7}),
    "min": ("event", {"min": {"field": NUMBER}}, {"value": -2.0}),
    "max": ("event", {"max": {"field": "@timestamp"}}, {"value": float(at(1440))}),
    "sum": ("visit", {"sum": {"field": "visit.views"}}, {"value": 6.0}),
    "stats": (
        "visit",
        {"stats": {"field": "visit.duration_seconds"}},
        {"count": 4, "min": 0.0, "max": 60.0, "avg": 22.75, "sum": 91.0},
    ),
    "value_count": ("event", {"value_count": {"field": COUNTRY}}, {"value": 7}),
    "value_count of a key": ("event", {"value_count": {"field": PLAN}}, {"value": 5}),
    "cardinality of texts": ("event", {"cardinality": {"field": NAME}}, {"value": 5}),
    "cardinality of numbers": ("event", {"cardinality": {"field": NUM, "precision_threshold": 100}}, {"value": 7}),
    "cardinality of a key": ("event", {"cardinality": {"field": PLAN}}, {"value": 3}),
    "percentiles of nothing": (
        "event",
        {"percentiles": {"field": "revenue.amount", "percents": [50]}},
        {"values": {"50.0": None}},
    ),
}
AGGS["terms, rarest first"] = (*AGGS["terms, rarest first"][:2], buckets(("", 1), ("Signup", 1), others=7))


def plain(told: Any) -> Any:
    """Without what only Elasticsearch tells, and only for people or of shards."""
    if isinstance(told, dict):
        return {name: plain(value) for name, value in told.items() if not name.endswith(("_as_string", "_upper_bound"))}
    return [plain(one) for one in told] if isinstance(told, list) else told


@pytest.mark.parametrize("name", AGGS)
def test_an_aggregation_answers(store: Store, name: str) -> None:
    kind, agg, expected = AGGS[name]
    answer = store.search(kind, {"size": 0, "aggs": {"it": agg}})
    assert plain(answer["aggregations"]["it"]) == expected
    assert answer["hits"]["total"]["value"] == {"event": 9, "visit": 4, "view": 3000}[kind]


def test_aggregations_count_what_the_query_finds(store: Store) -> None:
    body = {
        "query": BUY,
        "size": 1,
        "sort": [{"@timestamp": "asc"}],
        "aggs": {"c": {"terms": {"field": COUNTRY}}, "n": {"sum": {"field": NUMBER}}},
    }
    answer = store.search("event", body)
    assert ids(answer) == "d"
    assert plain(answer["aggregations"]) == {"c": buckets(("AT", 1), ("FR", 1)), "n": {"value": 45.0}}


def test_hits_need_not_be_counted(store: Store) -> None:
    aggs = {"n": {"value_count": {"field": "@timestamp"}}}
    answer = store.search("event", {"size": 0, "track_total_hits": False, "aggs": aggs})
    assert "total" not in answer["hits"]
    assert answer["aggregations"]["n"]["value"] == len(EVENTS)


def test_terms_that_are_asked_for_by_name_hold_what_is_below_them(store: Store) -> None:
    terms = {"field": "event.name", "include": ["signup", "buy", "nothing"], "size": 3}
    answer = store.search(
        "event", {"size": 0, "aggs": {"it": {"terms": terms, "aggs": {"n": {"sum": {"field": "event.number"}}}}}}
    )
    found = {bucket["key"]: (bucket["doc_count"], bucket["n"]["value"]) for bucket in answer["aggregations"]["it"]["buckets"]}
    assert found == {"signup": (3, 4.0), "buy": (3, 45.0)}


def test_percentiles_are_right_within_two_percent(store: Store) -> None:
    aggs = {"p": {"percentiles": {"field": "view.engaged_seconds", "percents": [10, 50, 90, 99.5]}}}
    values = store.search("view", {"size": 0, "aggs": aggs})["aggregations"]["p"]["values"]
    assert values == pytest.approx({"10.0": 30, "50.0": 150, "90.0": 270, "99.5": 298.5}, rel=0.02)


def test_uniques_by_parts_of_a_small_set_are_exact(store: Store) -> None:
    aggs = {"who": {"cardinality": {"field": NUM, "precision_threshold": 40_000}}}
    body = {"size": 0, "query": {"range": {NUM: {"lt": 150}}}, "aggs": aggs}
    assert store.search("view", body)["aggregations"]["who"]["value"] == 150


def test_every_bucket_of_a_composite_comes_once(store: Store) -> None:
    composite: Json = {"size": 99, "sources": [{"p": {"terms": {"field": "url.path"}}}]}
    seen: list[tuple[str, int]] = []
    while page := store.search("view", {"size": 0, "aggs": {"it": {"composite": composite}}})["aggregations"]["it"]:
        if not page["buckets"]:
            break
        seen += [(bucket["key"]["p"], bucket["doc_count"]) for bucket in page["buckets"]]
        composite["after"] = page["after_key"]
    assert seen == sorted((f"/{n}", 5 if n < 200 else 4) for n in range(700))


WRONG: list[tuple[Json, str]] = [
    ({"qurey": {}}, "search.qurey"),
    ({"size": 10_001}, "size"),
    ({"size": -1}, "size"),
    ({"from": 9_995}, "from"),
    ({"_source": ["event.*"]}, "_source"),
    ({"track_total_hits": 10}, "track_total_hits"),
    ({"query": {}}, "query"),
    ({"query": {"match": {NAME: "a"}}}, "query.match"),
    ({"query": {"term": {"event.nam": "a"}}}, "query.term"),
    ({"query": {"term": {"hit.receipt": "a"}}}, "query.term"),
    ({"query": {"term": {NAME: {"value": "a"}}}}, "query.term.event.name"),
    ({"query": {"term": {NAME: 7}}}, "query.term.event.name"),
    ({"query": {"term": {NAME: "\ud83d"}}}, "query.term.event.name"),
    ({"query": {"term": {NUM: "7"}}}, "query.term.client.num"),
    ({"query": {"term": {NUM: True}}}, "query.term.client.num"),
    ({"query": {"term": {NUM: 2**63}}}, "query.term.client.num"),
    ({"query": {"term": {"event.data": "7"}}}, "query.term.event.data"),
    ({"query": {"terms": {NAME: "abc"}}}, "query.terms.event.name"),
    ({"query": {"range": {NAME: {"gte": "a"}}}}, "query.range"),
    ({"query": {"range": {"@timestamp": {"gte": "now-1d"}}}}, "query.range.@timestamp.gte"),
    ({"query": {"range": {NUMBER: {"from": 1}}}}, "query.range.event.number.from"),
    ({"query": {"range": {NUMBER: {"gte": float("nan")}}}}, "query.range.event.number.gte"),
    ({"query": {"prefix": {NUM: "1"}}}, "query.prefix.client.num"),
    ({"query": {"prefix": {NAME: "x" * 901}}}, "query.prefix.event.name"),
    ({"query": {"exists": {"field": "visit.steps"}}}, "query.exists"),
    ({"query": {"bool": {"must": [{"match_all": {}}, {"wildcard": {}}]}}}, "query.bool.must.1.wildcard"),
    ({"query": {"bool": {"should": [], "minimum_should_match": 1}}}, "query.bool.minimum_should_match"),
    ({"query": {"ids": {"values": [1]}}}, "query.ids.values"),
    ({"sort": "@timestamp"}, "sort"),
    ({"sort": [{"@timestamp": {"order": "desc"}}]}, "sort.0.@timestamp"),
    ({"sort": [{"_id": "asc"}]}, "sort.0._id"),
    ({"sort": [{"@timestamp": "asc"}], "search_after": []}, "search_after"),
    ({"sort": [{NAME: "asc"}], "search_after": ["a"]}, "search_after"),
    ({"aggs": {"a[0]": {"avg": {"field": NUMBER}}}}, "aggs.a[0]"),
    ({"aggs": {"a": {"median": {"field": NUMBER}}}}, "aggs.a.median"),
    ({"aggs": {"a": {"avg": {"field": NAME}}}}, "aggs.a.avg"),
    ({"aggs": {"a": {"avg": {"field": NUMBER}, "aggs": {}}}}, "aggs.a.aggs"),
    ({"aggs": {"a": {"terms": {"field": NAME, "size": 0}}}}, "aggs.a.terms.size"),
    ({"aggs": {"a": {"terms": {"field": NAME, "include": "b.*"}}}}, "aggs.a.terms.include"),
    ({"aggs": {"a": {"terms": {"field": NAME, "order": {"b": "asc"}}}}}, "aggs.a.terms.order.b"),
    ({"aggs": {"a": {"terms": {"field": NAME}, "aggs": {"b": {"terms": {"field": "nix"}}}}}}, "aggs.a.aggs.b.terms"),
    (
        {"aggs": {"a": {"date_histogram": {"field": "@timestamp", "calendar_interval": "month"}}}},
        "aggs.a.date_histogram.calendar_interval",
    ),
    (
        {"aggs": {"a": {"date_histogram": {"field": "@timestamp", "fixed_interval": "1M"}}}},
        "aggs.a.date_histogram.fixed_interval",
    ),
    ({"aggs": {"a": {"range": {"field": NUMBER, "ranges": [{"from": 1}]}}}}, "aggs.a.range.ranges.0.key"),
    ({"aggs": {"a": {"filters": {"filters": {}}}}}, "aggs.a.filters.filters"),
    ({"aggs": {"a": {"filter": DE, "aggs": {"b": {"composite": {"size": 1, "sources": []}}}}}}, "aggs.a.aggs.b.composite"),
    ({"aggs": {"a": {"composite": {"sources": [{"n": {"terms": {"field": NAME}}}]}}}}, "aggs.a.composite.size"),
    ({"aggs": {"a": {"percentiles": {"field": NUMBER, "percents": [101]}}}}, "aggs.a.percentiles.percents"),
]


@pytest.mark.parametrize(("body", "place"), WRONG, ids=lambda case: str(case)[:60])
def test_what_the_subset_has_not_got_is_refused_with_its_place(store: Store, body: Json, place: str) -> None:
    with pytest.raises(BadSearch) as error:
        store.search("event", body)
    assert str(error.value).startswith(f"{place}: ")


def test_many_documents_are_read_with_the_fields_that_are_wanted_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("store.elastic_read", "store.embedded"):
        monkeypatch.setattr(f"{module}.PAGE", 400)
    found = list(store.read("view", {"range": {"client.num": {"lt": 2500}}}, ["url.path", "client.num"]))
    assert sorted(found, key=lambda one: int(one["client"]["num"])) == [
        {"url": {"path": f"/{n % 700}"}, "client": {"num": n}} for n in range(2500)
    ]
    groups = list(store.read("visit", {"term": {"visit.pages": "/pricing"}}, ["visit", "visit.pages", "user_agent.name"]))
    assert groups == [{"visit": {"pages": ["/", "/pricing", "/docs"], "views": 3, "duration_seconds": 60.0}}]
    assert list(store.read("bot-view", {"match_all": {}}, ["url.path"])) == []
    with pytest.raises(BadSearch):
        list(store.read("view", {"term": {"nix": 1}}, ["url.path"]))
