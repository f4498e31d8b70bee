"""Orders: whoever wants to change what is stored puts an order on the queue, and the importers carry it out.

An order goes to every partition, since each is changed by the holder of its lease alone. Doing one twice does no harm,
so a worker that is killed in the middle of one is followed by another that does it again.
"""

from typing import Literal
from uuid import uuid4

import msgspec

from hits.days import now_ms
from hits.queue import Queue
from hits.redis import redis_errors
from hits.scripts import SCRIPTS

KEEP = 7 * 24 * 3600  # seconds that an order's outcome can be asked for

What = Literal["erase-site", "erase-client", "retry-dead", "drop-dead"]


class Order(msgspec.Struct, kw_only=True):
    """`target` is the site, the client's id, or the receipt of a dead letter ("" for all). `given` is ms."""

    id: str
    what: What
    target: str = ""
    given: int = 0


class Progress(msgspec.Struct, kw_only=True):
    """How many partitions did their part, and how many documents and dead letters that concerned so far."""

    order: Order
    parts: int
    done: int
    changed: int

    @property
    def finished(self) -> bool:
        return self.done >= self.parts


def give(queue: Queue, what: What, target: str = "") -> str:
    """The new order's id. Raises QueueAway."""
    order = Order(id=uuid4().hex, what=what, target=target, given=now_ms())
    text = msgspec.json.encode(order)
    name = _key(queue, order.id)
    queue.ask(lambda pipe, keys: pipe.exists(keys.orders))  # no Redis gets it while another is away
    with redis_errors(queue.client):
        queue.client.hset(name, mapping={"order": text, "parts": len(queue.partitions)})
        queue.client.expire(name, KEEP)
    queue.ask(lambda pipe, keys: pipe.rpush(keys.orders, text))
    return order.id


def progress(queue: Queue, order_id: str) -> Progress | None:
    """None for an order that is not known (any more). Raises QueueAway."""
    with redis_errors(queue.client):
        fields = {name.decode(): value for name, value in queue.client.hgetall(_key(queue, order_id)).items()}
    if "order" not in fields:
        return None
    parts = [int(value) for name, value in fields.items() if name.startswith("part:")]
    order = msgspec.json.decode(fields["order"], type=Order)
    return Progress(order=order, parts=int(fields["parts"]), done=len(parts), changed=sum(parts))


def first(queue: Queue, partition: int) -> Order | None:
    """The order that a partition's holder has to do next. Raises QueueAway."""
    client = queue.client_of(partition)
    with redis_errors(client):
        text = client.lindex(queue.partition(partition).orders, 0)
    return msgspec.json.decode(text, type=Order) if text else None


def report(queue: Queue, order: Order, partition: int, changed: int) -> None:
    """Say that a partition's part is done. Raises QueueAway."""
    SCRIPTS["note"].run(queue.client, [_key(queue, order.id)], [f"part:{queue.partition(partition).title}", changed])


def _key(queue: Queue, order_id: str) -> str:
    return f"{queue.prefix}:order:{order_id}"
