"""The store in Elasticsearch, 8.19 or later: documents and search bodies in, Elasticsearch's own answers out.

It keeps to the core that every distribution has: bulk, mget, search, point in time, index templates; no scripts and no
delete_by_query. What bulk has answered is in the translog, on disk: there is nothing left to flush.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any

import orjson
from elastic_transport import TransportError
from elasticsearch import ApiError

from store.answer import empty
from store.base import BOT_KINDS, KINDS, BadSearch, Document, StoreAway, StoreError, Written
from store.elastic_bulk import PAUSES, Answer, bulk
from store.elastic_client import connect, talking
from store.elastic_read import sources
from store.elastic_setup import DEFAULT, Shape, pattern, setup
from store.mappings import find
from store.source import receipt, refused
from store.subset import check_query, check_search

MATCH_ALL: Mapping[str, Any] = {"match_all": {}}
MOST_KEYS = 1000  # of one mget
PAGE = 2000  # hits of one page of a scan
KEEP_ALIVE = "10m"
STATE_AGE = 2.0  # seconds

#: An index that is not there is an empty one.
LENIENT: Mapping[str, Any] = {"ignore_unavailable": True, "allow_no_indices": True}


class ElasticStore:
    """See store/base.py. `url` as in FIZZSTAT_STORE_URL (store/elastic_client.py)."""

    def __init__(self, url: str, prefix: str, api_key: str = "", write: bool = False, shape: Shape = DEFAULT):
        self._client, self.url = connect(url, api_key)
        self._prefix, self._writes, self._shape = prefix, write, shape
        #: when `state` was asked for (monotonic), and what it was
        self._state = -STATE_AGE, ""

    def setup(self) -> None:
        with talking(self.url):
            setup(self._client, self._prefix, self._shape)

    def create(self, documents: Sequence[Document]) -> list[Written]:
        written = self._write("create", documents, {})
        there = [n for n, one in enumerate(written) if one.state == "stale"]
        found = self._get([(documents[n].index, documents[n].id) for n in there], ["hit.receipt"])
        for n, source in zip(there, found, strict=True):
            written[n] = Written("exists", receipt=receipt(source or {}))
        return written

    def put(self, documents: Sequence[Document], version: int) -> list[Written]:
        return self._write("index", documents, {"version": version, "version_type": "external_gte"})

    def get(self, keys: Sequence[tuple[str, str]]) -> list[Mapping[str, Any] | None]:
        return self._get(keys, True)

    def delete(self, kind: str, query: Mapping[str, Any]) -> int:
        check_query(kind, query)
        self.refresh()
        whole = self._whole_index(kind, query)
        if whole:
            count = self.count(kind, query)
            with talking(self.url):
                self._client.indices.delete(index=whole, ignore_unavailable=True)
            return count
        deleted = 0
        for page in self._pages(kind, query, "asc", source=False):
            actions = [orjson.dumps({"delete": {"_index": hit["_index"], "_id": hit["_id"]}}) + b"\n" for hit in page]
            deleted += sum(answer.status == 200 for answer in self._bulk(actions))
        self.refresh()
        return deleted

    def flush(self) -> None:
        pass

    def refresh(self) -> None:
        with talking(self.url):
            self._client.indices.refresh(index=self._indices(*KINDS, *BOT_KINDS), **LENIENT)

    def search(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        check_search(kind, body)
        asked = {"track_total_hits": True, **body}
        if "sort" in body:
            asked["sort"] = [_sorted_by(kind, name, order) for one in body["sort"] for name, order in one.items()]
        if "aggs" in body:
            asked["aggs"] = _hinted(kind, body["aggs"])
        with talking(self.url, BadSearch):
            answer: dict[str, Any] = self._client.search(
                index=self._indices(kind), body=asked, allow_partial_search_results=False, **LENIENT
            ).body
        if "aggs" in body and "aggregations" not in answer:
            answer["aggregations"] = empty(body["aggs"])
        return answer

    def scan(self, kind: str, query: Mapping[str, Any] | None = None, *, newest_first: bool = False) -> Iterator[dict[str, Any]]:
        check_query(kind, query or MATCH_ALL)
        hits = (hit for page in self._pages(kind, query or MATCH_ALL, "desc" if newest_first else "asc") for hit in page)
        for _, same in groupby(hits, key=lambda hit: hit["sort"][0]):
            for hit in sorted(same, key=lambda hit: str(hit["_id"])):
                yield {name: hit[name] for name in ("_index", "_id", "_source")}

    def read(self, kind: str, query: Mapping[str, Any], fields: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        check_query(kind, query)
        return sources(self._client, self.url, self._indices(kind), query, fields)

    def count(self, kind: str, query: Mapping[str, Any] | None = None) -> int:
        return int(self.search(kind, {"query": query or MATCH_ALL, "size": 0})["hits"]["total"]["value"])

    def state(self) -> str:
        """How much was written, deleted and refreshed, asked for every other second at most."""
        asked, told = self._state
        if time.monotonic() - asked >= STATE_AGE:
            with talking(self.url):
                stats = self._client.indices.stats(index=self._indices(*KINDS), metric=["indexing", "refresh"]).body
            asked, total = time.monotonic(), stats["_all"]["total"]
            if total:
                written = (total["indexing"]["index_total"], total["indexing"]["delete_total"])
                told = f"{len(stats['indices'])} {written} {total['refresh']['external_total']}"
            self._state = asked, told
        return told

    def health(self) -> dict[str, Any]:
        try:
            with talking(self.url):
                cluster = self._client.cluster.health().body
            documents = {kind: self.count(kind) for kind in KINDS}
        except StoreError as error:
            return {"ok": False, "store": "elasticsearch", "url": self.url, "error": str(error)}
        told = {"cluster": cluster["cluster_name"], "status": cluster["status"], "nodes": cluster["number_of_nodes"]}
        return {"ok": cluster["status"] != "red", "store": "elasticsearch", "url": self.url, **told, "documents": documents}

    def close(self) -> None:
        self._client.close()

    def _write(self, action: str, documents: Sequence[Document], options: Mapping[str, Any]) -> list[Written]:
        """The answer of what lost to a version that was there is `stale`, whatever the action."""
        named, more = action.encode(), b"," + orjson.dumps(options)[1:-1] if options else b""
        lines = [
            b'{"%b":{"_index":%b,"_id":%b%b}}\n%b\n' % (named, orjson.dumps(one.index), orjson.dumps(one.id), more, one.source)
            for one in documents
        ]
        done = Written("created" if action == "create" else "put")
        return [done if answer.status < 300 else _not_written(answer) for answer in self._bulk(lines)]

    def _bulk(self, lines: Sequence[bytes]) -> list[Answer]:
        if not self._writes:
            raise StoreError("this store was opened for reading")
        with talking(self.url):
            return bulk(self._client, lines)

    def _get(self, keys: Sequence[tuple[str, str]], fields: Any) -> list[Mapping[str, Any] | None]:
        found: list[Mapping[str, Any] | None] = []
        for start in range(0, len(keys), MOST_KEYS):
            docs = [{"_index": index, "_id": id_, "_source": fields} for index, id_ in keys[start : start + MOST_KEYS]]
            found += [one.get("_source") for one in self._read(docs)]
        return found

    def _read(self, docs: Sequence[Mapping[str, Any]]) -> list[Any]:
        """The answers of an mget. An index that another worker has just made may need a moment until its shard can be read."""
        for pause in (*PAUSES, None):
            with talking(self.url):
                answers: list[Any] = self._client.mget(docs=docs).body["docs"]
            # only an index that is not there means that the document is not there either
            errors = {one["error"]["type"] for one in answers if "error" in one} - {"index_not_found_exception"}
            if not errors:
                return answers
            if pause is None or errors != {"no_shard_available_action_exception"}:
                break
            time.sleep(pause)
        raise StoreAway(f"{self.url} cannot read now: {', '.join(sorted(errors))}")

    def _pages(self, kind: str, query: Mapping[str, Any], order: str, source: bool = True) -> Iterator[list[dict[str, Any]]]:
        """Hits by `@timestamp`, of the documents as they were when it began."""
        with talking(self.url):
            pit = self._client.open_point_in_time(index=self._indices(kind), keep_alive=KEEP_ALIVE, ignore_unavailable=True)["id"]
        body: dict[str, Any] = {"query": query, "size": PAGE, "_source": source, "track_total_hits": False}
        body["sort"] = [_sorted_by(kind, "@timestamp", order), {"_shard_doc": "asc"}]
        try:
            while True:
                with talking(self.url):
                    body["pit"] = {"id": pit, "keep_alive": KEEP_ALIVE}
                    answer = self._client.search(body=body, allow_partial_search_results=False).body
                pit, hits = answer["pit_id"], answer["hits"]["hits"]
                if hits:
                    yield hits
                if len(hits) < PAGE:
                    return
                body["search_after"] = hits[-1]["sort"]
        finally:
            with suppress(TransportError, ApiError):  # it closes by itself in the end
                self._client.close_point_in_time(id=pit)

    def _indices(self, *kinds: str) -> str:
        return ",".join(pattern(self._prefix, kind) for kind in kinds)

    def _whole_index(self, kind: str, query: Mapping[str, Any]) -> str:
        """The index that a query asks for alone, as retention does: it is dropped, and not document by document."""
        name = query.get("term", {}).get("_index", "") if list(query) == ["term"] else ""
        return name if name.startswith(f"{self._prefix}-{kind}-") and "*" not in name and "," not in name else ""


def _sorted_by(kind: str, name: str, order: str) -> dict[str, Any]:
    field = find(kind, name)
    assert field
    return {name: {"order": order, "missing": "_last", "unmapped_type": field.type}}


def _hinted(kind: str, aggs: Mapping[str, Any]) -> dict[str, Any]:
    """Elasticsearch 9.2.0 counts 0 different values of a key inside a flattened field, unless it is told how to count; and
    its percentiles, by default, are now and then further off than the 2 % that both stores keep to."""
    hinted = {}
    for name, agg in aggs.items():
        told = {part: _hinted(kind, inside) if part == "aggs" else inside for part, inside in agg.items()}
        field = find(kind, agg["cardinality"]["field"]) if "cardinality" in agg else None
        if field and field.type == "key":
            told["cardinality"] = {**agg["cardinality"], "execution_hint": "segment_ordinals"}
        if "percentiles" in agg:
            accurate = {"compression": 200, "execution_hint": "high_accuracy"}
            told["percentiles"] = {**agg["percentiles"], "tdigest": accurate}
        hinted[name] = told
    return hinted


def _not_written(answer: Answer) -> Written:
    return Written("stale") if answer.status == 409 else refused(answer.reason)
