"""Whatever the order, the repeats and the crashes: documents and ledger are what the plain model says."""

from collections.abc import Iterator

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hits.hit import Hit
from importer import pipeline
from importer.document import iso
from importer.facts import Facts
from importer.index import index_period
from tests.memory_store import MemoryStore
from tests.model import Model
from tests.way import CONTEXT, PARTITIONS, Way, hit, receipts


@pytest.fixture(scope="module")
def client(redis_url: str) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(redis_url)
    yield client
    client.close()


@st.composite
def deliveries(draw: st.DrawFn) -> list[tuple[list[Hit], list[int], bool]]:
    """Hits of three clients around midnight, in batches, in any order, some twice, with crashes and documents put off."""
    hits: list[Hit] = []
    names = [f"v{n}" for n in range(4)]
    for n in range(draw(st.integers(1, 14))):
        who = draw(st.sampled_from(["a", "b", "c"]))
        kind = draw(st.sampled_from(["view", "view", "event", "engagement"]))
        minute = draw(st.one_of(st.integers(-90, 120), st.sampled_from([-1440, -29, 0, 1, 1380])))
        page = draw(st.sampled_from(["/", "/pricing", "/docs"]))
        fields: dict[str, object] = {"url": f"https://example.com{page}", "id": f"{who}{n}"}
        if kind == "view":
            fields |= {"view": f"{who}-{names[n]}" if n < len(names) else "", "title": f"Title {n}"}
            fields |= {"referrer": draw(st.sampled_from(["", "https://news.ycombinator.com/item?id=1"]))}
        else:
            fields |= {"view": f"{who}-{draw(st.sampled_from(names))}" if draw(st.booleans()) else ""}
        if kind == "event":
            fields |= {"name": draw(st.sampled_from(["signup", "play"])), "interactive": draw(st.booleans())}
        if kind == "engagement":
            fields |= {"engaged": draw(st.integers(0, 90_000)), "scroll": draw(st.integers(0, 100))}
        hits.append(hit(kind, who, minute, **fields))
    again = [replace_receipt(draw(st.sampled_from(hits))) for _ in range(draw(st.integers(0, 4)))]
    order = draw(st.permutations(hits + again))
    batches = []
    while order:
        n = draw(st.integers(1, len(order)))
        crashes = draw(st.lists(st.integers(1, 14), max_size=2))
        batches.append((order[:n], crashes, draw(st.booleans())))
        order = order[n:]
    return batches


def replace_receipt(one: Hit) -> Hit:
    fields = {name: getattr(one, name) for name in one.__struct_fields__}
    return Hit(**{**fields, "receipt": f"{next(receipts):032x}"})


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(batches=deliveries())
def test_documents_and_ledger_are_what_the_plain_model_says(client, redis_prefix, batches) -> None:
    way = Way(client, redis_prefix, MemoryStore())
    model = Model(index_period("month"))
    for hits, crashes, put_off in batches:
        way.deliver(hits, crashes, put_off)
        for number in range(PARTITIONS):
            facts = [_facts(one) for one in hits if way.queue.partition_of(one) == number]
            model.deliver(facts)
    way.turn(due=True)
    _same(way, model)


def _facts(one: Hit) -> Facts:
    facts = pipeline.run(one, CONTEXT)
    assert isinstance(facts, Facts)
    return facts


def _same(way: Way, model: Model) -> None:
    visits = {source["visit"]["id"]: source for source in way.store.of("visit")}
    assert len(visits) == len(model.visits)
    by_first = {(source["client"]["id"], source["visit"]["started"]): source for source in visits.values()}
    for visit in model.visits:
        expected = visit.document()
        source = by_first[visit.client, expected["started"]]
        said = source["visit"]
        for name in ("started", "ended", "duration_seconds", "views", "events", "bounced", "steps", "entry_path"):
            assert said[name] == expected[name], name
        assert said.get("exit_path") == expected["exit_path"]
        assert sorted(said["pages"]) == expected["pages"]
        assert sorted(said["event_names"]) == expected["event_names"]
        referrer = source.get("http", {}).get("request", {}).get("referrer", "")
        assert referrer == expected["referrer"]
        for one in visit.hits:
            _same_hit(way, visit, one, source)
    hits = way.store.of("view") + way.store.of("event")
    assert len(hits) == sum(len(visit.hits) for visit in model.visits)
    _same_clients(way, model)
    found = way.ledger()
    assert found.balanced
    assert found.received == model.ledger["received"]
    assert found.stored == model.ledger["stored"]
    assert found.dropped == ({"repeat": model.ledger["repeat"]} if model.ledger["repeat"] else {})
    assert (found.queued, found.in_hand, found.dead) == (len(model.waiting), 0, 0)


def _same_hit(way: Way, visit, one: Facts, of: dict) -> None:
    source = way.store.documents[f"fizzstat-{one.kind}-{index_period('month')(one.time)}", one.id]
    assert source["@timestamp"] == iso(one.time)
    assert source["visit"]["id"] == of["visit"]["id"]
    assert source["visit"]["entry_path"] == of["visit"]["entry_path"]
    assert source["traffic"] == of["traffic"]
    if one.kind == "view":
        assert source["view"] == {"id": one.view, "engaged_seconds": one.engaged / 1000, "scroll_percent": one.scroll}
        assert source["page"]["title"] == one.title
    else:
        assert source.get("view", {}).get("id") == visit.view_of(one)
        assert source["event"]["name"] == one.name


def _same_clients(way: Way, model: Model) -> None:
    clients = {source["client"]["id"]: source["client"] for source in way.store.of("client")}
    assert set(clients) == {client for client, _ in model.seen}
    for client, _ in model.seen:
        times = [one.time for (id, _), hits in model.seen.items() if id == client for one in hits]
        assert clients[client]["first_seen"] == iso(min(times))
        assert clients[client]["last_seen"] == iso(max(times))
