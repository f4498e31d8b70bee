"""What store/base.py promises, on the embedded store and on both Elasticsearches."""

from typing import Any

import orjson
import pytest

from store.base import KINDS, Document, Store, StoreError, Written
from tests.stores import Opener, nest

NOON = "2026-11-25T12:00:00.000Z"
HOSTILE = [
    "Ünï…/日本語/😀👩‍👩‍👧",
    "\u202eمرحبا",
    "\x01\x02\x1b[31m\x7f\u0085\u2028",
    "a\nb\r\nc\t",
    """"'`\\"{}[]""",
    '*:* AND (a OR b) TO -c +d ~2 ^3 /.*/ field:"x"',
    "(?i)^.*$|[a-z]{2,}",
    "  ",
    "",
    "x" * 2048,
    "😀" * 2048,
    "y" * 32_766,
    "\U0010ffff",
    "/",
]


def view(**more: Any) -> dict[str, Any]:
    return nest({"@timestamp": NOON, "site": "a.example", **{name.replace("__", "."): value for name, value in more.items()}})


def said(document: Document) -> dict[str, Any]:
    source: dict[str, Any] = orjson.loads(document.source)
    return source


@pytest.fixture
def store(stores: Opener) -> Store:
    store = stores(write=True)
    store.setup()
    return store


def found(store: Store, kind: str, query: dict[str, Any]) -> set[str]:
    return {hit["_id"] for hit in store.search(kind, {"query": query, "size": 1000})["hits"]["hits"]}


def write(store: Store, *documents: Document) -> None:
    assert {one.state for one in store.create(documents)} == {"created"}
    store.flush()
    store.refresh()


def test_a_document_comes_back_as_it_was(stores: Opener, store: Store) -> None:
    source = nest(
        {
            "@timestamp": NOON,
            "client.num": 2**63 - 1,
            "visit.started": NOON,
            "visit.duration_seconds": 0.1,
            "visit.pages": ["/b", "/a", "/b"],
            "visit.steps": [[0, "view", "/b"], [1.5, "event", "signup"], [2, "view", "/a"]],
            "client.geo.location": {"lat": 52.5, "lon": 13.4},
            "unheard.of": {"deep": [1, "two", None]},
            "utm.term": None,
        }
    )
    one = stores.document("visit", "v1", source)
    write(store, one)
    assert store.get([(one.index, "v1")]) == [source]
    [hit] = store.search("visit", {})["hits"]["hits"]
    assert (hit["_index"], hit["_id"], hit["_source"]) == (one.index, "v1", source)
    assert list(store.scan("visit")) == [{"_index": one.index, "_id": "v1", "_source": source}]


def test_any_text_is_kept_found_and_counted(stores: Opener, store: Store) -> None:
    documents = [stores.document("view", str(n), view(url__path=text)) for n, text in enumerate(HOSTILE)]
    write(store, *documents)
    assert store.get([(one.index, one.id) for one in documents]) == [said(one) for one in documents]
    everything = {one.id for one in documents}
    for n, text in enumerate(HOSTILE):
        assert found(store, "view", {"term": {"url.path": text}}) == {str(n)}
        assert found(store, "view", {"terms": {"url.path": [text, "none"]}}) == {str(n)}
        assert found(store, "view", {"bool": {"must_not": {"term": {"url.path": text}}}}) == everything - {str(n)}
        beginning = text.encode()[:900].decode(errors="ignore")
        assert found(store, "view", {"prefix": {"url.path": beginning}}) == {
            str(m) for m, other in enumerate(HOSTILE) if other.startswith(beginning)
        }
        aggs = {"pages": {"terms": {"field": "url.path", "include": [text]}}}
        [bucket] = store.search("view", {"size": 0, "aggs": aggs})["aggregations"]["pages"]["buckets"]
        assert (bucket["key"], bucket["doc_count"]) == (text, 1)


def test_any_text_may_be_a_documents_id(stores: Opener, store: Store) -> None:
    documents = [stores.document("view", text, view()) for text in HOSTILE if 0 < len(text.encode()) <= 512]
    write(store, *documents)
    for one in documents:
        assert store.get([(one.index, one.id)]) == [said(one)]
        assert found(store, "view", {"ids": {"values": [one.id, "none"]}}) == {one.id}
        assert store.create([one]) == [Written("exists")]


