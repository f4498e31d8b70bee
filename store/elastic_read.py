"""Many documents of Elasticsearch, fast: `sources(client, …)` yields some fields of every hit, in no order.

Most of what it costs is to take the fields out of `_source`, so two parts of the hits are asked for at once: 14 µs a visit
on two cores, 33 µs in one part. Without an order nothing is sorted.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from store.elastic_client import talking

PARTS = 2
PAGE = 5000  # hits
KEEP_ALIVE = "1m"


def sources(
    client: Elasticsearch, url: str, indices: str, query: Mapping[str, Any], fields: Sequence[str]
) -> Iterator[dict[str, Any]]:
    with talking(url):
        pit = client.open_point_in_time(index=indices, keep_alive=KEEP_ALIVE, ignore_unavailable=True)["id"]

    def page(part: int, after: Sequence[Any] | None) -> tuple[int, list[dict[str, Any]]]:
        body: dict[str, Any] = {
            "query": query,
            "size": PAGE,
            "_source": list(fields),
            "track_total_hits": False,
            "sort": ["_doc"],
        }
        body |= {"pit": {"id": pit, "keep_alive": KEEP_ALIVE}, "slice": {"id": part, "max": PARTS}}
        if after is not None:
            body["search_after"] = after
        with talking(url):
            return part, client.search(body=body, allow_partial_search_results=False).body["hits"]["hits"]

    try:
        with ThreadPoolExecutor(PARTS) as pool:
            asked: set[Future[tuple[int, list[dict[str, Any]]]]] = {pool.submit(page, part, None) for part in range(PARTS)}
            while asked:
                done, asked = wait(asked, return_when=FIRST_COMPLETED)
                for part, hits in [one.result() for one in done]:
                    if len(hits) == PAGE:
                        asked.add(pool.submit(page, part, hits[-1]["sort"]))
                    for hit in hits:
                        yield hit.get("_source", {})
    finally:
        with suppress(TransportError, ApiError):  # it closes by itself in the end
            client.close_point_in_time(id=pit)
