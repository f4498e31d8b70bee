"""Questions in a terminal: tables for people, JSON and CSV for programs, and a sentence where there is no answer."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from click import Context

from cli import cli
from commands.top import top
from tests.real.asked import DAY, VISITED, Inside, visited
from tests.real.shell import Said, Shell
from tests.real.system import Start
from tests.servers import ROOT

ON_THE_DAY = ("--period", f"{DAY},{DAY}")


@pytest.fixture(scope="module")
def fizzstat(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Shell]:
    with visited(tmp_path_factory.mktemp("cli") / "data", redis_url) as system:
        yield Inside(system.environ)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Shell]:
    """With one site."""
    hits = [hit for hit in VISITED if hit.site == "a.example"]
    with visited(tmp_path_factory.mktemp("alone") / "data", redis_url, hits) as system:
        yield Inside(system.environ)


def piped(shell: Shell, question: str, *options: str) -> Said:
    command = [sys.executable, "cli.py", "query", *options]
    run = subprocess.run(command, input=question, cwd=ROOT, env=shell.environ, capture_output=True, text=True, timeout=60)
    return Said(run.returncode, run.stdout, run.stderr)


def columns(said: Said) -> list[list[str]]:
    assert said.code == 0, said.err
    return [line.split() for line in said.out.splitlines()]


def test_top_pages_are_a_table_with_the_most_seen_first(fizzstat: Shell) -> None:
    said = fizzstat("top", "pages", "--site", "a.example", *ON_THE_DAY)
    assert said.out.splitlines()[0].split("  ")[0] == "Page"
    assert [line[:3] for line in columns(said)[1:]] == [["/", "2", "2"], ["/blog/one", "1", "1"], ["/pricing", "1", "1"]]


def test_the_everyday_words_stand_alone_too(fizzstat: Shell) -> None:
    asked = [fizzstat(*command, "--site", "a.example", "--json").json for command in (("sources",), ("top", "sources"))]
    assert asked[0] == asked[1]
    assert list(asked[0]) == ["results", "meta", "query"]
    found = [cli.get_command(Context(cli), word) for word in ("countries", "browsers", "events")]
    assert found == [top.commands[word] for word in ("countries", "browsers", "events")]


def test_events_are_those_of_people_and_not_views(fizzstat: Shell) -> None:
    assert columns(fizzstat("events", "--site", "a.example"))[1:] == [["signup", "1", "1"]]


def test_a_filter_and_a_limit_are_obeyed(fizzstat: Shell) -> None:
    found = fizzstat("top", "pages", "--site", "a.example", "--filter", "visit:browser=Firefox", "--json").json
    assert [row["dimensions"] for row in found["results"]] == [["/blog/one"]]
    assert len(fizzstat("top", "pages", "--site", "a.example", "--limit", "1", "--json").json["results"]) == 1


def test_csv_is_for_spreadsheets(fizzstat: Shell) -> None:
    lines = fizzstat("browsers", "--site", "a.example", *ON_THE_DAY, "--csv").out.splitlines()
    assert lines[:2] == ["visit:browser,visitors,visits,bounce_rate,visit_duration", "Chrome,2,2,50,60"]


def test_a_funnel_says_how_many_went_on(fizzstat: Shell) -> None:
    rows = columns(fizzstat("funnel", "/", "/pricing", "signup", "--site", "a.example", *ON_THE_DAY))
    assert [row[1:4] for row in rows[1:]] == [["/", "2", "2"], ["/pricing", "1", "1"], ["signup", "1", "1"]]


def test_nobody_is_there_now(fizzstat: Shell) -> None:
    assert fizzstat("now", "--site", "a.example").out.splitlines()[0] == "0 visitors are there now."
    assert fizzstat("now", "--site", "a.example", "--json").json["now"]["visitors"] == 0


def test_a_question_is_read_from_a_file_or_from_standard_input(fizzstat: Shell, tmp_path_factory: pytest.TempPathFactory) -> None:
    question = json.dumps({"site_id": "a.example", "metrics": ["visitors"], "date_range": [DAY, DAY]})
    file = tmp_path_factory.mktemp("asked") / "question.json"
    file.write_text(question)
    assert fizzstat("query", str(file), "--json").json["results"] == [{"dimensions": [], "metrics": [3]}]
    assert piped(fizzstat, question, "--csv").out == "visitors\n3\n"
    asked = json.dumps({"date_range": [DAY, DAY], "kind": "event", "fields": ["event.name"]})
    [event] = piped(fizzstat, asked, "--as", "documents", "--site", "a.example", "--json").json["results"]
    assert event["event"]["name"] == "signup"


def test_the_only_site_needs_no_name(alone: Shell, fizzstat: Shell) -> None:
    assert columns(alone("top", "pages"))[1][0] == "/"
    assert alone("now").code == 0
    assert fizzstat("top", "pages").sentence == "Error: Say which site is meant: --site a.example or b.example."


def test_what_is_empty_is_said_in_words(fizzstat: Shell, system: Start) -> None:
    said = fizzstat("top", "pages", "--site", "a.example", "--period", "2020-01-01,2020-01-02")
    assert said.out == "There was nothing in this time (2020-01-01,2020-01-02). --period day asks about today.\n"
    assert "There is no site yet" in Inside(system("embedded").environ)("top", "pages").sentence


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("top", "pages", "--site", "nobody.example"), "There is no site 'nobody.example' here"),
        (("top", "pages", "--site", "a.example", "--period", "fortnight"), "Invalid date_range 'fortnight'"),
        (("top", "pages", "--site", "a.example", "--filter", "x"), "has no ="),
        (("top", "pages", "--site", "a.example", "--filter", "visit:colour=red"), "(filters.0.1)"),
        (("funnel", "/", "--site", "a.example"), "steps"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_sentence(fizzstat: Shell, command: tuple[str, ...], said: str) -> None:
    assert said in fizzstat(*command).sentence


def test_a_question_that_is_no_json_is_said(fizzstat: Shell) -> None:
    assert "has no JSON" in piped(fizzstat, "{").sentence
    assert "A question is a JSON object" in piped(fizzstat, "[]").sentence


def test_goals_and_segments_are_made_listed_and_dropped(fizzstat: Shell) -> None:
    assert fizzstat("goals", "list").out.startswith("There is no goal yet")
    fizzstat("goals", "add", "--site", "b.example", "--page", "/docs/**")
    fizzstat("goals", "add", "--site", "b.example", "--event", "order", "--property", "plan=pro", "--currency", "eur")
    fizzstat("goals", "add", "--site", "b.example", "--page", "/docs/*", "--scroll", "75")
    listed = fizzstat("goals", "list", "--json").json
    assert [(goal["name"], goal["kind"], goal["currency"]) for goal in listed] == [
        ("Scroll 75% on /docs/*", "scroll", None),
        ("Visit /docs/**", "page", None),
        ("order", "event", "EUR"),
    ]
    assert "plan=pro" in fizzstat("goals", "list").out
    assert fizzstat("goals", "drop", "--site", "b.example", "order").code == 0
    assert "has no goal 'order'" in fizzstat("goals", "drop", "--site", "b.example", "order").sentence

    assert fizzstat("segments", "add", "--site", "b.example", "dach", '[["is", "visit:country", ["AT"]]]').code == 0
    assert [segment["name"] for segment in fizzstat("segments", "list", "--json").json] == ["dach"]
    assert "no JSON" in fizzstat("segments", "add", "--site", "b.example", "wrong", "[").sentence
    assert fizzstat("segments", "drop", "--site", "b.example", "dach").code == 0
