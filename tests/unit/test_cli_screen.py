"""What the CLI prints: safe on a terminal whatever hits brought, secrets masked, sentences instead of tracebacks."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.app import App
from commands.env import row_of
from commands.failures import sentence
from commands.queue import ledger_tables, plain_json
from commands.screen import console, json_line, plain
from hits.ledger import Ledger
from hits.redis import QueueAway, without_secrets
from importer.facts import Drop
from settings import SETTINGS, load
from store.base import StoreAway

HOSTILE = "a\x1b[2Jb\nc\x9b31m\u2028d\u202egnp.exe\ud800"


def printed(*parts: object) -> str:
    out = console()
    with out.capture() as captured:
        for part in parts:
            out.print(part)
    return captured.get()


def app(**environ: str) -> App:
    made = App()
    made.__dict__["settings"] = load({"FIZZSTAT_" + name: value for name, value in environ.items()}, Path("/nowhere"))
    return made


@given(st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.dictionaries(st.text(), inner) | st.lists(inner)))
def test_a_document_is_one_line_of_json_that_says_the_same(document: object) -> None:
    line = json_line(document)
    assert json.loads(line) == document
    assert len(line.splitlines()) == 1
    line.encode()


def test_a_line_of_json_holds_nothing_that_a_terminal_obeys() -> None:
    assert all(char.isprintable() for char in json_line({"page.title": HOSTILE}))
    assert "é日" in json_line("é日")


def test_text_for_a_table_holds_nothing_that_a_terminal_obeys() -> None:
    assert plain(HOSTILE) == r"a\u001b[2Jb\u000ac\u009b31m\u2028d\u202egnp.exe\ud800"


def test_json_for_people_holds_nothing_that_a_terminal_obeys() -> None:
    text = plain_json({"reason": HOSTILE})
    assert json.loads(text) == {"reason": HOSTILE}
    assert all(char.isprintable() or char == "\n" for char in text)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://user:secret@cache:6379/1", "redis://***@cache:6379/1"),
        ("https://u:p@a:9200,https://u:p@b:9200", "https://***@a:9200,https://***@b:9200"),
        ("http://host:9200/?api_key=secret", "http://host:9200/?***"),
        ("rediss://:p%40ss@h", "rediss://***@h"),
        ("embedded", "embedded"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


def test_settings_are_shown_with_their_secrets_masked() -> None:
    settings = load(
        {
            "FIZZSTAT_STORE_API_KEY": "tops3cret",
            "FIZZSTAT_REDIS_URL": "redis://:tops3cret@cache",
            "FIZZSTAT_ACCOUNTS_URL": "postgresql://u:tops3cret@db/x",
            "FIZZSTAT_ALLOWED_HOSTS": "a.example,b.example",
            "FIZZSTAT_KEEP_BOTS": "on",
        },
        Path("/nowhere"),
    )
    rows = {row["name"]: row for row in (row_of(setting, settings) for setting in SETTINGS)}
    assert "tops3cret" not in str(rows)
    assert rows["FIZZSTAT_STORE_API_KEY"]["value"] == "***"
    assert rows["FIZZSTAT_REDIS_URL"] | {"help": ""} == {
        "name": "FIZZSTAT_REDIS_URL",
        "value": "redis://***@cache",
        "from": "environment",
        "help": "",
    }
    assert rows["FIZZSTAT_ALLOWED_HOSTS"]["value"] == "a.example,b.example"
    assert rows["FIZZSTAT_KEEP_BOTS"]["value"] == "yes"
    assert rows["FIZZSTAT_BATCH_SECONDS"]["value"] == "0.25"
    assert rows["FIZZSTAT_STORE_URL"]["value"] == "embedded"


def test_a_value_that_is_shown_is_read_as_the_same_value_again() -> None:
    settings = load({}, Path("/nowhere"))
    shown = {row["name"]: row["value"] for row in (row_of(setting, settings) for setting in SETTINGS)}
    again = load(shown, Path("/nowhere"))
    assert {**vars(again), "origin": None} == {**vars(settings), "origin": None}


def test_the_ledger_says_every_reason_with_its_sentence() -> None:
    ledger = Ledger(
        received=10 + len(Drop),
        stored=4,
        dropped=dict.fromkeys(Drop, 1),
        queued=3,
        in_hand=2,
        dead=1,
        balanced=True,
        spooled=5,
        by_way={"hit": 9, "pixel": 1},
    )
    text = " ".join(printed(*ledger_tables(ledger)).split())
    for drop in Drop:
        assert drop.value in text
        assert " ".join(drop.sentence.split()[:6]) in text
    for said in (
        "received",
        "= stored",
        "+ queued",
        "+ in hand",
        "+ dead",
        "Balanced.",
        "dead list",
        "pixel",
        "5 hits wait in the spool",
    ):
        assert said in text


def test_a_ledger_that_does_not_balance_says_so() -> None:
    ledger = Ledger(received=1, stored=0, dropped={}, queued=0, in_hand=0, dead=0, balanced=False, spooled=0, by_way={})
    assert "NOT BALANCED" in printed(*ledger_tables(ledger))


def test_redis_away_is_a_sentence_with_what_to_do() -> None:
    assert "./fizzstat run" in sentence(QueueAway("refused"), app())
    assert "redis://***@cache" in sentence(QueueAway("refused"), app(REDIS_URL="redis://:secret@cache"))


def test_the_store_away_is_a_sentence_without_its_secrets() -> None:
    said = sentence(StoreAway("refused"), app(STORE_URL="http://u:secret@es:9200"))
    assert "http://***@es:9200" in said
    assert "secret" not in said
