"""Requests in the formats of other trackers, and what becomes of them: for the tests of the foreign ways in."""

from typing import Any
from urllib.parse import urlencode

from werkzeug.test import TestResponse

from hits.hit import Hit
from hits.snapshot import SiteRow, Snapshot
from tests.running import CHROME
from tests.unit.collecting import Collected

GIF = b"GIF89a"
BROWSER = {"User-Agent": CHROME, "Accept-Language": "de-AT,de;q=0.8"}


def get(collected: Collected, path: str, headers: dict[str, str] | None = None, **parameters: Any) -> TestResponse:
    return collected.client.get(f"{path}?{urlencode(parameters)}", headers={**BROWSER, **(headers or {})})


def post(collected: Collected, path: str, body: Any, headers: dict[str, str] | None = None) -> TestResponse:
    """A dict as a form, bytes as they are."""
    sent = body if isinstance(body, bytes) else urlencode(body).encode()
    return collected.client.post(path, data=sent, headers={**BROWSER, **(headers or {})})


def told(hit: Hit, expected: dict[str, Any]) -> dict[str, Any]:
    """What a hit says of the fields that are expected, to be compared with these."""
    return {name: getattr(hit, name) for name in expected}


def mapped(*foreign: str, currency: str = "") -> Collected:
    """A collector that knows a site, shop.example, by its ids in other formats."""
    collected = Collected()
    row = SiteRow("shop.example", hosts=("shop.example",), foreign=foreign, currency=currency, identify=True)
    collected.sites.current = lambda: Snapshot(sites=(row,))  # type: ignore[method-assign]
    return collected
