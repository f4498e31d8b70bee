"""A site that was visited, and its API: hits went through queue, importer and store, and are asked for as a client would."""

import json
import subprocess
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from accounts.database import Accounts, open_accounts
from accounts.keys import add_key, new_key
from cli import cli
from dashboard.app import create_app
from hits.hit import Hit
from hits.redis import connect
from tests.real.shell import Said, Shell
from tests.real.system import System

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
#: Noon, two days ago: all hits of `VISITED` are of this day, in UTC.
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=2)
DAY = NOON.date().isoformat()


def hit(site: str, path: str, ip: str, minute: int = 0, agent: str = CHROME, **fields: Any) -> Hit:
    at = int((NOON + timedelta(minutes=minute)).timestamp() * 1000)
    kind = "event" if "name" in fields else "view"
    url = f"https://{site}{path}"
    return Hit(
        receipt=uuid.uuid4().hex, received=at, time=at, way="event", kind=kind, site=site, url=url, ip=ip, agent=agent, **fields
    )


#: Three visitors of a.example, of whom one signs up and one comes with Firefox from a search; one visitor of b.example.
VISITED = (
    hit("a.example", "/", "192.0.2.1"),
    hit("a.example", "/pricing", "192.0.2.1", 1),
    hit("a.example", "/pricing", "192.0.2.1", 2, name="signup", data={"plan": "=pro"}),
    hit("a.example", "/", "192.0.2.2", 3),
    hit("a.example", "/blog/one", "192.0.2.3", 4, FIREFOX, referrer="https://www.google.com/"),
    hit("b.example", "/", "192.0.2.4"),
)


@dataclass(frozen=True)
class Api:
    """`ask("query", metrics=["visitors"])` is of `site` and the day of VISITED unless it says otherwise."""

    system: System
    site: str = "a.example"

    @cached_property
    def client(self) -> FlaskClient:
        return create_app(self.system.settings).test_client()

    @cached_property
    def accounts(self) -> Accounts:
        return open_accounts(self.system.settings, connect(self.system.settings))

    @cached_property
    def key(self) -> str:
        return self.new_key()

    def new_key(self, right: str = "read", site: str | None = None) -> str:
        key = new_key()
        with self.accounts.change() as session:
            add_key(session, uuid.uuid4().hex, key, rights=[right], site=site, now=NOON)
        return key

    def post(self, path: str, body: object, key: str | None = None, **headers: str) -> TestResponse:
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        given = {"Authorization": f"Bearer {self.key if key is None else key}", "Content-Type": "application/json", **headers}
        return self.client.post(path, data=text, headers={name.replace("_", "-"): value for name, value in given.items()})

    def ask(self, name: str = "query", **question: Any) -> Any:
        """The answer, which must be one."""
        answer = self.post(f"/api/v2/{name}", {"site_id": self.site, "date_range": [DAY, DAY], **question})
        assert answer.status_code == 200, answer.text
        return answer.json

    def get_v1(self, path: str, **parameters: str) -> Any:
        given = {"site_id": self.site, "period": "day", "date": DAY, **parameters}
        answer = self.client.get(f"/api/v1/stats/{path}", query_string=given, headers={"Authorization": f"Bearer {self.key}"})
        assert answer.status_code == 200, answer.text
        return answer.json


class Inside(Shell):
    """Commands in this process: quick, for what is not about processes."""

    def __call__(self, *arguments: str, seconds: float = 60) -> Said:
        done = CliRunner().invoke(cli, arguments, env=self.environ)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.stdout, done.stderr)


@contextmanager
def visited(folder: Path, redis_url: str, hits: Sequence[Hit] = VISITED, **more: str) -> Iterator[System]:
    """A FizzStat that has imported these hits."""
    system = System(folder, redis_url, f"t{uuid.uuid4().hex[:12]}", "embedded", **more)
    try:
        system.take(hits)
        importer: subprocess.Popen[bytes] = system.start("import")
        system.imported()
        importer.terminate()
        assert importer.wait(30) == 0
        yield system
    finally:
        system.kill()