def test_a_hundred_values_are_each_found_and_counted_once(stores: Opener, store: Store) -> None:
    pages = [f"/page/{n:03}" for n in range(100)]
    write(store, stores.document("visit", "1", view(visit__pages=pages + pages)), stores.document("visit", "2", view()))
    assert found(store, "visit", {"term": {"visit.pages": "/page/099"}}) == {"1"}
    aggs = {"pages": {"terms": {"field": "visit.pages", "size": 200}}, "values": {"value_count": {"field": "visit.pages"}}}
    answer = store.search("visit", {"size": 0, "aggs": aggs})["aggregations"]
    assert [(bucket["key"], bucket["doc_count"]) for bucket in answer["pages"]["buckets"]] == [(page, 1) for page in pages]
    assert answer["values"]["value"] == 100


def test_creating_what_is_there_changes_nothing_and_tells_whose_it_is(stores: Opener, store: Store) -> None:
    first = stores.document("view", "1", view(hit__receipt="first"))
    again = stores.document("view", "1", view(hit__receipt="again"))
    other = stores.document("view", "2", view())
    assert store.create([first, again]) == [Written("created"), Written("exists", receipt="first")]
    assert store.create([again, other]) == [Written("exists", receipt="first"), Written("created")]
    store.flush()
    assert store.create([again, other]) == [Written("exists", receipt="first"), Written("exists")]
    assert store.get([(first.index, "1")]) == [said(first)]


def test_the_same_id_in_another_period_is_another_document(stores: Opener, store: Store) -> None:
    write(store, stores.document("view", "1", view(), "2026.10"), stores.document("view", "1", view(), "2026.11"))
    assert store.count("view") == 2
    assert found(store, "view", {"term": {"_index": stores.document("view", "", {}, "2026.10").index}}) == {"1"}


def test_putting_replaces_the_whole_document(stores: Opener, store: Store) -> None:
    old = stores.document("view", "1", view(page__title="old", url__path="/"))
    new = stores.document("view", "1", view(page__title="new"))
    write(store, old)
    assert store.put([new], version=1000) == [Written("put")]
    assert store.put([old, new], version=1001) == [Written("put"), Written("put")]
    store.flush()
    store.refresh()
    assert store.get([(new.index, "1")]) == [said(new)]
    assert store.count("view") == 1
    assert found(store, "view", {"exists": {"field": "url.path"}}) == set()


def test_get_sees_what_is_written_at_once(stores: Opener, store: Store) -> None:
    created, put = stores.document("view", "1", view()), stores.document("visit", "2", view())
    keys = [(created.index, "1"), (put.index, "2"), (created.index, "2"), (stores.document("view", "", {}, "1999.01").index, "1")]
    assert store.get(keys) == [None] * 4
    store.create([created])
    store.put([put], version=1)
    assert store.get(keys) == [said(created), said(put), None, None]
    store.flush()
    assert store.get(keys) == [said(created), said(put), None, None]
    assert store.get([]) == store.create([]) == store.put([], version=1) == []


def test_bots_are_kept_apart(stores: Opener, store: Store) -> None:
    write(store, stores.document("view", "1", view()), stores.document("bot-view", "2", view(bot__name="Googlebot")))
    assert found(store, "view", {"match_all": {}}) == {"1"}
    assert found(store, "bot-view", {"term": {"bot.name": "Googlebot"}}) == {"2"}


def test_documents_are_deleted_by_query(stores: Opener, store: Store) -> None:
    views = [stores.document("view", str(n), view(client__id=f"c{n % 3}"), f"2026.{n % 2 + 10}") for n in range(30)]
    write(store, *views)
    late = stores.document("view", "late", view(client__id="c1"))
    store.create([late])
    store.flush()
    assert store.delete("view", {"term": {"client.id": "c1"}}) == 11
    assert store.delete("view", {"term": {"client.id": "c1"}}) == 0
    assert store.count("view") == 20
    assert store.get([(late.index, "late")]) == [None]
    assert store.create([late]) == [Written("created")]


