"""The whole way of other trackers' requests: what they send to the collector lies in documents of either store."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client

from collect.app import create_app
from hits.snapshot import KeyRow, SiteRow, Snapshot, key_hash, publish
from metrics.tally import Tally
from tests.real.system import Start, System

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
HEADERS = {"User-Agent": BROWSER, "Accept-Language": "de-AT,de;q=0.9", "Referer": "https://example.com/"}
WEBSITE = "b59e9c65-ae32-47f1-8400-119fcf4861c4"
KEY = "a key of example.com"
SNAPSHOT = Snapshot(
    (SiteRow("example.com", ("example.com",), foreign=(f"umami:{WEBSITE}",), identify=True),),
    {key_hash(KEY): KeyRow("server", ("write",), "example.com")},
)


@pytest.fixture
def one(system: Start, store_url: str) -> System:
    one = system(store_url)
    publish(one.client, one.settings.redis_prefix, SNAPSHOT)
    return one


@pytest.fixture
def client(one: System) -> Client:
    return create_app(one.settings, one.intake, tally=Tally(None, "")).test_client()


def post(client: Client, path: str, body: Any, **headers: str) -> int:
    return client.post(path, data=json.dumps(body), headers={**HEADERS, **headers}).status_code


def plausible(client: Client) -> None:
    def event(name: str, **more: Any) -> None:
        assert post(client, "/api/event", {"n": name, "u": "https://example.com/a", "d": "example.com", **more}) == 202

    event("pageview", r="https://duckduckgo.com/", p={"author": "Ann"})
    event("Outbound Link: Click", p={"url": "https://other.example/x?y=1", "plan": "pro"})
    for more in (2000, 1500):
        event("engagement", sd=60, e=more)
    event("Order", **{"$": {"amount": "12.50", "currency": "EUR"}})


def umami(client: Client) -> None:
    def send(type: str = "event", **more: Any) -> None:
        payload = {"website": WEBSITE, "hostname": "example.com", "url": "https://example.com/a", "id": "u-1", **more}
        assert post(client, "/api/send", {"type": type, "payload": payload}) == 200

    send("identify", data={"plan": "pro"})
    send(title="Shop", screen="1920x1080", language="de-AT", referrer="https://duckduckgo.com/", tag="b")
    send(name="signup", data={"cart": {"items": 2}})
    send("performance", lcp=1200.5)
    send("engagement", engagement=3500)


def goatcounter(client: Client) -> None:
    def count(query: str) -> None:
        assert client.get("/count?" + query, headers=HEADERS).status_code == 200

    count("p=/a&t=Shop&s=1920,1080,1&r=https%3A%2F%2Fduckduckgo.com%2F")
    count("p=signup&t=Sign%20up&e=true")
    hits = [{"path": "/b", "user_agent": BROWSER, "ip": "203.0.113.7", "created_at": "2026-11-01T12:00:00Z"}]
    assert post(client, "/api/v0/count", {"hits": hits}, Authorization=f"Bearer {KEY}") == 202


def imported(one: System, client: Client, sends: Callable[[Client], None]) -> dict[str, list[Any]]:
    """All documents of what was sent."""
    sends(client)
    importer = one.start("import")
    ledger = one.imported()
    assert ledger.balanced
    assert not ledger.dropped
    importer.terminate()
    importer.wait(30)
    return {kind: list(one.documents(kind)) for kind in ("client", "visit", "view", "event")}


def by_name(events: list[Any]) -> dict[str, Any]:
    return {said["event"]["name"]: said for said in events}


def test_plausible(one: System, client: Client) -> None:
    found = imported(one, client, plausible)
    (visit,), (view,), events = found["visit"], found["view"], by_name(found["event"])
    out, order = events["exit"], events["Order"]
    assert (view["hit"]["way"], view["url"]) == ("plausible", {"domain": "example.com", "path": "/a"})
    assert view["event"] == {"data": {"author": "Ann"}}
    assert (view["view"]["engaged_seconds"], view["view"]["scroll_percent"]) == (3.5, 60)
    assert out["event"] == {"name": "exit", "value": "https://other.example/x", "data": {"plan": "pro"}}
    assert (order["event"]["name"], order["revenue"]) == ("Order", {"amount": 12.5, "currency": "EUR"})
    assert out["view"] == order["view"] == {"id": view["view"]["id"]}
    assert (visit["traffic"]["source"], visit["visit"]["bounced"]) == ("DuckDuckGo", 0)
    assert one.ledger().by_way == {"plausible": 5}


def test_umami(one: System, client: Client) -> None:
    found = imported(one, client, umami)
    (known,), (visit,), (view,) = found["client"], found["visit"], found["view"]
    events = by_name(found["event"])
    signup, vitals = events["signup"], events["vitals"]
    assert (view["hit"]["way"], view["page"], view["event"]) == ("umami", {"title": "Shop"}, {"data": {"tag": "b"}})
    assert view["view"]["engaged_seconds"] == 3.5
    assert (known["client"]["hash"], known["client"]["traits"]) == ("u-1", {"plan": "pro"})
    assert view["client"]["traits"] == {"plan": "pro"}
    assert set(events) == {"identify", "signup", "vitals"}
    assert signup["event"]["data"] == {"cart.items": "2"}
    assert vitals["event"] == {"name": "vitals", "value": "1200.5", "number": 1200.5, "data": {"metric": "LCP"}}
    assert signup["view"] == vitals["view"] == {"id": view["view"]["id"]}
    assert visit["visit"]["views"] == 1
    assert one.ledger().by_way == {"umami": 5}


def test_goatcounter(one: System, client: Client) -> None:
    found = imported(one, client, goatcounter)
    (signup,) = found["event"]
    of_server, view = sorted(found["view"], key=lambda said: said["@timestamp"])
    assert (view["hit"]["way"], view["url"]["path"], view["screen"]["size"]) == ("goatcounter", "/a", "1920x1080")
    assert (view["page"]["title"], view["traffic"]["source"]) == ("Shop", "DuckDuckGo")
    assert signup["event"] == {"name": "signup", "data": {"title": "Sign up"}}
    assert (of_server["hit"]["way"], of_server["url"]["path"]) == ("goatcounter-api", "/b")
    assert of_server["@timestamp"] == "2026-11-01T12:00:00.000Z"
    assert of_server["client"]["id"] != view["client"]["id"]
    assert one.ledger().by_way == {"goatcounter": 2, "goatcounter-api": 1}
