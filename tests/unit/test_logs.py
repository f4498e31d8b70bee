"""What of the processes' logs comes to the terminal."""

from pathlib import Path

import pytest

from deploy.logs import Logs

TRACEBACK = "Traceback (most recent call last):\n  File 'a.py', line 1\n    boom()\nValueError: boom\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "import.log"


def write(log: Path, text: str) -> None:
    with log.open("a") as file:
        file.write(text)


def test_only_errors_and_warnings_are_shown_with_the_process_that_has_them(log: Path) -> None:
    logs = Logs(log.parent)
    write(log, "2026-11-25 01:07:14,061 INFO fizzstat: importing\n2026-11-25 01:07:14,061 WARNING fizzstat: the store is away\n")
    assert list(logs.errors()) == ["import: WARNING fizzstat: the store is away"]


def test_what_was_written_before_is_not_shown(log: Path) -> None:
    write(log, "ERROR of yesterday\n")
    logs = Logs(log.parent)
    write(log, "ERROR of today\n")
    assert list(logs.errors()) == ["import: ERROR of today"]


def test_a_traceback_is_shown_whole_even_if_it_is_written_in_parts(log: Path) -> None:
    logs = Logs(log.parent)
    write(log, TRACEBACK[:60])
    assert list(logs.errors()) == []
    write(log, TRACEBACK[60:])
    assert list(logs.errors()) == [f"import: {TRACEBACK.rstrip()}"]


def test_what_is_repeated_is_shown_once_a_minute(log: Path) -> None:
    now = 0.0
    logs = Logs(log.parent, lambda: now)
    write(log, TRACEBACK * 2)
    assert len(list(logs.errors())) == 1
    now = 61.0
    write(log, TRACEBACK)
    assert len(list(logs.errors())) == 1


def test_a_log_that_was_turned_over_is_read_from_its_beginning(log: Path) -> None:
    logs = Logs(log.parent)
    write(log, "ERROR one, and something to make it long\n")
    assert list(logs.errors()) == ["import: ERROR one, and something to make it long"]
    log.rename(log.with_suffix(".log.1"))
    write(log, "ERROR two\n")
    assert list(logs.errors()) == ["import: ERROR two"]


def test_it_knows_who_is_up(tmp_path: Path) -> None:
    logs = Logs(tmp_path)
    write(tmp_path / "supervisord.log", "2026-11-25 INFO success: import entered RUNNING state, process has stayed up\n")
    assert list(logs.errors()) == []
    assert logs.up == {"import"}
