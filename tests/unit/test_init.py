"""`./fizzstat init`: the file that it writes is one that FizzStat reads."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import cli
from commands.init import commented
from settings import SETTINGS, load


def init(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["init", *arguments], prog_name="fizzstat")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings_ext.py"


def test_the_file_explains_every_setting_and_sets_none(file: Path) -> None:
    result = init("--file", str(file))
    assert result.exit_code == 0
    assert str(file) in "".join(result.output.split("\n"))
    text = " ".join(file.read_text().replace("# ", "").split())
    assert [row.name for row in SETTINGS if row.help not in text or f"{row.name} = " not in text] == []
    assert set(load({}, file).origin.values()) == {"default"}
    assert file.stat().st_mode & 0o077 == 0


def test_every_line_of_it_may_be_taken_into_use(file: Path) -> None:
    file.write_text(re.sub(r"^# ([A-Z_]+ = )", r"\1", commented(), flags=re.MULTILINE))
    settings, defaults = load({}, file), load({}, file.with_name("none"))
    assert set(settings.origin.values()) == {"settings_ext.py"}
    assert [row.name for row in SETTINGS if getattr(settings, row.name.lower()) != getattr(defaults, row.name.lower())] == []


def test_what_is_there_is_not_lost_unless_it_is_asked_for(file: Path) -> None:
    file.write_text("COLLECT_PORT = 8100\n")
    result = init("--file", str(file))
    assert result.exit_code == 1
    assert "--force" in result.output
    assert file.read_text() == "COLLECT_PORT = 8100\n"
    assert init("--file", str(file), "--force").exit_code == 0
    assert "# COLLECT_PORT = 8000" in file.read_text()


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    result = init("--file", str(tmp_path / "nowhere" / "settings_ext.py"))
    assert result.exit_code == 1
    assert "cannot be written: No such file or directory" in result.output
