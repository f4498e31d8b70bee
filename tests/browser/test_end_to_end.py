"""The whole way: a real browser opens the demo's pages, moves about and leaves; the visit lies enriched in both stores."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet
from playwright.sync_api import BrowserContext, Page

from tests.running import FizzStat
from tests.servers import until

PLACE = {
    "continent": {"code": "EU"},
    "country": {"iso_code": "NZ"},
    "subdivisions": [{"iso_code": "WGN", "names": {"en": "Wellington"}}],
    "city": {"names": {"en": "Wellington"}},
    "location": {"latitude": -41.29, "longitude": 174.78, "time_zone": "Pacific/Auckland", "accuracy_radius": 20},
}
KINDS = ("client", "visit", "view", "event")


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """A database in which this machine lies in Wellington."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="GeoLite2-City")
    writer.insert_network(IPSet(["127.0.0.0/8", "::1/128"]), PLACE)
    writer.to_db_file(str(tmp_path / "places.mmdb"))
    return tmp_path / "places.mmdb"


@pytest.fixture(params=["embedded", "elasticsearch_8", "elasticsearch_9"])
def fizzstat(request: pytest.FixtureRequest, tmp_path: Path, places: Path, index_prefix: str) -> Iterator[FizzStat]:
    store = "embedded" if request.param == "embedded" else request.getfixturevalue(request.param)
    settings = {"store_url": store, "index_prefix": index_prefix, "geoip_db": str(places), "batch_seconds": "0.05"}
    with FizzStat(tmp_path / "data", **settings) as fizzstat:
        yield fizzstat


def settled(fizzstat: FizzStat, enough: Callable[[dict[str, Any]], bool]) -> dict[str, list[dict[str, Any]]]:
    """All documents, once nothing is on its way and they are enough."""

    def look() -> dict[str, list[dict[str, Any]]] | None:
        ledger = fizzstat.ledger()
        assert ledger["balanced"]
        if ledger["queued"] or ledger["in_hand"]:
            return None
        found = {kind: fizzstat.documents(kind) for kind in KINDS}
        return found if found["visit"] and enough(found["visit"][0]["visit"]) else None

    found: dict[str, list[dict[str, Any]]] = until(look, "the visit to be stored", 40)
    return found


def test_a_browsers_visit_lies_enriched_in_the_store(fizzstat: FizzStat, context: BrowserContext, page: Page) -> None:
    demo = f"{fizzstat.collector}/demo"
    context.route("https://example.org/**", lambda route: route.fulfill(body="elsewhere"))
    page.goto(demo, referer="https://duckduckgo.com/")
    page.get_by_role("button", name="Order Lime").click()
    page.get_by_role("link", name="How we brew").first.click()
    page.wait_for_url("**/demo/docs")
    page.keyboard.press("End")
    page.get_by_role("link", name="Pricing").first.click()
    page.wait_for_url("**/demo/pricing")
    page.get_by_role("link", name="Yearly").click()
    page.wait_for_url("**/demo/pricing/yearly")
    page.get_by_role("link", name="Sodas").first.click()
    page.wait_for_url("**/demo")
    page.get_by_role("link", name="example.org").click()
    page.wait_for_url("https://example.org/**")

    pages = ["/demo", "/demo/docs", "/demo/pricing", "/demo/pricing/yearly"]
    found = settled(fizzstat, lambda visit: "exit" in visit["event_names"] and visit["views"] == 5)
    (client,), (visit,), views, events = (found[kind] for kind in KINDS)

    said = visit["visit"]
    assert said["pages"] == pages
    assert (said["entry_path"], said["exit_path"], said["bounced"]) == ("/demo", "/demo", 0)
    assert sorted(said["event_names"]) == ["entry", "exit", "order"]
    walked = [(kind, name) for _, kind, name in said["steps"] if name != "entry"]
    assert walked == [
        ("view", "/demo"),
        ("event", "order"),
        ("view", "/demo/docs"),
        ("view", "/demo/pricing"),
        ("view", "/demo/pricing/yearly"),
        ("view", "/demo"),
        ("event", "exit"),
    ]
    assert said["duration_seconds"] > 0

    assert visit["traffic"] == {"channel": "Organic Search", "source": "DuckDuckGo", "referrer_domain": "duckduckgo.com"}
    for document in (client, visit, *views, *events):
        assert document["site"] == "127.0.0.1"
        assert document["client"]["id"] == client["client"]["id"]
        assert document["client"]["geo"]["country_iso_code"] == "NZ"
        assert document["client"]["geo"]["city_name"] == "Wellington"
        assert document["client"]["geo"]["region_iso_code"] == "NZ-WGN"
        assert document["user_agent"]["name"] == "Chrome"
        assert document["user_agent"]["os"]["name"] == "Linux"
        assert document["user_agent"]["device"]["type"] == "desktop"
        assert document["language"] == "de-DE"
        assert document["screen"]["size"] == "1920x1080"
        assert document["visit"]["id"] == said["id"]
        assert "127.0.0.1" not in str({**document, "site": "", "url": "", "http": "", "traffic": ""})

    by_path = {view["url"]["path"]: view for view in views}
    assert len(views) == 5
    assert by_path["/demo/docs"]["view"]["scroll_percent"] == 100
    assert by_path["/demo/docs"]["page"]["title"] == "How we brew: Pop & Daughters"
    assert any(view["view"]["engaged_seconds"] > 0 for view in views)

    by_name = {event["event"]["name"]: event for event in events}
    assert by_name["entry"]["event"]["value"] == "https://duckduckgo.com/"
    assert by_name["exit"]["event"]["value"].startswith("https://example.org/bubbles")
    assert by_name["order"]["event"]["value"] == "Lime"
    assert by_name["order"]["view"]["id"] in {view["view"]["id"] for view in views if view["url"]["path"] == "/demo"}
