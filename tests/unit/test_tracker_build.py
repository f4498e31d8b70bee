"""The tracker that is served is built from the source that is read."""

import gzip
import subprocess
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "static"
BUDGET = 1800  # bytes, gzip -9: what all of the tracker may weigh


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    assert (folder / "node_modules").exists(), "terser is missing: run tests/install, or static/build"
    return subprocess.run(["node", "build.mjs", "--check"], cwd=folder, capture_output=True, text=True, timeout=60)


def test_the_built_tracker_is_up_to_date() -> None:
    run = check(STATIC)

    assert run.returncode == 0, run.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("build.mjs", "package.json", "tracker.js", "tracker.min.js"):
        (tmp_path / name).write_bytes((STATIC / name).read_bytes())
    (tmp_path / "node_modules").symlink_to(STATIC / "node_modules")
    return tmp_path


def test_a_stale_tracker_is_noticed(copy: Path) -> None:
    source = copy / "tracker.js"
    source.write_text(source.read_text().replace("'exit'", "'quit'"))

    run = check(copy)

    assert run.returncode == 1
    assert "run static/build" in run.stderr


def test_a_missing_build_is_noticed(copy: Path) -> None:
    (copy / "tracker.min.js").unlink()

    assert check(copy).returncode == 1


def test_the_source_keeps_to_what_older_browsers_read(copy: Path) -> None:
    (copy / "tracker.js").write_text("const a = window?.b")

    run = check(copy)

    assert run.returncode != 0
    assert "SyntaxError" in run.stderr


def test_the_tracker_is_small() -> None:
    assert len(gzip.compress((STATIC / "tracker.min.js").read_bytes(), 9)) <= BUDGET


def test_a_clone_can_be_built_from_any_registry() -> None:
    assert "resolved" not in (STATIC / "package-lock.json").read_text()
