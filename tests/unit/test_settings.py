"""Settings: where a value comes from, and what is said of one that cannot be used."""

from pathlib import Path

import pytest

from settings import HOME, SETTINGS, Setting, SettingError, load


@pytest.fixture
def ext(tmp_path: Path) -> Path:
    return tmp_path / "settings_ext.py"


def test_without_anything_set_every_default_is_usable(ext: Path) -> None:
    settings = load({}, ext)
    assert settings.collect_port == 8000
    assert settings.data_dir == HOME / "data"
    assert settings.allowed_hosts == ()
    assert settings.own_redis
    assert set(settings.origin.values()) == {"default"}


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(ext: Path) -> None:
    ext.write_text("COLLECT_PORT = 8100\nDASHBOARD_PORT = 8101\n")
    settings = load({"FIZZSTAT_COLLECT_PORT": "8200"}, ext)
    assert (settings.collect_port, settings.dashboard_port, settings.batch_size) == (8200, 8101, 2000)
    assert settings.origin["COLLECT_PORT"] == "environment"
    assert settings.origin["DASHBOARD_PORT"] == "settings_ext.py"
    assert settings.origin["BATCH_SIZE"] == "default"


def test_the_file_may_use_the_prefix_lists_and_names_of_its_own_in_lower_case(ext: Path) -> None:
    ext.write_text('import os\nmine = "x"\nFIZZSTAT_ALLOWED_HOSTS = ["www.Example.com", "*.example.org"]\nHONOUR_DNT = True\n')
    settings = load({}, ext)
    assert settings.allowed_hosts == ("example.com", "*.example.org")
    assert settings.honour_dnt is True


def test_a_name_in_the_file_that_is_no_setting_is_refused(ext: Path) -> None:
    ext.write_text("COLECT_PORT = 8100\n")
    with pytest.raises(SettingError, match="COLECT_PORT"):
        load({}, ext)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COLLECT_PORT", "0"),
        ("COLLECT_PORT", "http"),
        ("COLLECT_PORT", "65536"),
        ("BATCH_SECONDS", "nan"),
        ("BATCH_SIZE", "1.5"),
        ("KEEP_BOTS", "maybe"),
        ("INDEX_PERIOD", "year"),
        ("TIME_ZONE", "Europe/Atlantis"),
        ("TIME_ZONE", "../../etc/passwd"),
        ("PROXY_COUNT", "-1"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_the_variables_name(ext: Path, name: str, value: str) -> None:
    with pytest.raises(SettingError, match=f"^FIZZSTAT_{name} takes .*{value}"):
        load({f"FIZZSTAT_{name}": value}, ext)


@pytest.mark.parametrize("row", SETTINGS, ids=lambda row: row.name)
def test_every_row_explains_itself_in_a_sentence(row: Setting) -> None:
    assert row.help.endswith(".")
    assert row.name.isupper()
    row.read(row.default)


def test_urls_and_keys_that_may_hold_passwords_are_secret() -> None:
    assert {row.name for row in SETTINGS if row.name.endswith(("_URL", "_KEY"))} == {row.name for row in SETTINGS if row.secret}


def test_a_name_that_is_no_setting_is_no_attribute(ext: Path) -> None:
    with pytest.raises(AttributeError, match="there is no setting colect_port"):
        load({}, ext).colect_port  # noqa: B018
