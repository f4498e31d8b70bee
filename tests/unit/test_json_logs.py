"""What a record looks like in the log, as JSON and as text, and how a line of JSON comes to the terminal."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

import logs
import settings
from deploy.logs import Logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in logs.TALKATIVE:
        logging.getLogger(name).setLevel(logging.NOTSET)


def set_up(shape: str, level: str = "info") -> None:
    logs.set_up(settings.load({"FIZZSTAT_LOG_FORMAT": shape, "FIZZSTAT_LOG_LEVEL": level}, Path("/nowhere")), "import")


def boom() -> None:
    raise ValueError("boom\nboom")


def log_all() -> None:
    log = logging.getLogger("fizzstat.importer")
    log.info("importing into %s", "a\nb")
    try:
        boom()
    except ValueError:
        log.exception("that was not expected")


def test_a_record_is_a_line_of_json_in_names_that_kibana_knows(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("json")
    log_all()
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert first["message"] == "importing into a\nb"
    assert (first["log.level"], first["log.logger"], first["service.name"]) == ("info", "fizzstat.importer", "fizzstat-import")
    assert first["@timestamp"].endswith("Z")
    assert first["process.pid"] > 0
    assert (second["log.level"], second["error.type"], second["error.message"]) == ("error", "ValueError", "boom\nboom")
    assert "in boom" in second["error.stack_trace"]


def test_as_text_it_is_a_line_with_time_level_and_name(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("text")
    logging.getLogger("fizzstat.importer").warning("the store is away")
    assert capsys.readouterr().err.endswith(" WARNING fizzstat.importer: the store is away\n")


def test_libraries_that_tell_what_they_send_are_heard_only_when_something_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("text", "debug")
    logging.getLogger("elastic_transport.transport").info("POST http://user:secret@host/_search?q=secret")
    logging.getLogger("urllib3.connectionpool").debug("secret")
    logging.getLogger("fizzstat").debug("heard")
    assert "secret" not in (said := capsys.readouterr().err)
    assert "heard" in said


def test_an_error_in_a_log_of_json_comes_to_the_terminal_as_in_one_of_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = Logs(tmp_path)
    set_up("json")
    log_all()
    (tmp_path / "import.log").write_text(capsys.readouterr().err + "{no json ERROR\n")
    sentence, trace = list(shown.errors())
    assert sentence == "import: ERROR fizzstat.importer: that was not expected"
    assert trace.startswith("import: Traceback")
    assert trace.endswith("boom\nboom")
