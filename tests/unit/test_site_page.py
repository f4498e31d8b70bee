"""What a site's page asks and shows, piece by piece, without a store."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient

from accounts.database import open_at
from accounts.sites import add_site
from dashboard.app import create_app
from dashboard.site import chart, documents, world
from dashboard.site.filters import Filter
from dashboard.site.state import State
from dashboard.site.view import View
from dashboard.site.words import Words, locale
from query.site import Site
from settings import load
from tests.signed_in import csrf_of, signed_in
from tests.stores import Opener

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def view(tmp_path: Path) -> Iterator[View]:
    opener = Opener("embedded", "t", tmp_path)
    store = opener(write=True)
    store.setup()
    filters = (
        Filter("is", "visit:source", ("Direct / None", 'A "B"')),
        Filter("contains_not", "event:page", ("/a b*",)),
        Filter("matches", "event:page", ("x",)),
    )
    yield View(store, Site("it's.example"), State("7d", filters=filters), Words(locale(["en"])), NOW)
    opener.close()


def test_kibana_is_asked_for_the_same_documents(view: View) -> None:
    environ = {"FIZZSTAT_KIBANA_URL": "https://bob:secret@kibana.example/s/web", "FIZZSTAT_STORE_URL": "http://es:9200"}
    found = documents.kibana(view, "view", load(environ, Path("/nowhere")))
    assert found
    url = unquote(found.url)
    assert url.startswith("https://kibana.example/s/web/app/discover#/?_g=(time:(from:'2026-11-18T00:00:00")
    assert "bob" not in url
    assert "index:'fizzstat-view'" in url
    asked = 'site : "it!\'s.example" and ((not traffic.source : *) or traffic.source : "A \\"B\\"")'
    assert f"{asked} and not (url.path : */a\\ b\\**)" in url
    assert found.without == ("Page matches",)


def test_without_a_kibana_or_elasticsearch_there_is_no_link(view: View) -> None:
    for environ in ({"FIZZSTAT_KIBANA_URL": "https://kibana.example"}, {"FIZZSTAT_STORE_URL": "http://es:9200"}):
        assert documents.kibana(view, "view", load(environ, Path("/nowhere"))) is None


def test_a_chart_of_nothing_has_a_line_for_every_day(view: View) -> None:
    quiet = View(view.store, view.site, State("7d"), view.words, NOW)
    found = chart.chart(quiet)
    assert [point.text for point in found.points] == ["0"] * 7
    assert found.points[0].url.endswith("period=day&date=2026-11-18")
    assert [line.text for line in found.grid] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("most", "top"), [(0, 4), (3, 4), (5, 8), (17, 20), (99, 100), (130, 160), (1234, 1600), (98_765, 100_000)]
)
def test_the_scale_ends_with_a_round_number_whose_quarters_are_whole(most: float, top: float) -> None:
    assert chart._ceiling(most, "visitors") == top


def test_the_map_has_the_countries_of_the_world_and_none_twice() -> None:
    _, codes = world.outlines()
    assert len(codes) == len(set(codes)) > 160
    assert {"DE", "US", "RU", "NZ", "FJ"} <= set(codes)


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    settings = load({"FIZZSTAT_DATA_DIR": str(tmp_path), "FIZZSTAT_REDIS_URL": "redis://127.0.0.1:1"}, Path("/nowhere"))
    with open_at(f"sqlite:///{tmp_path / 'accounts.db'}", lambda snapshot: None).change() as session:
        add_site(session, "a.example", now=NOW)
    opener = Opener("embedded", settings.index_prefix, tmp_path)
    opener(write=True).setup()
    opener.close()
    return signed_in(create_app(settings), settings)


QUESTION = {"metrics": ["visitors"], "date_range": "7d", "site_id": "b.example"}


def test_scripts_ask_without_a_key_and_of_this_site_alone(client: FlaskClient) -> None:
    token = csrf_of(client.get("/sites").text)
    answer = client.post("/sites/a.example/ask/query", json=QUESTION, headers={"X-CSRF-Token": token})
    assert answer.json
    assert (answer.status_code, answer.json["query"]["site_id"]) == (200, "a.example")
    told = client.post("/sites/a.example/ask/query?format=csv", json=QUESTION, headers={"X-CSRF-Token": token})
    assert told.text.splitlines() == ["visitors", "0"]


def test_without_the_pages_token_nothing_is_asked(client: FlaskClient) -> None:
    assert client.post("/sites/a.example/ask/query", json=QUESTION).status_code == 403


@pytest.mark.parametrize("search", ["?f=nonsense", "?f=is,colour,red", "?period=custom&from=x&to=y", "?f=is,segment,99"])
def test_what_cannot_be_asked_is_told_in_a_sentence(client: FlaskClient, search: str) -> None:
    answer = client.get(f"/sites/a.example/parts/top{search}")
    assert answer.status_code in (200, 400)
    assert 'role="alert"' in answer.text or answer.status_code == 400
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", ["parts/nothing", "details/nothing", "csv/nothing", "details/map"])
def test_what_there_is_not_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"/sites/a.example/{path}").status_code == 404
