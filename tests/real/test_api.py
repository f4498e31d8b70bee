"""The API as a client asks it: keys, sites, limits, forms, and what is said when something is away."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.real.asked import DAY, VISITED, Api, Inside, visited
from tests.real.system import Start
from tests.servers import RedisServer, free_port, until

VISITORS = {"site_id": "a.example", "metrics": ["visitors"], "date_range": [DAY, DAY]}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Api]:
    with visited(tmp_path_factory.mktemp("api") / "data", redis_url, FIZZSTAT_LIMIT_API="off") as system:
        yield Api(system)


def answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


# ── questions


def test_a_question_of_plausibles_api_is_answered_in_its_form(api: Api) -> None:
    answer = api.ask(metrics=["visitors", "pageviews", "bounce_rate"], dimensions=["event:page"])
    assert answer["results"] == [
        {"dimensions": ["/"], "metrics": [2, 2, 50]},
        {"dimensions": ["/blog/one"], "metrics": [1, 1, 100]},
        {"dimensions": ["/pricing"], "metrics": [1, 1, 0]},
    ]
    assert (answer["query"]["site_id"], answer["query"]["metrics"]) == ("a.example", ["visitors", "pageviews", "bounce_rate"])
    assert isinstance(answer["meta"], dict)


def test_goals_and_segments_that_were_set_up_later_count_what_was_before(api: Api) -> None:
    fizzstat = Inside(api.system.environ)
    fizzstat("goals", "add", "--site", "a.example", "--event", "signup", "--property", "plan==pro", "--name", "Pro")
    fizzstat("goals", "add", "--site", "a.example", "--page", "/blog/*")
    assert fizzstat("segments", "add", "--site", "a.example", "foxes", '[["is", "visit:browser", ["Firefox"]]]').code == 0

    goals = api.ask(metrics=["visitors", "conversion_rate"], dimensions=["event:goal"])["results"]
    assert sorted((row["dimensions"][0], *row["metrics"]) for row in goals) == [("Pro", 1, 33.3), ("Visit /blog/*", 1, 33.3)]

    [segment] = fizzstat("segments", "list", "--json").json
    assert api.ask(metrics=["visitors"], filters=[["is", "segment", [segment["id"]]]])["results"][0]["metrics"] == [1]


def test_a_segment_that_no_question_could_have_is_not_made(api: Api) -> None:
    said = Inside(api.system.environ)("segments", "add", "--site", "a.example", "wrong", '[["is", "visit:colour", ["red"]]]')
    assert "visit:colour" in said.sentence


def test_days_are_those_of_the_sites_time_zone(api: Api) -> None:
    Inside(api.system.environ)("sites", "set", "b.example", "--time-zone", "Pacific/Kiritimati")  # UTC+14: noon is tomorrow there
    asked = {"site_id": "b.example", "metrics": ["pageviews"], "dimensions": ["time:day"]}
    assert api.ask(**asked)["results"] == []


def test_a_site_is_known_by_its_documents_alone_and_by_its_row_alone(api: Api) -> None:
    fizzstat = Inside(api.system.environ)
    assert api.ask(site_id="a.example", metrics=["visitors"])["results"][0]["metrics"] == [3]
    fizzstat("sites", "add", "new.example", "--host", "other.example")
    assert api.ask(site_id="www.other.example", metrics=["visitors"])["results"][0]["metrics"] == [0]
    answer = api.post("/api/v2/query", {**VISITORS, "site_id": "nobody.example"})
    assert (answer.status_code, answer.json["field"]) == (404, "site_id")  # type: ignore[index]
    assert "'nobody.example'" in answer.json["error"]  # type: ignore[index]


def test_the_answers_are_those_of_elasticsearch_too(system: Start, elasticsearch_9: str, api: Api) -> None:
    there = system(elasticsearch_9)
    there.take(VISITED)
    there.start("import")
    there.imported()
    assert Inside(there.environ)("top", "pages", "--site", "a.example").out.splitlines()[1].split()[:3] == ["/", "2", "2"]
    asked = {"metrics": ["visitors", "visit_duration"], "dimensions": ["visit:browser"]}
    assert Api(there).ask(**asked)["results"] == api.ask(**asked)["results"]
    assert Api(there).ask("funnel", steps=["/", "signup"])["results"] == api.ask("funnel", steps=["/", "signup"])["results"]
    assert Api(there).ask("documents", kind="view")["meta"] == {"total": 4, "next": None}


# ── keys


def test_without_a_key_that_may_read_there_is_no_answer(api: Api) -> None:
    for header in ({}, {"Authorization": "Bearer"}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer fizz_wrong"}):
        answer = api.client.post("/api/v2/query", json=VISITORS, headers=header)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="FizzStat"')
        assert answer.json["error"]
    answer = api.post("/api/v2/query", VISITORS, api.new_key("write"))
    assert answer.status_code == 403
    assert "no right to read" in answer.text


def test_a_sites_own_key_reads_that_site_alone(api: Api) -> None:
    Inside(api.system.environ)("sites", "add", "mine.example", "--host", "shop.mine.example")
    key = api.new_key(site="mine.example")
    assert api.post("/api/v2/query", {**VISITORS, "site_id": "shop.mine.example"}, key).status_code == 200
    for site in ("a.example", "nobody.example"):
        answer = api.post("/api/v2/query", {**VISITORS, "site_id": site}, key)
        assert (answer.status_code, answer.json["field"]) == (403, "site_id")  # type: ignore[index]


def test_a_dropped_key_opens_nothing_when_the_command_returns(api: Api) -> None:
    said = Inside(api.system.environ)("keys", "add", "short-lived")
    key = said.out.splitlines()[-1]
    assert api.post("/api/v2/query", VISITORS, key).status_code == 200
    Inside(api.system.environ)("keys", "drop", "short-lived")
    assert api.post("/api/v2/query", VISITORS, key).status_code == 401


def test_a_key_asks_no_more_than_it_may_whichever_process_it_asks(api: Api) -> None:
    environ = {**api.system.environ, "FIZZSTAT_LIMIT_API": "2/h"}
    one, other = (Api(_with(api, environ)) for _ in range(2))
    key, free = one.new_key(), one.new_key()
    asked = [each.post("/api/v2/query", VISITORS, key) for each in (one, other, one)]
    assert [answer.status_code for answer in asked] == [200, 200, 429]
    assert 1700 < int(asked[2].headers["Retry-After"]) <= 1800
    assert "2/h" in asked[2].json["error"]  # type: ignore[index]
    assert one.post("/api/v2/query", VISITORS, free).status_code == 200


def _with(api: Api, environ: dict[str, str]) -> Any:
    """The same FizzStat with other settings."""
    from types import SimpleNamespace

    from settings import load

    return SimpleNamespace(environ=environ, settings=load(environ, Path("none")))


# ── what cannot be answered


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", ""),
        ("{", ""),
        ("[]", ""),
        ({"metrics": ["visitors"], "date_range": "7d"}, "site_id"),
        ({**VISITORS, "site_id": 5}, "site_id"),
        ({**VISITORS, "metrics": ["vistors"]}, "metrics.0"),
        ({**VISITORS, "colour": "red"}, "colour"),
        ({**VISITORS, "filters": [["is", "visit:colour", ["red"]]]}, "filters.0.1"),
    ],
)
def test_a_wrong_question_is_refused_and_the_place_named(api: Api, body: object, field: str) -> None:
    answer = api.post("/api/v2/query", body)
    assert (answer.status_code, answer.json["field"]) == (400, field), answer.text  # type: ignore[index]
    assert answer.json["error"]  # type: ignore[index]


def test_a_question_of_any_size_is_read_to_its_end_and_one_too_large_refused(api: Api) -> None:
    answer = api.post("/api/v2/query", b" " * (2 << 20))
    assert (answer.status_code, answer.json["error"]) == (413, "the body is larger than the 64 KiB that are taken here")  # type: ignore[index]


def test_unknown_paths_and_methods_are_said_in_json(api: Api) -> None:
    answer = api.post("/api/v2/nothing", VISITORS)
    assert (answer.status_code, list(answer.json)) == (404, ["error", "field"])  # type: ignore[arg-type]
    answer = api.client.get("/api/v2/query")
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, {"POST", "OPTIONS"})
    assert "<html" in api.client.get("/nothing").text.lower()


# ── forms


@pytest.mark.parametrize(
    "way", [{"query": "?format=csv"}, {"accept": "text/csv"}, {"query": "?format=csv", "accept": "application/json"}]
)
def test_csv_for_who_asks_for_it(api: Api, way: dict[str, str]) -> None:
    question = {**VISITORS, "dimensions": ["event:page"]}
    answer = api.post(f"/api/v2/query{way.get('query', '')}", question, Accept=way.get("accept", "*/*"))
    assert answer.content_type == "text/csv; charset=utf-8"
    assert list(csv.reader(io.StringIO(answer.text, newline="")))[:2] == [["event:page", "visitors"], ["/", "2"]]


def test_no_cell_of_csv_is_a_formula(api: Api) -> None:
    question = {**VISITORS, "dimensions": ["event:props:plan"], "filters": [["is", "event:name", ["signup"]]]}
    assert api.post("/api/v2/query?format=csv", question).text.splitlines()[1] == "'=pro,1"


def test_ndjson_for_who_asks_for_it(api: Api) -> None:
    answer = api.post("/api/v2/query", {**VISITORS, "dimensions": ["event:page"]}, Accept="application/x-ndjson")
    assert answer.content_type == "application/x-ndjson"
    assert json.loads(answer.text.splitlines()[0]) == {"event:page": "/", "visitors": 2}
    assert "meta" not in answer.text


def test_a_form_that_there_is_not_is_refused(api: Api) -> None:
    answer = api.post("/api/v2/query?format=xml", VISITORS)
    assert (answer.status_code, answer.json["field"]) == (400, "format")  # type: ignore[index]


# ── as it runs


def test_the_dashboards_server_answers_bodies_with_a_length_and_without(api: Api) -> None:
    port = free_port()
    environ = {**api.system.environ, "FIZZSTAT_DASHBOARD_PORT": str(port)}
    with Inside(environ).start("dashboard") as server:
        try:
            until(lambda: answers(f"http://127.0.0.1:{port}"), "the dashboard to answer", 30)
            body = json.dumps(VISITORS).encode()
            for sent in (body, iter([body[:9], body[9:]])):  # what urllib sends in chunks
                asked = Request(f"http://127.0.0.1:{port}/api/v2/query", sent, {"Authorization": f"Bearer {api.key}"})  # type: ignore[arg-type]
                with urlopen(asked, timeout=10) as answer:
                    assert json.load(answer)["results"] == [{"dimensions": [], "metrics": [3]}]
        finally:
            server.terminate()
            server.communicate(timeout=30)


# ── browsers


def test_pages_of_any_origin_may_ask(api: Api) -> None:
    preflight = api.client.options(
        "/api/v2/query", headers={"Origin": "https://x.example", "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    for answer in (api.post("/api/v2/query", VISITORS), api.post("/api/v2/query", ""), api.post("/api/v2/nothing", "")):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "no-store"


# ── what is away


def test_questions_are_answered_while_redis_is_away(api: Api, redis_server: Callable[..., RedisServer]) -> None:
    server = redis_server()
    environ = {**api.system.environ, "FIZZSTAT_REDIS_URL": server.url, "FIZZSTAT_LIMIT_API": "600/h"}
    here = Api(_with(api, environ))
    key = here.new_key()
    assert here.post("/api/v2/query", VISITORS, key).status_code == 200
    server.kill()
    assert [here.post("/api/v2/query", VISITORS, key).status_code for _ in range(3)] == [200, 200, 200]


def test_a_store_that_is_away_is_said_and_asked_again_later(system: Start) -> None:
    away = system(f"http://127.0.0.1:{free_port()}")
    Inside(away.environ)("sites", "add", "a.example")
    answer = Api(away).post("/api/v2/query", VISITORS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json == {"error": "The store is away: ask again in a moment.", "field": ""}


def test_an_accounts_database_that_is_away_is_said(system: Start, tmp_path: Path) -> None:
    (tmp_path / "accounts.db").write_bytes(b"no database at all, and no secret either" * 100)
    away = system("embedded", FIZZSTAT_ACCOUNTS_URL=f"sqlite:///{tmp_path / 'accounts.db'}")
    answer = Api(away).post("/api/v2/query", VISITORS, "fizz_key")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Keys and sites cannot be looked up" in answer.text


# ── Plausible's API v1


def test_v1_tells_the_whole(api: Api) -> None:
    told = api.get_v1("aggregate", metrics="visitors,pageviews,visits", compare="previous_period")
    assert told == {
        "results": {
            "visitors": {"value": 3, "change": 100},
            "pageviews": {"value": 4, "change": 100},
            "visits": {"value": 3, "change": 100},
        }
    }


def test_v1_tells_every_day_those_without_visitors_too(api: Api) -> None:
    days = api.get_v1("timeseries", period="7d", metrics="visitors,bounce_rate")["results"]
    assert [day["date"] for day in days][-1] == DAY
    assert [day["visitors"] for day in days] == [0, 0, 0, 0, 0, 0, 3]
    assert days[0]["bounce_rate"] is None
    assert [hour["visitors"] for hour in api.get_v1("timeseries")["results"]] == [0] * 12 + [3] + [0] * 11


def test_v1_breaks_down_page_by_page(api: Api) -> None:
    assert api.get_v1("breakdown", property="event:page")["results"][0] == {"page": "/", "visitors": 2}
    second = api.get_v1("breakdown", property="event:page", limit="1", page="2")
    assert second == {"results": [{"page": "/blog/one", "visitors": 1}]}


@pytest.mark.parametrize(
    ("filters", "visitors"),
    [
        ("event:page==/", 2),
        ("event:page==/|/blog/one", 3),
        ("event:page==/blog/**", 1),
        ("event:page==/*", 2),
        ("event:page==/*;visit:browser==Firefox", 0),
        ("visit:browser!=Firefox", 2),
        ("event:props:plan==\\=pro", 0),
        ("event:props:plan===pro", 1),
    ],
)
def test_v1s_filters_are_understood(api: Api, filters: str, visitors: int) -> None:
    assert api.get_v1("aggregate", filters=filters)["results"]["visitors"]["value"] == visitors


def test_v1_tells_the_visitors_of_now_as_a_bare_number(api: Api) -> None:
    assert api.get_v1("realtime/visitors") == 0


@pytest.mark.parametrize(
    ("path", "parameters", "field"),
    [
        ("aggregate", {"period": "fortnight"}, "period"),
        ("aggregate", {"date": "yesterday"}, "date"),
        ("aggregate", {"period": "custom"}, "date"),
        ("aggregate", {"filters": "event:page"}, "filters"),
        ("breakdown", {}, "property"),
        ("breakdown", {"property": "event:page", "limit": "1001"}, "limit"),
        ("breakdown", {"property": "event:page", "page": "zero"}, "page"),
    ],
)
def test_v1_says_what_is_wrong(api: Api, path: str, parameters: dict[str, str], field: str) -> None:
    given = {"site_id": "a.example", **parameters}
    answer = api.client.get(f"/api/v1/stats/{path}", query_string=given, headers={"Authorization": f"Bearer {api.key}"})
    assert (answer.status_code, answer.json["field"]) == (400, field)  # type: ignore[index]
