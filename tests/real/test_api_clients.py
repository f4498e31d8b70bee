"""A client library for Plausible's Stats API, from npm and unchanged: it is told our address where it would fetch.

Those that PyPI and npm had in November 2026 (@jackdbd/plausible-client, plausible-api, plausible-mcp, Airbyte's source) speak
v1. Of v2 there was none; tests/real/test_api.py asks it by hand.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import make_server

from tests.real.asked import DAY, Api, visited
from tests.servers import ROOT

CLIENTS = ROOT / "tests" / "browser" / "trackers"
PROGRAM = """
import { aggregate, breakdown, timeseries } from '@jackdbd/plausible-client/stats/api'

const [address, key, siteId] = process.argv.slice(1)

const fetchClient = async (url) => {
  const answer = await fetch(url.replace('https://plausible.io', address), { headers: { Authorization: `Bearer ${key}` } })
  const said = await answer.json()
  if (!answer.ok) throw new Error(said.error)
  return said
}
const config = { fetchClient, siteId }
const told = {
  whole: await aggregate(config, { period: '7d', metrics: 'visitors,pageviews,bounce_rate' }),
  days: await timeseries(config, { period: '7d' }),
  pages: await breakdown(config, { period: '7d', metrics: 'visitors', limit: 2 }),
  refused: await aggregate({ ...config, siteId: 'nobody.example' }).catch((error) => error.message),
}
console.log(JSON.stringify(told))
"""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Api]:
    with visited(tmp_path_factory.mktemp("clients") / "data", redis_url) as system:
        yield Api(system)


@pytest.fixture(scope="module")
def address(api: Api) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, api.client.application, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_client_for_plausible_reads_our_numbers(api: Api, address: str) -> None:
    assert (CLIENTS / "node_modules" / "@jackdbd").exists(), "the client is missing: run tests/install"
    told = run(CLIENTS, address, api.key, "a.example")
    assert told["whole"] == {"visitors": {"value": 3}, "pageviews": {"value": 4}, "bounce_rate": {"value": 67}}
    assert [day["visitors"] for day in told["days"] if day["date"] == DAY] == [3]
    assert len(told["days"]) == 7
    assert told["pages"] == [{"page": "/", "visitors": 2}, {"page": "/blog/one", "visitors": 1}]
    assert "There is no site 'nobody.example' here" in told["refused"]


def run(folder: Path, *arguments: str) -> Any:
    command = ["node", "--input-type=module", "-e", PROGRAM, "--", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
