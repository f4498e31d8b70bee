"""The documents behind any number, newest first: `documents(…)`.

A question has date_range and filters as the number's had, `kind` ("view", "event", "visit" or "client"), `fields` (those and
whole groups; all without it), `limit` (100, at most 10,000) and `after`: the `meta.next` of the page before, null after the
last. Results are documents as they are stored, with `_id` and `_index`. Views and events are those of the range, visits those
that were active in it, clients those that were seen in it, whose filters are about what visits have. Documents that are
written meanwhile may be missed.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec

from query import asked, filters
from query.asked import Asked, choice, whole
from query.conditions import NONE, Query, all_of, any_of
from query.errors import BadQuestion
from query.site import Site
from query.visited import moment
from store.base import Store
from store.subset import MOST_TERMS

KINDS = ("view", "event", "visit", "client")
MOST_ROWS, MOST_FIELDS = 10_000, 200
Whole = Annotated[int, msgspec.Meta(ge=-(1 << 62), le=(1 << 63) - 1)]
SORT = [{"@timestamp": "desc"}, {"client.num": "asc"}]


class After(msgspec.Struct, array_like=True):
    """Where a page ended: its last document, and all with the same time and client that were told."""

    time: Whole
    client: Whole
    told: Annotated[list[str], msgspec.Meta(max_length=MOST_TERMS)]


def documents(store: Store, question: Mapping[str, Any], site: Site, now: datetime) -> dict[str, Any]:
    it = asked.read(store, question, site, now, ("kind", "fields", "limit", "after"))
    kind, limit = choice(question, "kind", "view", KINDS), whole(question, "limit", 100, 1, MOST_ROWS)
    fields, after = _fields(question.get("fields")), _after(question.get("after"))
    query = _query(it, kind)
    total = 0 if query == NONE else store.count(kind, query)
    hits: Sequence[Mapping[str, Any]] = ()
    if total:
        body = {"size": limit, "query": all_of([query, *_beyond(after)]), "sort": SORT}
        body["_source"] = True if fields is None else [*fields, "@timestamp", "client.num"]
        hits = store.search(kind, body)["hits"]["hits"]
    results = [{"_id": hit["_id"], "_index": hit["_index"], **_only(hit["_source"], fields)} for hit in hits]
    meta = {"total": total, "next": _next(hits, after) if len(hits) == limit else None}
    told = {"kind": kind, "fields": fields, "limit": limit, "after": question.get("after")}
    return it.answer(results, meta, (), (), **told)


def _query(it: Asked, kind: str) -> Query:
    if kind == "visit":
        return it.visits()
    if kind != "client":
        return it.hits(kind)
    wrong = [leaf for leaf in filters.leaves(it.filters) if leaf.dimension.level != "visit"]
    if wrong:
        raise BadQuestion(
            f"A client's document knows nothing of {wrong[0].dimension.name}: filter by what visits have.", wrong[0].place
        )
    seen = [{"range": {"client.first_seen": {"lt": it.span.end}}}, {"range": {"client.last_seen": {"gte": it.span.start}}}]
    return all_of([{"term": {"site": it.site.id}}, *seen, it.where.hits("client", it.filters)])


def _beyond(after: After | None) -> list[Query]:
    """What comes after a page. No store sorts by ids, so of documents that tie the ones that were told are named."""
    if after is None:
        return []
    at = {"term": {"@timestamp": after.time}}
    client = "client.num"
    older = {"range": {"@timestamp": {"lt": after.time}}}
    next_client = all_of([at, {"range": {client: {"gt": after.client}}}])
    tied = {"bool": {"filter": [at, {"term": {client: after.client}}], "must_not": [{"ids": {"values": after.told}}]}}
    return [any_of([older, next_client, tied])]


def _next(hits: Sequence[Mapping[str, Any]], after: After | None) -> str:
    time, client = _place(hits[-1])
    told = [hit["_id"] for hit in hits if _place(hit) == (time, client)]
    if after and (after.time, after.client) == (time, client):
        told = after.told + told
    return urlsafe_b64encode(msgspec.msgpack.encode(After(time, client, told))).decode().rstrip("=")


def _place(hit: Mapping[str, Any]) -> tuple[int, int]:
    return moment(hit["_source"]["@timestamp"]), hit["_source"]["client"]["num"]


def _after(value: Any) -> After | None:
    if value is None:
        return None
    try:
        return msgspec.msgpack.decode(urlsafe_b64decode(f"{value}{'=' * (-len(value) % 4)}"), type=After)
    except (TypeError, Error, ValueError):
        raise BadQuestion("Invalid after: it is the `meta.next` of the page before.", "after") from None


def _fields(value: Any) -> list[str] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or not 0 < len(value) <= MOST_FIELDS:
        raise BadQuestion(f'Invalid fields: they are a list of 1 to {MOST_FIELDS}, such as ["url.path"].', "fields")
    for n, one in enumerate(value):
        if not isinstance(one, str) or not one or "*" in one:
            raise BadQuestion("Invalid field: it is a path such as url.path, or a group such as url.", f"fields.{n}")
    return list(value)


def _only(source: Mapping[str, Any], fields: Sequence[str] | None, path: str = "") -> dict[str, Any]:
    """What was asked for of a source that has a little more."""
    if fields is None:
        return dict(source)
    parts: dict[str, Any] = {}
    for name, value in source.items():
        here = f"{path}{name}"
        if any(here == one or here.startswith(f"{one}.") for one in fields):
            parts[name] = value
        elif isinstance(value, Mapping) and (inside := _only(value, fields, f"{here}.")):
            parts[name] = inside
    return parts
