"""What trackers tell of a visitor bit by bit: traits, and engagement since they last told."""

import json
from itertools import permutations
from typing import Any

from hits.snapshot import SiteRow, Snapshot
from importer import state
from importer.document import client_document, hit_documents, known_of, visit_document
from importer.facts import Facts
from importer.steps.page import put_page
from importer.visits import Visits
from tests.unit.collecting import Collected
from tests.unit.steps import put

MINUTE = 60_000
TRAITS = [{"plan": "free", "team": "red"}, {"plan": "pro"}, {}]


def facts(n: int, kind: str = "view", **fields: Any) -> Facts:
    given = {"view": "v", "domain": "example.com", "path": "/", **fields}
    received = n * MINUTE
    return Facts(
        id=f"{n:032x}", receipt="r", kind=kind, way="hit", site="example.com", time=received, received=received,
        clients=("c" * 32,), **given,
    )  # fmt: skip


def visited(*all: Facts) -> state.Client:
    visits = Visits({}, lambda time: "2026.11")
    for one in all:
        visits.add(one, one.time)
    (client,) = visits.clients.values()
    client.known = visits.glimpses[client.id]
    return state.decode(state.encode(client))


def of_client(client: state.Client) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(client_document(client, client.known["2026.11"]))
    return said


def test_a_clients_traits_are_those_that_were_told_last_in_whatever_order() -> None:
    told = [facts(n, view=f"v{n}", traits=traits) for n, traits in enumerate(TRAITS, 1)]
    for order in permutations(told):
        assert of_client(visited(*order))["client"]["traits"] == {"plan": "pro", "team": "red"}


def test_a_visits_documents_tell_the_traits_of_its_start() -> None:
    client = visited(*(facts(n, view=f"v{n}", traits=traits) for n, traits in enumerate(TRAITS, 1)))
    (visit,) = client.visits
    documents = [visit_document(visit, MINUTE, 3 * MINUTE), *hit_documents(visit, [(hit, "") for hit in visit.hits.values()])]
    assert [json.loads(document)["client"]["traits"] for document in documents] == [TRAITS[0]] * 4


def test_traits_of_a_client_whose_state_is_gone_are_read_from_its_document() -> None:
    document = of_client(visited(facts(1, traits=TRAITS[0])))
    known = known_of(document)
    assert known.traits == {"plan": (MINUTE, "free"), "team": (MINUTE, "red")}
    assert json.loads(client_document(visited(facts(1)), known))["client"]["traits"] == TRAITS[0]


def test_a_client_has_no_more_traits_than_an_event_has_data() -> None:
    many = [facts(n, view=f"v{n}", traits={f"t{n}.{k}": "x" for k in range(20)}) for n in range(1, 4)]
    traits = of_client(visited(*many))["client"]["traits"]
    assert len(traits) == 30
    assert {name.partition(".")[0] for name in traits} == {"t2", "t3"}


def test_a_client_without_traits_has_none_in_its_document() -> None:
    assert "traits" not in of_client(visited(facts(1)))["client"]


def test_a_page_may_tell_traits_where_its_site_allows_it() -> None:
    for sites, taken in (((SiteRow("example.com", identify=True),), {"plan": "pro"}), ((SiteRow("example.com"),), {}), ((), {})):
        collected = Collected()
        collected.sites.current = lambda sites=sites: Snapshot(sites)  # type: ignore[method-assign]
        assert collected.post({"url": "https://example.com/", "traits": {"plan": "pro", "none": None}}).status_code == 202
        assert collected.hit.traits == taken


def test_engagement_since_the_last_is_added_up_in_any_order_and_once() -> None:
    pulses = [facts(n, "engagement", view="", engaged_more=n * 1000, scroll=n) for n in (2, 3, 4)]
    for order in permutations(pulses):
        client = visited(facts(1), *order, *order)
        (visit,) = client.visits
        (document,) = hit_documents(visit, [(hit, hit.view) for hit in visit.hits.values()])
        assert json.loads(document)["view"] == {"id": "v", "engaged_seconds": 9.0, "scroll_percent": 4}


def test_a_views_activity_is_the_highest_total_that_was_told() -> None:
    pulses = [facts(n, "engagement", view="v", engaged=n * 1000, activity=count) for n, count in ((2, 3), (3, 9), (4, 5))]
    for order in permutations(pulses):
        (visit,) = visited(facts(1), *order).visits
        (document,) = hit_documents(visit, [(hit, hit.view) for hit in visit.hits.values()])
        assert json.loads(document)["view"]["activity"] == 9


def test_what_stands_behind_the_hash_is_a_page_only_if_the_tracker_says_so() -> None:
    url = "https://example.com/app?q=1#/cart"
    assert put(put_page, url=url).path == "/app"
    assert put(put_page, url=url, hash=True).path == "/app#/cart"
    assert put(put_page, url="https://example.com/app#", hash=True).path == "/app"
