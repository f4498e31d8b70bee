"""What cannot be undone: a visitor's documents, all data of a site, the site. Each is an order for importers (hits/orders.py);
/orders/<orders> says how far they are: it needs no site, as that may be gone then.

Who erases a site types its id. A visitor is named by the client.id of a document, or by the hash that a page sent (client.hash),
of which there may be a client for each day.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import delete

from accounts.errors import AccountError
from accounts.sites import drop_site, find_site
from accounts.tables import SiteRole
from dashboard import access
from dashboard.access import on_site, signed_in
from dashboard.opened import Opened
from dashboard.settings.desk import Desk, Problem
from dashboard.settings.queue import asked_queue
from hits import ledger, orders, workers
from hits.hit import LIMITS
from hits.queue import Queue
from hits.redis import QueueAway
from store.base import BOT_KINDS, KINDS

CLIENT_ID = re.compile(r"[0-9a-f]{32}")
ORDER_ID = re.compile(r"[0-9a-f]{32}")
MOST = 50  # clients of a hash that are erased at once
REDIS_AWAY = "Redis is away, and orders go through it: nothing is erased. Try again when it is back."
GONE = "There is no such order, or it was given more than a week ago."


@dataclass(frozen=True)
class Erasing:
    """How far orders are: `done` of `parts`, and `changed` documents and dead hits erased so far."""

    parts: int
    done: int
    changed: int
    at_work: bool

    @property
    def finished(self) -> bool:
        return self.done >= self.parts


def erase(pages: Blueprint, desk: Desk) -> None:
    opened = desk.opened

    @pages.get("/sites/<site>/settings/erase")
    @on_site("owner")
    def erase(site: str) -> ResponseReturnValue:
        return desk.show("erase")

    @pages.post("/sites/<site>/settings/erase/visitor")
    @on_site("owner")
    def erase_visitor(site: str) -> ResponseReturnValue:
        clients = _clients(opened, request.form.get("visitor", "").strip())
        if not clients:
            return desk.show("erase", Problem("Nothing of such a visitor is stored of this site.", "visitor", 404))
        return _ordered(desk, lambda queue: [orders.give(queue, "erase-client", client) for client in clients])

    @pages.post("/sites/<site>/settings/erase/data")
    @on_site("owner")
    def erase_data(site: str) -> ResponseReturnValue:
        if problem := _typed("data"):
            return desk.show("erase", problem)
        return _ordered(desk, lambda queue: [orders.give(queue, "erase-site", access.site().id)])

    @pages.post("/sites/<site>/settings/erase/site")
    @on_site("owner")
    def delete_site(site: str) -> ResponseReturnValue:
        if problem := _typed("site"):
            return desk.show("erase", problem)
        return _ordered(desk, lambda queue: [_delete(opened, queue, access.site().id)])

    @pages.get("/orders/<given>")
    @signed_in
    def progress(given: str) -> ResponseReturnValue:
        ids = given.split(",")
        if not all(ORDER_ID.fullmatch(id) for id in ids) or len(ids) > MOST:
            abort(404, GONE)
        try:
            with asked_queue(opened.settings) as queue:
                told = erasing(queue, ids, opened.settings.lease_seconds)
        except QueueAway:
            abort(503, "Redis is away, and knows how far the order is. It goes on when Redis is back.")
        if told is None:
            abort(404, GONE)
        return render_template("settings/orders.html", told=told)


def erasing(queue: Queue, ids: Sequence[str], lease_seconds: float) -> Erasing | None:
    """None if one is not known (any more), or erases nothing. Raises QueueAway."""
    found = [orders.progress(queue, id) for id in ids]
    known = [one for one in found if one is not None and one.order.what in ("erase-site", "erase-client")]
    if len(known) < len(ids):
        return None
    return Erasing(
        parts=sum(one.parts for one in known),
        done=sum(min(one.done, one.parts) for one in known),
        changed=sum(one.changed for one in known),
        at_work=bool(workers.alive(queue, lease_seconds)),
    )


def _ordered(desk: Desk, give: Callable[[Queue], Sequence[str]]) -> ResponseReturnValue:
    try:
        with asked_queue(desk.opened.settings) as queue:
            ids = give(queue)
    except AccountError as error:
        return desk.show("erase", Problem(str(error), "site", 400))
    except QueueAway:
        return desk.show("erase", Problem(REDIS_AWAY, "", 503))
    return Response(status=303, headers={"Location": url_for("site_settings.progress", given=",".join(ids))})


def _clients(opened: Opened, text: str) -> list[str]:
    """The ids of the site's clients that go by this id or hash. Raises StoreAway."""
    store, of_site = opened.store, {"term": {"site": access.site().id}}
    if CLIENT_ID.fullmatch(text.lower()):
        query = {"bool": {"filter": [of_site, {"term": {"client.id": text.lower()}}]}}
        if any(store.count(kind, query) for kind in (*KINDS, *BOT_KINDS)):
            return [text.lower()]
    if not text or len(text) > LIMITS["client_hash"]:
        return []
    body = {
        "size": 0,
        "query": {"bool": {"filter": [of_site, {"term": {"client.hash": text}}]}},
        "aggs": {"ids": {"terms": {"field": "client.id", "size": MOST}}},
    }
    found = [store.search(kind, body)["aggregations"]["ids"]["buckets"] for kind in ("client", "bot-client")]
    return [bucket["key"] for buckets in found for bucket in buckets][:MOST]


def _typed(field: str) -> Problem | None:
    """None where the form has the site's id in this field."""
    id = access.site().id
    return None if request.form.get(field, "").strip() == id else Problem(f"To be sure, type {id}.", field, 400)


def _delete(opened: Opened, queue: Queue, id: str) -> str:
    """Forget the site, and who has a role on it, and order its data erased. Raises AccountError and QueueAway: nothing is done
    then."""
    received = ledger.sites(queue).get(id, 0)
    with opened.accounts.change() as session:
        if row := find_site(session, id):
            drop_site(session, row, received)
        session.execute(delete(SiteRole).where(SiteRole.site == id))
        return orders.give(queue, "erase-site", id)