def test_a_whole_index_is_deleted_by_its_name(stores: Opener, store: Store) -> None:
    write(store, *(stores.document("view", str(n), view(), f"2026.{n % 2 + 10}") for n in range(30)))
    assert store.delete("view", {"term": {"_index": f"{stores.prefix}-view-2026.10"}}) == 15
    assert store.delete("view", {"term": {"_index": f"{stores.prefix}-view-2026.10"}}) == 0
    assert store.count("view") == 15


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("view", {"view.scroll_percent": "half"}, "view.scroll_percent"),
    ("view", {"view.scroll_percent": "50"}, "view.scroll_percent"),
    ("view", {"view.scroll_percent": 300}, "view.scroll_percent"),
    ("view", {"view.scroll_percent": 12.5}, "view.scroll_percent"),
    ("view", {"view.scroll_percent": True}, "view.scroll_percent"),
    ("view", {"client.num": 2**63}, "client.num"),
    ("view", {"client.num": [1, "x"]}, "client.num"),
    ("view", {"client.num": {"a": 1}}, "client.num"),
    ("view", {"client.geo.accuracy_km": 40_000}, "client.geo.accuracy_km"),
    ("event", {"event.number": "12"}, "event.number"),
    ("event", {"event.number": True}, "event.number"),
    ("event", {"event.data": "text"}, "event.data"),
    ("event", {"event.data": {"k": "x" * 32_766}}, "event.data"),
    ("event", {"event.data": {"a\0b": "x"}}, "event.data"),
    ("view", {"url.path": {"a": "b"}}, "url.path"),
    ("view", {"url.path": "x" * 32_767}, "url.path"),
    ("view", {"url": "/secret"}, "url"),
    ("view", {"@timestamp": "yesterday"}, "@timestamp"),
    ("view", {"@timestamp": True}, "@timestamp"),
    ("view", {"client.geo.location": {"lat": 91, "lon": 0}}, "client.geo.location"),
    ("view", {"client.geo.location": {"lat": 1}}, "client.geo.location"),
]


@pytest.mark.parametrize("how", ["create", "put"])
def test_wrong_documents_are_refused_and_the_others_are_written(stores: Opener, store: Store, how: str) -> None:
    documents = []
    for n, (kind, flat, _) in enumerate(REFUSED):
        documents.append(stores.document(kind, f"wrong {n}", {**view(), **nest(flat)}))
        documents.append(stores.document(kind, f"right {n}", view()))
    written = store.create(documents) if how == "create" else store.put(documents, version=1)
    assert {one.state for one in written[1::2]} == {"created" if how == "create" else "put"}
    for (_, flat, field), one in zip(REFUSED, written[::2], strict=True):
        assert one.state == "refused", flat
        assert f"[{field}]" in one.reason
        assert len(one.reason) <= 300
        for value in ("secret", "yesterday", "half", "xxxx"):
            assert value not in one.reason
    store.flush()
    store.refresh()
    assert store.count("view") + store.count("event") == len(REFUSED)
    assert store.get([(one.index, one.id) for one in documents[::2]]) == [None] * len(REFUSED)


@pytest.mark.parametrize("source", [b"", b"{", b'{"a": 1}}', b'{"site": "\xff"}'])
def test_what_is_no_json_is_refused_and_the_others_are_written(stores: Opener, store: Store, source: bytes) -> None:
    right = stores.document("view", "1", view())
    wrong = Document("view", right.index, "2", source)
    assert [one.state for one in store.create([wrong, right])] == ["refused", "created"]


def test_a_document_that_is_refused_leaves_the_old_one(stores: Opener, store: Store) -> None:
    old = stores.document("view", "1", view())
    write(store, old)
    [answer] = store.put([stores.document("view", "1", view(url__path={"a": 1}))], version=2000)
    assert answer.state == "refused"
    store.flush()
    assert store.get([(old.index, "1")]) == [said(old)]


TAKEN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"url.path": 7}, {"term": {"url.path": "7"}}),
    ({"url.path": True}, {"term": {"url.path": "true"}}),
    ({"url.path": [["/a", None], "/b"]}, {"term": {"url.path": "/a"}}),
    ({"client.num": 3.0}, {"term": {"client.num": 3}}),
    ({"client.num": None}, {"bool": {"must_not": {"exists": {"field": "client.num"}}}}),
    ({"view.engaged_seconds": float("nan")}, {"bool": {"must_not": {"exists": {"field": "view.engaged_seconds"}}}}),
    ({"view.engaged_seconds": 4}, {"range": {"view.engaged_seconds": {"gte": 4, "lte": 4}}}),
    ({"@timestamp": 1_795_608_000_000}, {"term": {"@timestamp": 1_795_608_000_000}}),
    ({"@timestamp": "2026-11-25T13:00:00.001+01:00"}, {"term": {"@timestamp": 1_795_608_000_001}}),
    ({"user_agent.original": "x" * 40_000}, {"match_all": {}}),
    ({"client.traits": [{"plan": "a"}, {"plan": "b"}]}, {"term": {"client.traits.plan": "b"}}),
    ({"client.traits": {"a": {"b": {"c": 1.5}}}}, {"term": {"client.traits.a.b.c": "1.5"}}),
    ({"client.traits": {"a.b": "x", "a": "y", "n": None}}, {"term": {"client.traits.a.b": "x"}}),
    ({"nobody.knows": {"this": 1}}, {"match_all": {}}),
]


