"""What is Elasticsearch's own: versions, templates, and a cluster that is away, busy or full."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest
from elasticsearch import Elasticsearch

from store import elastic_setup
from store.base import KINDS, Store, StoreAway, StoreError, Written
from store.elastic_client import BadStoreUrl, connect
from tests.servers import ElasticsearchServer, free_port, open_folder
from tests.stores import Opener, nest

NOON = "2026-11-25T12:00:00.000Z"


@pytest.fixture
def opener(elasticsearch_url: str, index_prefix: str, tmp_path: Path) -> Iterator[Opener]:
    opener = Opener(elasticsearch_url, index_prefix, tmp_path)
    yield opener
    opener.close()


@pytest.fixture
def store(opener: Opener) -> Store:
    store = opener(write=True)
    store.setup()
    return store


@pytest.fixture
def client(elasticsearch_url: str) -> Iterator[Elasticsearch]:
    with Elasticsearch(elasticsearch_url) as client:
        yield client


def test_an_older_version_does_not_replace_a_newer_one(opener: Opener, store: Store) -> None:
    """As a worker does whose lease ran out while it was frozen."""
    frozen = opener(write=True)
    one, two = (opener.document("visit", "v", nest({"@timestamp": NOON, "visit.views": n})) for n in (1, 2))
    fresh = opener.document("visit", "w", {"@timestamp": NOON})
    assert store.put([two], version=2000) == [Written("put")]
    assert frozen.put([one, fresh], version=1999) == [Written("stale"), Written("put")]
    assert store.get([(one.index, "v")]) == [orjson.loads(two.source)]
    assert frozen.put([one], version=2000) == [Written("put")]
    assert frozen.create([two]) == [Written("exists")]


def test_a_created_document_may_be_put(opener: Opener, store: Store) -> None:
    one = opener.document("view", "1", {"@timestamp": NOON})
    store.create([one])
    assert store.put([one], version=int(time.time() * 1e6)) == [Written("put")]
    assert store.put([one], version=7) == [Written("stale")]


def test_setup_writes_a_template_for_each_kind_once(opener: Opener, store: Store, client: Elasticsearch) -> None:
    prefix = opener.prefix
    found = client.indices.get_index_template(name=f"{prefix}-*").body["index_templates"]
    assert {one["name"] for one in found} == {f"{prefix}-{kind}" for kind in KINDS}
    client.indices.put_index_template(
        name=f"{prefix}-view",
        **{**elastic_setup.template(prefix, "view")[1], "priority": 201},  # somebody's own change, with our hash
    )
    store.setup()
    [view] = client.indices.get_index_template(name=f"{prefix}-view").body["index_templates"]
    assert view["index_template"]["priority"] == 201, "an unchanged template was written again"


def test_new_indices_have_the_shards_and_replicas_of_the_settings(opener: Opener, store: Store, client: Elasticsearch) -> None:
    old, new = opener.document("view", "1", {"@timestamp": NOON}), opener.document("view", "1", {"@timestamp": NOON}, "2026.12")
    store.create([old])
    wide = opener(write=True, FIZZSTAT_INDEX_SHARDS="3", FIZZSTAT_INDEX_REPLICAS="0")
    wide.setup()
    wide.create([old, new])
    told = client.indices.get_settings(index=f"{opener.prefix}-view-*", flat_settings=True).body
    shapes = {
        name: (one["settings"]["index.number_of_shards"], one["settings"]["index.number_of_replicas"])
        for name, one in told.items()
    }
    assert shapes == {old.index: ("1", "0"), new.index: ("3", "0")}
    wide.refresh()
    assert wide.count("view") == 2


def test_setup_brings_new_fields_to_indices_that_are_there(
    opener: Opener, store: Store, client: Elasticsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = opener.document("view", "1", nest({"@timestamp": NOON, "new.field": "old"}))
    store.create([one])
    more = {**elastic_setup.properties("view"), "new.field": {"type": "keyword"}}
    monkeypatch.setattr(elastic_setup, "properties", lambda kind: more)
    store.setup()
    store.create([opener.document("view", "2", nest({"@timestamp": NOON, "new.field": "new"}))])
    store.refresh()
    assert client.count(index=one.index, query={"term": {"new.field": "new"}})["count"] == 1
    assert client.count(index=one.index, query={"term": {"new.field": "old"}})["count"] == 0
    [view] = client.indices.get_index_template(name=f"{opener.prefix}-view").body["index_templates"]
    assert "new.field" in view["index_template"]["template"]["mappings"]["properties"]


def test_a_field_cannot_change_its_type_and_setup_says_so(opener: Opener, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.create([opener.document("view", "1", {"@timestamp": NOON})])
    changed = {**elastic_setup.properties("view"), "page.title": {"type": "long"}}
    monkeypatch.setattr(elastic_setup, "properties", lambda kind: changed)
    with pytest.raises(StoreError, match=r"page\.title"):
        store.setup()


def test_an_index_that_is_read_only_refuses_no_document(opener: Opener, store: Store, client: Elasticsearch) -> None:
    one = opener.document("view", "1", {"@timestamp": NOON})
    store.create([one])
    client.indices.put_settings(index=one.index, settings={"index.blocks.write": True})
    with pytest.raises(StoreAway, match="cannot write now"):
        store.create([opener.document("view", "2", {"@timestamp": NOON})])


def test_other_indices_are_left_alone(opener: Opener, store: Store, client: Elasticsearch) -> None:
    other = f"{opener.prefix}-viewers-2026.11"
    client.index(index=other, id="1", document={"@timestamp": NOON}, refresh=True)
    assert store.count("view") == 0
    assert store.delete("view", {"term": {"_index": other}}) == 0
    assert store.delete("view", {"match_all": {}}) == 0
    assert client.count(index=other)["count"] == 1


def test_many_large_documents_go_in_several_requests(opener: Opener, store: Store) -> None:
    documents = [opener.document("view", str(n), nest({"@timestamp": NOON, "unknown": "x" * 10_000})) for n in range(1500)]
    assert store.create(documents) == [Written("created")] * 1500
    assert store.get([(documents[0].index, str(n)) for n in range(1500)]) == [orjson.loads(one.source) for one in documents]


@pytest.fixture(scope="module")
def tight() -> Iterator[ElasticsearchServer]:
    """A server that is soon too busy, and takes no request of more than 1 MB."""
    options = {"thread_pool.write.size": "1", "thread_pool.write.queue_size": "3", "http.max_content_length": "1mb"}
    with open_folder("tight") as folder:
        server = ElasticsearchServer(folder, **options)
        server.start()
        yield server
        server.kill()


@pytest.fixture
def tight_opener(tight: ElasticsearchServer, tmp_path: Path) -> Iterator[Opener]:
    opener = Opener(tight.url, tmp_path.name.replace("_", "").lower(), tmp_path)
    yield opener
    opener.close()


def test_documents_that_the_server_was_too_busy_for_are_sent_again(tight: ElasticsearchServer, tight_opener: Opener) -> None:
    """A bulk request for 12 indices makes 12 tasks, and there is room for four."""
    store = tight_opener(write=True)
    store.setup()
    documents = [tight_opener.document("view", str(n), {"@timestamp": NOON}, f"2020.{n % 12:02}") for n in range(240)]
    assert store.create(documents) == [Written("created")] * 240
    store.refresh()
    assert store.count("view") == 240
    with Elasticsearch(tight.url) as client:
        [node] = client.nodes.stats(metric="thread_pool")["nodes"].values()
    assert node["thread_pool"]["write"]["rejected"] > 0, "it was never too busy"


def test_a_server_that_stays_too_busy_is_away(tight_opener: Opener) -> None:
    store = tight_opener(write=True)
    documents = [tight_opener.document("view", "1", {"@timestamp": NOON}, f"2021.{n:02}") for n in range(90)]
    with pytest.raises(StoreAway, match="too busy"):
        store.create(documents)


def test_what_is_too_long_for_one_request_goes_in_parts_and_what_is_too_long_at_all_is_refused(tight_opener: Opener) -> None:
    store = tight_opener(write=True)
    documents = [tight_opener.document("view", str(n), nest({"@timestamp": NOON, "unknown": "x" * 100_000})) for n in range(30)]
    documents.append(tight_opener.document("view", "long", nest({"@timestamp": NOON, "unknown": "x" * 1_200_000})))
    written = store.create(documents)
    assert written[:30] == [Written("created")] * 30
    assert written[30] == Written("refused", reason="the document is longer than the server takes (413)")


def test_a_cluster_that_takes_no_more_indices_is_away_and_refuses_no_document(
    tight: ElasticsearchServer, tight_opener: Opener
) -> None:
    store = tight_opener(write=True)
    store.create([tight_opener.document("view", "1", {"@timestamp": NOON})])
    with Elasticsearch(tight.url) as client:
        client.cluster.put_settings(persistent={"cluster.max_shards_per_node": 1})
        with pytest.raises(StoreAway, match="shards"):
            store.create([tight_opener.document("view", "2", {"@timestamp": NOON}, "2031.01")])
        client.cluster.put_settings(persistent={"cluster.max_shards_per_node": None})
    assert store.create([tight_opener.document("view", "2", {"@timestamp": NOON}, "2031.01")]) == [Written("created")]


def test_a_server_that_stops_is_away_at_once_and_nothing_is_lost_when_it_is_back(
    tight: ElasticsearchServer, tight_opener: Opener
) -> None:
    store = tight_opener(write=True)
    store.setup()
    one = tight_opener.document("view", "1", {"@timestamp": NOON})
    store.create([one])
    store.refresh()
    tight.kill()
    attempts: list[Any] = [
        store.setup,
        lambda: store.create([one]),
        lambda: store.put([one], version=1),
        lambda: store.get([(one.index, "1")]),
        lambda: store.delete("view", {"match_all": {}}),
        store.refresh,
        lambda: store.search("view", {}),
        lambda: list(store.scan("view")),
        lambda: store.count("view"),
    ]
    for attempt in attempts:
        began = time.monotonic()
        with pytest.raises(StoreAway, match=r"does not answer"):
            attempt()
        assert time.monotonic() - began < 5
    assert store.health()["ok"] is False
    tight.start()
    assert store.get([(one.index, "1")]) == [orjson.loads(one.source)]
    assert store.create([one]) == [Written("exists")]
    assert store.health()["ok"] is True


def test_secrets_of_the_url_are_shown_nowhere(tmp_path: Path) -> None:
    url = f"http://elastic:s3cr%2Ft@127.0.0.1:{free_port()}"
    with ExitStack() as stack:
        opener = Opener(f"{url}, {url}", "t", tmp_path)
        stack.callback(opener.close)
        store = opener(write=True)
        assert store.url == url.replace("elastic:s3cr%2Ft@", "")
        with pytest.raises(StoreAway) as error:
            store.setup()
        assert "s3cr" not in str(error.value) + str(store.health())


@pytest.mark.parametrize(
    ("url", "key", "shown", "authorization"),
    [
        ("http://host", "", "http://host:9200", None),
        ("https://host", "", "https://host:443", None),
        ("https://host:9243/path/", "", "https://host:9243/path", None),
        ("http://[::1]:9200", "", "http://[::1]:9200", None),
        ("https://me:p%40ss@host", "", "https://host:443", "Basic bWU6cEBzcw=="),
        ("https://a2V5@host", "", "https://host:443", "ApiKey a2V5"),
        ("https://host", "a2V5", "https://host:443", "ApiKey a2V5"),
        ("https://me:pass@host", "a2V5", "https://host:443", "ApiKey a2V5"),
        ("http://a:1, http://b:2", "", "http://a:1,http://b:2", None),
    ],
)
def test_the_url_says_where_and_who(url: str, key: str, shown: str, authorization: str | None) -> None:
    client, without_secrets = connect(url, key)
    with client:
        assert without_secrets == shown
        assert client._headers.get("authorization") == authorization


@pytest.mark.parametrize(
    "url", ["", ",", "host:9200", "ftp://host", "http://", "http://host:port", "http://[::1", "redis://x:secret@y"]
)
def test_a_url_that_cannot_be_used_is_named_and_not_quoted(url: str) -> None:
    with pytest.raises(BadStoreUrl, match="FIZZSTAT_STORE_URL") as error:
        connect(url)
    assert "secret" not in str(error.value)
