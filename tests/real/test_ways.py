"""One visit and one event in each format of other trackers, from the request to the documents."""

import json
import time
from itertools import count
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import Client

from collect.app import create_app
from hits.snapshot import KeyRow, Snapshot, SnapshotReader, key_hash, publish
from metrics.tally import Tally
from tests.real.system import Start
from tests.running import CHROME

PAGE = "https://shop.example/lime"
ALCO = {"projectId": 1, "page": {"url": PAGE, "title": "Lime", "referrer": ""}, "client": {}, "session": {}}


def send(client: Client) -> None:
    """As different browsers, so that each way has a visit of its own."""

    def headers(way: str) -> dict[str, str]:
        return {"User-Agent": CHROME, "Accept-Language": f"de-AT,de;q=0.8,{way};q=0.1", "Referer": PAGE + "?secret=1"}

    def get(way: str, path: str, **given: Any) -> None:
        assert client.get(f"{path}?{urlencode(given)}", headers=headers(way)).status_code == 200

    matomo = {"idsite": 3, "rec": 1, "url": PAGE, "pv_id": "aB3xY9", "_id": "0123456789abcdef"}
    get("matomo", "/matomo.php", **matomo, action_name="Lime")
    get("matomo", "/matomo.php", **matomo, idgoal=0, ec_id="A-1", revenue="8.5", currency="EUR", ec_items='[["A1","Lime"]]')
    get("fathom", "/collect", id="aZ0bY1cX2dW3eV4fU5gT", h="https://shop.example", p="/lime", r="", sid="ABCDE")
    get("crumby", "/7.gif", v=1, t="visit", cid="7", dl=PAGE, dt="Lime", de="UTF-8", sr="1920x1080", sd="24-bit", ul="de")
    get("crumby", "/7.gif", v=1, t="event", cid="7", dl=PAGE, en="vote", ev="up")
    for message in ({**ALCO, "name": "pageview"}, {**ALCO, "name": "taste", "data": {"how": "sour"}}):
        assert client.post("/track", json=message, headers=headers("alcolytics")).status_code == 200
    body = json.dumps({"value": "up", "data": {"how": "fast"}})
    assert client.post("/event/0123/vote", data=body, headers=headers("original")).status_code == 200
    hook = client.post("/webhook/shop.example/payment/paid", json={"sum": 5}, headers={"Authorization": "Bearer secret"})
    assert hook.status_code == 200


def test_every_format_arrives_in_documents_and_in_the_ledger(system: Start) -> None:
    one = system("embedded")
    publish(one.client, one.settings.redis_prefix, Snapshot(keys={key_hash("secret"): KeyRow("hook", ("write",))}))
    sites = SnapshotReader(one.client, one.settings.redis_prefix)
    seconds = count(time.time() - 60)
    send(create_app(one.settings, one.intake, sites, lambda: next(seconds), tally=Tally(None, "")).test_client())
    one.start("import")
    ledger = one.imported()
    assert (ledger.stored, ledger.dropped, ledger.dead, ledger.balanced) == (9, {}, 0, True)
    ways = {"matomo": 2, "fathom": 1, "crumby": 2, "alcolytics": 2, "original": 1, "webhook": 1}
    assert ledger.by_way == ways

    views = {source["hit"]["way"]: source for source in one.documents("view")}
    assert set(views) == {"matomo", "fathom", "crumby", "alcolytics"}
    assert {source["url"]["path"] for source in views.values()} == {"/lime"}
    assert {way: source.get("page", {}).get("title") for way, source in views.items()} == {
        "matomo": "Lime", "fathom": None, "crumby": "Lime", "alcolytics": "Lime",
    }  # fmt: skip
    crumby = views["crumby"]
    assert (crumby["document"], crumby["screen"]) == ({"encoding": "UTF-8"}, {"size": "1920x1080", "depth": 24})
    assert (crumby["language"], crumby["language_header"]) == ("de", "de-AT,de;q=0.8,crumby;q=0.1")
    assert crumby["http"]["request"]["referrer_header"] == PAGE

    events = {source["hit"]["way"]: source for source in one.documents("event")}
    said = {way: tuple(source["event"].get(name) for name in ("name", "value", "data")) for way, source in events.items()}
    assert said == {
        "matomo": ("purchase", "A-1", {"items.sku": "A1", "items.name": "Lime"}),
        "crumby": ("vote", "up", None),
        "alcolytics": ("taste", None, {"how": "sour"}),
        "original": ("vote", "up", {"how": "fast"}),
        "webhook": ("payment.paid", None, {"sum": "5"}),
    }
    assert events["matomo"]["revenue"] == {"amount": 8.5, "currency": "EUR"}
    assert events["matomo"]["view"]["id"] == views["matomo"]["view"]["id"]
    assert [source["client"].get("hash") for source in one.documents("client") if source["hit"]["way"] == "crumby"] == ["7"]
