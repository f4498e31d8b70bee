"""`./fizzstat kibana` as an operator runs it, with a server that checks requests as Kibana's API documents them."""

import json
import os
from collections.abc import Callable, Iterator
from email.parser import BytesParser
from pathlib import Path

import pytest

from tests.real.shell import Said, Shell
from tests.website import Reply, Request, Website

PATH = "/api/saved_objects/_import?overwrite=true"

Run = Callable[..., Said]


def kibana(request: Request) -> Reply:
    """As POST /api/saved_objects/_import: what it wants of a request, and how it answers."""
    if request.method != "POST" or request.headers["kbn-xsrf"] is None:
        return Reply(400, b'{"statusCode":400,"error":"Bad Request","message":"Request must contain a kbn-xsrf header."}')
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    (part,) = BytesParser().parsebytes(head + request.body).get_payload()
    assert request.headers.get_content_type() == "multipart/form-data"
    assert part.get_param("name", header="Content-Disposition") == "file"  # type: ignore[union-attr]
    assert str(part.get_filename()).endswith(".ndjson")  # type: ignore[union-attr]
    objects = [json.loads(line) for line in part.get_payload(decode=True).splitlines()]  # type: ignore[union-attr]
    results = [{"type": one["type"], "id": one["id"], "meta": {"title": one["attributes"]["title"]}} for one in objects]
    answer = {"success": True, "successCount": len(objects), "successResults": results, "warnings": []}
    return Reply(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})


@pytest.fixture
def website() -> Iterator[Website]:
    with Website({PATH: kibana}) as site:
        yield site


@pytest.fixture
def run(tmp_path: Path) -> Run:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("FIZZSTAT_")}

    def run(*arguments: str, **settings: str) -> Said:
        return Shell({**mine, "FIZZSTAT_DATA_DIR": str(tmp_path), **settings})("kibana", *arguments)

    return run


def test_data_views_and_the_dashboard_are_installed(website: Website, run: Run) -> None:
    said = run("install", "--url", website.url, FIZZSTAT_INDEX_PREFIX="shop")
    assert said.code == 0, said.err
    assert "shop-view-*" in said.out
    assert f"{website.url}/app/dashboards#/view/shop-overview" in said.out
    assert run("install", "--url", website.url, "--json").json["successCount"] == 6


@pytest.mark.parametrize(
    ("settings", "authorization"),
    [
        ({"FIZZSTAT_KIBANA_API_KEY": "a2V5"}, "ApiKey a2V5"),
        ({"user": "elastic:s%3Acret"}, "Basic ZWxhc3RpYzpzOmNyZXQ="),
    ],
    ids=["key", "user"],
)
def test_a_kibana_is_told_who_asks(website: Website, run: Run, settings: dict[str, str], authorization: str) -> None:
    settings = dict(settings)
    user = settings.pop("user", "")
    url = website.url.replace("//", f"//{user}@") if user else website.url
    said = run("install", FIZZSTAT_KIBANA_URL=url, **settings)
    assert said.code == 0, said.err
    assert website.asked[-1].headers["Authorization"] == authorization
    assert "cret" not in said.out


def test_a_space_is_part_of_the_address(website: Website, run: Run) -> None:
    website.answers["/s/web" + PATH] = kibana
    assert run("install", "--url", f"{website.url}/s/web/").code == 0


REFUSED = {
    "nobody": (Reply(401, b'{"message":"Unauthorized"}'), "asks who you are: set FIZZSTAT_KIBANA_API_KEY"),
    "no right": (Reply(403, b'{"message":"Unable to bulk_create"}'), "may not write saved objects"),
    "starting": (Reply(503, b"Kibana server is not ready yet"), "not ready yet"),
    "something else": (Reply(200, b"<html>"), "is no Kibana"),
    "no such page": (Reply(404, b"{}"), "is no Kibana, or has no such space"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_kibana_refuses_is_said_in_a_sentence(website: Website, run: Run, what: str) -> None:
    reply, sentence = REFUSED[what]
    website.answers[PATH] = lambda request: reply
    assert sentence in run("install", "--url", website.url, FIZZSTAT_KIBANA_API_KEY="secret").sentence
    assert "secret" not in run("install", "--url", website.url, FIZZSTAT_KIBANA_API_KEY="secret").err


def test_what_could_not_be_imported_is_named(website: Website, run: Run) -> None:
    missing = {"type": "missing_references", "references": [{"type": "index-pattern", "id": "fizzstat-visit"}]}
    answer = {
        "success": False,
        "successCount": 0,
        "successResults": [],
        "errors": [{"id": "fizzstat-map", "type": "map", "error": missing}],
    }
    website.answers[PATH] = lambda request: Reply(200, json.dumps(answer).encode())
    said = run("install", "--url", website.url)
    assert "map fizzstat-map: it refers to what is not there (index-pattern fizzstat-visit)" in said.sentence


def test_a_kibana_that_is_not_there_is_named(run: Run) -> None:
    assert "http://127.0.0.1:9/api" in run("install", "--url", "http://127.0.0.1:9").sentence
    assert "FIZZSTAT_KIBANA_URL" in run("install").err


def test_the_objects_can_be_had_as_a_file(run: Run, tmp_path: Path) -> None:
    assert run("export", str(tmp_path / "mine.ndjson"), FIZZSTAT_INDEX_PREFIX="shop").code == 0
    assert '"title":"shop-view-*"' in (tmp_path / "mine.ndjson").read_text()
    assert "cannot be written" in run("export", "/nowhere/mine.ndjson").sentence