def test_what_can_be_read_as_a_fields_type_is_taken(stores: Opener, store: Store) -> None:
    write(store, *(stores.document("view", str(n), {**view(), **nest(flat)}) for n, (flat, _) in enumerate(TAKEN)))
    for n, (_, query) in enumerate(TAKEN):
        assert found(store, "view", {"bool": {"filter": [{"ids": {"values": [str(n)]}}, query]}}) == {str(n)}, query


def test_nothing_is_found_where_nothing_was_written(stores: Opener) -> None:
    store = stores()
    aggs = {
        "pages": {"terms": {"field": "url.path"}},
        "visitors": {"cardinality": {"field": "client.num"}},
        "long": {
            "filter": {"range": {"view.engaged_seconds": {"gt": 9}}},
            "aggs": {"median": {"percentiles": {"field": "view.engaged_seconds"}}},
        },
        "days": {"range": {"field": "@timestamp", "ranges": [{"key": "today", "from": 0}]}},
        "total": {"sum": {"field": "view.engaged_seconds"}},
        "mean": {"avg": {"field": "view.engaged_seconds"}},
    }
    answer = store.search("view", {"aggs": aggs})
    assert answer["hits"]["total"] == {"value": 0, "relation": "eq"}
    assert answer["hits"]["hits"] == []
    told = answer["aggregations"]
    assert told["pages"]["buckets"] == []
    assert told["visitors"]["value"] == told["total"]["value"] == told["long"]["doc_count"] == 0
    assert told["mean"]["value"] is told["long"]["median"]["values"]["50.0"] is None
    assert [(bucket["key"], bucket["doc_count"]) for bucket in told["days"]["buckets"]] == [("today", 0)]
    assert list(store.scan("view")) == []
    assert store.count("visit") == 0
    assert store.health()["documents"] == dict.fromkeys(KINDS, 0)


def test_setup_is_safe_to_repeat(stores: Opener, store: Store) -> None:
    write(store, stores.document("view", "1", view()))
    store.setup()
    store.setup()
    assert store.count("view") == 1


def test_a_store_opened_for_reading_writes_nothing(stores: Opener, store: Store) -> None:
    write(store, stores.document("view", "1", view()))
    reader = stores()
    for attempt in (
        lambda: reader.create([stores.document("view", "2", view())]),
        lambda: reader.put([stores.document("view", "1", view(site="b.example"))], version=9000),
        lambda: reader.delete("view", {"term": {"site": "a.example"}}),
    ):
        with pytest.raises(StoreError, match="reading"):
            attempt()
    assert found(reader, "view", {"term": {"site": "a.example"}}) == {"1"}


def test_a_reader_sees_what_was_flushed(stores: Opener, store: Store) -> None:
    reader = stores()
    assert reader.count("view") == 0
    for n in range(1, 4):
        store.create([stores.document("view", str(n), view())])
        store.flush()
        store.refresh()
        assert reader.count("view") == n


def test_scan_goes_past_any_limit_in_order(stores: Opener, store: Store) -> None:
    """12,000 documents in two indices, most of them sharing their moment with others, 3,000 at the very same one."""
    moments = [0 if n % 4 == 0 else n // 7 for n in range(12_000)]
    documents = [
        stores.document("view", f"{n * 7919 % 12_000:05}", {"@timestamp": 1_795_608_000_000 + moment}, f"2026.{n % 2 + 10}")
        for n, moment in enumerate(moments)
    ]
    write(store, *documents)
    expected = sorted((said(one)["@timestamp"], one.id) for one in documents)
    assert [(hit["_source"]["@timestamp"], hit["_id"]) for hit in store.scan("view")] == expected
    newest = sorted(expected, key=lambda one: (-one[0], one[1]))
    assert [(hit["_source"]["@timestamp"], hit["_id"]) for hit in store.scan("view", newest_first=True)] == newest
    some = store.scan("view", {"range": {"@timestamp": {"gte": 1_795_608_000_001}}})
    assert sum(1 for _ in some) == sum(moment > 0 for moment in moments)
    first = next(iter(store.scan("view", newest_first=True)))
    assert first["_id"] == newest[0][1]


def test_health_says_how_many_documents_there_are(stores: Opener, store: Store) -> None:
    write(
        store, stores.document("view", "1", view()), stores.document("visit", "1", view()), stores.document("visit", "2", view())
    )
    health = store.health()
    assert health["ok"] is True
    assert health["documents"] == {"client": 0, "visit": 2, "view": 1, "event": 0}
