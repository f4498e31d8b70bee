"""Which scripts the collector serves, and the tags that name them."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import cli
from collect.snippet import pinned, snippet
from settings import HOME
from tests.unit.collecting import Collected

STATIC = HOME / "static"
RELEASED = sorted(path.name for path in (STATIC / "released").glob("*.js"))


@pytest.fixture
def collected() -> Collected:
    return Collected()


@pytest.mark.parametrize(
    ("path", "file"), [("/tracker.js", "tracker.min.js"), ("/vitals.js", "vitals.min.js"), ("/fizzstat.mjs", "fizzstat.mjs")]
)
def test_the_scripts_may_change_and_are_kept_for_a_day(collected: Collected, path: str, file: str) -> None:
    answer = collected.client.get(path)

    assert answer.data == (STATIC / file).read_bytes()
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "public, max-age=86400"


@pytest.mark.parametrize("name", RELEASED)
def test_a_released_script_is_kept_for_good(collected: Collected, name: str) -> None:
    answer = collected.client.get(f"/{name}")

    assert answer.data == (STATIC / "released" / name).read_bytes()
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_what_was_never_released_is_not_there(collected: Collected) -> None:
    assert collected.client.get("/tracker-0.0.1.js").status_code == 404


# ── tags


@pytest.mark.parametrize(
    ("collector", "local"),
    [
        ("https://stats.example.com", False),
        ("https://www.example.com/numbers", False),
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("http://stats.localhost", True),
        ("http://[::1]:8000", True),
        ("http://example.com:127", False),
    ],
)
def test_a_collector_of_this_machine_is_tried_on_pages_of_this_machine(collector: str, local: bool) -> None:
    assert snippet(collector) == f'<script defer src="{collector}/tracker.js"{" data-local" if local else ""}></script>'
    assert ("data-local" in pinned(collector)) == local


def test_a_pinned_tag_names_the_newest_release_and_its_hash(tmp_path: Path) -> None:
    names = ("tracker-1.9.0.js", "tracker-1.10.0.js", "tracker-1.2.0.js", "vitals-2.0.0.js")
    (tmp_path / "hashes.json").write_text(json.dumps({name: f"sha384-{name}" for name in names}))

    tag = pinned("https://stats.example.com", folder=tmp_path)

    src, hash = 'src="https://stats.example.com/tracker-1.10.0.js"', 'integrity="sha384-tracker-1.10.0.js"'
    assert tag == f'<script defer {src} {hash} crossorigin="anonymous"></script>'


def said(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["snippet", *arguments], prog_name="fizzstat")


def test_the_command_prints_a_tag() -> None:
    assert said("https://stats.example.com/").output == '<script defer src="https://stats.example.com/tracker.js"></script>\n'
    assert 'tracker.js" data-local data-vitals>' in said("http://127.0.0.1:8000", "--vitals").output


def test_the_hashes_that_the_command_prints_are_those_of_what_is_served(collected: Collected) -> None:
    tags = said("https://stats.example.com", "--pin", "--vitals").output.splitlines()

    assert len(tags) == 2
    for tag in tags:
        found = re.search(r'src="https://stats.example.com(/\S+)" integrity="sha384-(\S+)"', tag)
        assert found
        served = collected.client.get(found[1]).data
        assert base64.b64encode(hashlib.sha384(served).digest()).decode() == found[2]


def test_an_address_that_is_none_is_refused() -> None:
    result = said("stats.example.com")

    assert result.exit_code != 0
    assert "begin it with https:// or http://" in result.output
