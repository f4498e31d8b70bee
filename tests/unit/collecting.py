"""A collector in the test's own process: its hits come to a list instead of Redis."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

import settings
from collect.app import SCRIPT, create_app
from hits.hit import Hit
from hits.intake import IntakeFull
from hits.redis import QueueAway
from hits.snapshot import KeyRow, SiteRow, Snapshot
from metrics.tally import Tally

NOW = 1795608000000  # 2026-11-25T12:00:00Z
URL = "https://example.com/"
KEYS = {
    "writer": KeyRow("writer", ("read", "write")),
    "reader": KeyRow("reader", ("read",)),
    "bound": KeyRow("bound", ("write",), "shop.example"),
}
FOREIGN = (
    "umami:7d1a5c1e-93bd-4c8e-9a43-0b7f5d4d1c11",
    "goatcounter:shopcode",
    "plausible:shop",
    "matomo:3",
    "fathom:abcde",
    "alcolytics:7",
)
SITES = (SiteRow("shop.example", hosts=("shop.example", "pay.shop.example"), foreign=FOREIGN, identify=True),)


class Intake:
    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self.full = False
        self.over_limit = False

    def past_waits(self) -> bool:
        return self.over_limit

    def take(self, hits: Sequence[Hit]) -> None:
        if self.full:
            raise IntakeFull
        self.hits.extend(hits)


class Sites:
    away = False

    def current(self) -> Snapshot:
        return Snapshot(sites=SITES)

    def key(self, token: str) -> KeyRow | None:
        if self.away:
            raise QueueAway
        return KEYS.get(token)


class Collected:
    """The app with settings such as `ALLOWED_HOSTS="example.com"`, and the hits that it took; it keeps no counts."""

    def __init__(self, script: Path = SCRIPT, **values: str):
        self.intake, self.sites = Intake(), Sites()
        chosen = settings.load({"FIZZSTAT_" + name: text for name, text in values.items()}, Path("/nowhere"))
        self.client = create_app(chosen, self.intake, self.sites, lambda: NOW / 1000, script, Tally(None, "")).test_client()

    @property
    def hits(self) -> list[Hit]:
        return self.intake.hits

    @property
    def hit(self) -> Hit:
        assert len(self.hits) == 1
        return self.hits[0]

    def post(self, body: Any = None, *, path: str = "/hit", headers: dict[str, str] | None = None, **fields: Any) -> TestResponse:
        """POST bytes as they are, anything else as JSON; without a body, `fields` and a URL."""
        sent = body if isinstance(body, bytes) else json.dumps({"url": URL, **fields} if body is None else body).encode()
        return self.client.post(path, data=sent, headers=headers)

    def event(
        self, body: Any = None, *, key: str = "writer", headers: dict[str, str] | None = None, **fields: Any
    ) -> TestResponse:
        return self.post(body, path="/event", headers={"Authorization": f"Bearer {key}", **(headers or {})}, **fields)

    def pixel(self, query: str, headers: dict[str, str] | None = None) -> TestResponse:
        return self.client.get("/pixel.gif?" + query, headers=headers)


def one_hit(**fields: Any) -> Hit:
    """The hit that a POST /hit of these fields leads to."""
    collected = Collected()
    answer = collected.post({"url": URL, **fields})
    assert answer.status_code == 202, answer.text
    return collected.hit


def refusal(**fields: Any) -> tuple[int, str]:
    """Status and field of the refusal that a POST /hit of these fields meets."""
    collected = Collected()
    answer = collected.post({"url": URL, **fields})
    assert answer.json
    assert answer.json["error"]
    assert not collected.hits
    return answer.status_code, answer.json["field"]
