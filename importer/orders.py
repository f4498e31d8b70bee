"""Carrying out orders (hits/orders.py): what changes stored data is done here, between turns, by who holds the partitions.

An order's part of a partition may be cut short anywhere and done again: first what Redis holds goes, and a mark that
drops hits on their way; then the documents; then the order is taken off the partition's list.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from hits import orders
from hits.dead import DeadLetter
from hits.orders import Order
from hits.queue import Queue, Settlement
from hits.redis import redis_errors
from importer import state
from importer.facts import Drop, Facts
from importer.returned import entry_of
from store.base import BOT_KINDS, KINDS, Store

SCAN = 500  # states, or documents, looked at together
CLIENT_KINDS = ("client", "bot-client")
VISIT_KINDS = tuple(kind for kind in (*KINDS, *BOT_KINDS) if kind not in CLIENT_KINDS)
AHEAD = 5 * 60 * 1000  # how far ahead of its arrival a hit's own time may lie (ms)


def carry_out(queue: Queue, store: Store, held: dict[int, bytes], now: int) -> list[tuple[Order, int]]:
    """Do each held partition's first order, if it has one; the orders and how much each changed.

    Raises Fenced, QueueAway and StoreAway; what was begun is done again then.
    """
    groups: dict[str, tuple[Order, list[int]]] = {}
    for number in held:
        order = orders.first(queue, number)
        if order:
            groups.setdefault(order.id, (order, []))[1].append(number)
    return [(order, _carry_out(queue, store, order, {n: held[n] for n in numbers}, now)) for order, numbers in groups.values()]


def _carry_out(queue: Queue, store: Store, order: Order, held: dict[int, bytes], now: int) -> int:
    changed = dict.fromkeys(held, 0)
    erases = order.what in ("erase-site", "erase-client")
    for number, token in held.items():
        if erases:
            # Before their states go, by which the order would find them again if it is cut short here.
            open_ones = [client for client in _states(queue, number) if order.target in (client.site, client.id)]
            changed[number] += _erase_visits(store, open_ones)
        changed[number] += _in_redis(queue, order, number, token, now)
    if erases:
        changed[min(held)] += _erase_documents(store, order)
    for number, token in held.items():
        orders.report(queue, order, number, changed[number])
        queue.settle(number, token, Settlement(now=now, end_order=True))
    return sum(changed.values())


def _in_redis(queue: Queue, order: Order, number: int, token: bytes, now: int) -> int:
    """What an order changes of a partition's states and dead letters; how many dead letters it was."""
    settlement = Settlement(now=now)
    if order.what in ("erase-site", "erase-client"):
        settlement.erased[order.target] = order.given
        for client in _states(queue, number):
            if order.target in (client.site, client.id):
                settlement.gone.append(client.id)
                for waiting in client.waiting.values():
                    _move(settlement, waiting.facts, "waiting", f"dropped:{Drop.ERASED}")
    for letter, facts in _dead(queue, number):
        if not _concerns(order, letter, facts):
            continue
        if order.what == "retry-dead":
            if facts is None:
                continue  # nobody could read it
            settlement.back.append(entry_of(facts))
            settlement.count(letter.received, letter.way, "dead", letter.site, -1)
        else:
            drop = Drop.DISCARDED if order.what == "drop-dead" else Drop.ERASED
            settlement.count(letter.received, letter.way, "dead", letter.site, -1)
            settlement.count(letter.received, letter.way, f"dropped:{drop}", letter.site)
        settlement.dead_gone.append(letter.receipt)
    queue.settle(number, token, settlement)
    return len(settlement.dead_gone)


def _concerns(order: Order, letter: DeadLetter, facts: Facts | None) -> bool:
    if order.what == "erase-site":
        return letter.site == order.target
    if order.what == "erase-client":
        return facts is not None and order.target in facts.clients
    return order.target in ("", letter.receipt)


def _erase_visits(store: Store, clients: list[state.Client]) -> int:
    """All documents of clients' open visits, also of hits that came after the order: they are about what is erased."""
    visits = [visit.id for client in clients for visit in client.visits]
    n = 0
    for field, ids, kinds in (("visit.id", visits, VISIT_KINDS), ("client.id", [client.id for client in clients], CLIENT_KINDS)):
        for start in range(0, len(ids), SCAN):
            n += sum(store.delete(kind, {"terms": {field: ids[start : start + SCAN]}}) for kind in kinds)
    store.flush()
    return n


def _erase_documents(store: Store, order: Order) -> int:
    """Documents up to the moment of the order; what comes after it stays."""
    target = {"term": {"site" if order.what == "erase-site" else "client.id": order.target}}
    upto = {"bool": {"filter": [target, {"range": {"@timestamp": {"lte": order.given}}}]}}
    ahead = {"bool": {"filter": [target, {"range": {"@timestamp": {"gt": order.given, "lte": order.given + AHEAD}}}]}}
    n = 0
    for kind in (*KINDS, *BOT_KINDS):
        n += store.delete(kind, upto)
        # A hit may say that it is of some minutes to come; its receipt tells when it really came.
        early = [hit["_id"] for hit in store.scan(kind, ahead) if _arrived(hit["_source"]) <= order.given]
        for start in range(0, len(early), SCAN):
            n += store.delete(kind, {"ids": {"values": early[start : start + SCAN]}})
    store.flush()
    return n


def _arrived(source: Mapping[str, Any]) -> int:
    """When a document's hit was received (ms), by its receipt: a UUIDv7 begins with 48 bits of time (RFC 9562, 5.7)."""
    return int(str(source["hit"].get("receipt", "0")).replace("-", "")[:12], 16)


def _move(settlement: Settlement, facts: Facts, before: str, after: str) -> None:
    settlement.count(facts.received, facts.way, before, facts.site, -1)
    settlement.count(facts.received, facts.way, after, facts.site)


def _states(queue: Queue, number: int) -> Iterator[state.Client]:
    client = queue.client_of(number)
    with redis_errors(client):
        for _, blob in client.hscan_iter(queue.partition(number).clients, count=SCAN):
            yield state.decode(blob)


def _dead(queue: Queue, number: int) -> list[tuple[DeadLetter, Facts | None]]:
    client = queue.client_of(number)
    with redis_errors(client):
        letters = [msgspec.json.decode(text, type=DeadLetter) for text in client.hvals(queue.partition(number).dead)]
    return [(one, msgspec.json.decode(one.facts, type=Facts) if bytes(one.facts) != b"{}" else None) for one in letters]
