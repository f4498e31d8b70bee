"""docs/api.md is true: every example in it is asked, as it stands there."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from accounts.sites import add_site
from docs.build import PAGES
from tests.real.asked import Api, visited
from tests.servers import ROOT

TEXT = (PAGES / "api.md").read_text()
BLOCKS = [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in re.findall(r"(?:^    .+\n)+", TEXT, re.MULTILINE)]
BODIES = [tuple(block.split("\n", 1)) for block in BLOCKS if block.startswith("POST ")]
#: Goals before the questions that are about them; keys are made by the tests themselves.
COMMANDS = [
    line
    for block in BLOCKS
    for line in block.splitlines()
    if "./fizzstat" in line and "keys add" not in line and not line.startswith("#")
]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Api]:
    with visited(tmp_path_factory.mktemp("docs") / "data", redis_url) as system:
        api = Api(system, "example.com")
        with api.accounts.change() as session:
            add_site(session, "example.com", now=datetime.now(UTC))
        yield api


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_does_what_it_says(api: Api, command: str) -> None:
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=api.system.environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize(("line", "body"), BODIES)
def test_a_question_of_the_page_is_answered(api: Api, line: str, body: str) -> None:
    answer = api.post(line.removeprefix("POST "), body)
    assert answer.status_code == 200, answer.text
    assert list(answer.json)[:3] == ["results", "meta", "query"]  # type: ignore[arg-type]


def test_the_first_example_is_answered_as_curl_sends_it(api: Api) -> None:
    words = shlex.split(next(block for block in BLOCKS if "curl" in block).split("curl", 1)[1])
    body = words[words.index("-d") + 1]
    answer = api.post("/api/v2/query", body, Content_Type="application/x-www-form-urlencoded")  # what curl says of -d
    assert answer.status_code == 200
    assert json.loads(body)["site_id"] == "example.com"


def test_every_path_of_the_api_is_on_the_page() -> None:
    from dashboard.api.questions import QUESTIONS
    from dashboard.api.v1 import ROUTES

    named = {question.name for question in QUESTIONS}
    assert [name for name in named - {"query"} if f"| `{name}` | " not in TEXT] == []
    assert {path.removeprefix("stats/") for path in ROUTES} == {"aggregate", "timeseries", "breakdown", "realtime/visitors"}
