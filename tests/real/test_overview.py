"""All sites at a glance, asked of all stores: numbers of each in its own days, by few searches."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from query.ask import ask
from query.overview import overview
from query.site import Site
from store.base import Document, Store
from tests.stores import Opener

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def view(opener: Opener, n: int, site: str, at: datetime, client: int, minutes: int = 0) -> list[Document]:
    """A visit of one view, that lasts for `minutes`."""
    base: dict[str, Any] = {"@timestamp": ms(at), "site": site, "client": {"num": client, "part": client % 64}}
    visit = {"id": f"v{n}", "started": ms(at), "ended": ms(at + timedelta(minutes=minutes))}
    return [
        opener.document("view", f"view{n}", {**base, "visit": {"id": f"v{n}"}}),
        opener.document("visit", f"v{n}", {**base, "visit": visit}),
    ]


@pytest.fixture
def store(stores: Opener) -> Store:
    store = stores(write=True)
    store.setup()
    visits = [
        ("a.example", NOW - timedelta(hours=1), 1, 0),
        ("a.example", NOW - timedelta(days=2), 1, 0),
        ("a.example", NOW - timedelta(days=2), 2, 0),
        ("a.example", NOW - timedelta(days=9), 3, 0),
        ("b.example", datetime(2026, 11, 18, 23, 50, tzinfo=UTC), 4, 20),  # in Berlin of the 19th; in UTC it lasts into it
        *(("c.example", NOW - timedelta(hours=2, seconds=n), n, 0) for n in range(300)),
    ]
    store.create([document for n, of in enumerate(visits) for document in view(stores, n, *of)])
    store.flush()
    store.refresh()
    return store


ZONES = {"a.example": "UTC", "b.example": "UTC", "c.example": "Europe/Berlin", "d.example": "UTC"}


def test_each_site_has_its_visitors_and_its_views_day_by_day(store: Store) -> None:
    found = overview(store, ZONES, 7, NOW)
    assert found["a.example"] == {"visitors": 2, "views": 3, "days": [0, 0, 0, 0, 2, 0, 1]}
    assert found["b.example"] == {"visitors": 1, "views": 0, "days": [0] * 7}  # who was there still, and viewed before
    assert found["c.example"] == {"visitors": 300, "views": 300, "days": [0, 0, 0, 0, 0, 0, 300]}
    assert found["d.example"] == {"visitors": 0, "views": 0, "days": [0] * 7}
    assert overview(store, {"b.example": "Europe/Berlin"}, 7, NOW)["b.example"]["days"] == [1, 0, 0, 0, 0, 0, 0]
    assert overview(store, ZONES, 30, NOW)["a.example"]["views"] == 4


def test_a_sites_visitors_are_those_that_its_own_page_tells(store: Store) -> None:
    found = overview(store, ZONES, 7, NOW)
    for site, zone in ZONES.items():
        question = {"site_id": site, "metrics": ["visitors", "pageviews"], "date_range": ["2026-11-19", "2026-11-25"]}
        (row,) = ask(store, question, Site(site, zone=zone), NOW)["results"]
        assert row["metrics"] == [found[site]["visitors"], found[site]["views"]], site


class Counting:
    """A store that counts what it is asked."""

    def __init__(self, store: Store):
        self._store, self.searches = store, 0

    def search(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        self.searches += 1
        return self._store.search(kind, body)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_a_thousand_sites_are_a_few_searches(stores: Opener) -> None:
    store = stores(write=True)
    store.setup()
    documents = [one for n in range(1000) for one in view(stores, n, f"site{n}.example", NOW - timedelta(hours=1), n)]
    store.create(documents)
    store.flush()
    store.refresh()
    counting = Counting(store)
    found = overview(counting, {f"site{n}.example": "UTC" for n in range(1000)}, 30, NOW)  # type: ignore[arg-type]
    assert {(of["visitors"], of["views"]) for of in found.values()} == {(1, 1)}
    assert counting.searches <= 3
