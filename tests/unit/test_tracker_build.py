"""The scripts that are served are built from the sources that are read, are small, and never change once they were released."""

import base64
import gzip
import hashlib
import json
import subprocess
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "static"
SOURCES = ("tracker.js", "vitals.js", "module.js")
BUILT = ("tracker.min.js", "vitals.min.js", "fizzstat.mjs")
#: bytes, gzip -9: what all of it may weigh
BUDGETS = {"tracker.min.js": 1800, "vitals.min.js": 900}
#: What pages all over the world have in their tags: a line may come, none may change or go.
RELEASED = {
    "tracker-1.0.0.js": "sha384-WMrov75DQ6s6RWZvRhNwqtozsUpERPkNpcIS+SZis+0G/oZU2gK1wvzStiEv1zPK",
    "vitals-1.0.0.js": "sha384-lQcdF4uhkuSDIIzdIbFLS5ZywpPWE87FvkoYEFRunPVqQBlE9qmFGIHtGonRN6EF",
}


def build(folder: Path, option: str = "--check") -> subprocess.CompletedProcess[str]:
    assert (folder / "node_modules").exists(), "terser is missing: run tests/install, or static/build"
    return subprocess.run(["node", "build.mjs", option], cwd=folder, capture_output=True, text=True, timeout=60)


def test_what_is_built_is_up_to_date() -> None:
    run = build(STATIC)

    assert run.returncode == 0, run.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("build.mjs", "package.json", *SOURCES, *BUILT):
        (tmp_path / name).write_bytes((STATIC / name).read_bytes())
    (tmp_path / "node_modules").symlink_to(STATIC / "node_modules")
    return tmp_path


@pytest.mark.parametrize(
    ("source", "said", "stale"),
    [
        ("tracker.js", "'exit'", {"tracker.min.js", "fizzstat.mjs"}),
        ("vitals.js", "'error'", {"vitals.min.js"}),
        ("module.js", "'optIn'", {"fizzstat.mjs"}),
    ],
)
def test_what_is_stale_is_noticed(copy: Path, source: str, said: str, stale: set[str]) -> None:
    text = (copy / source).read_text()
    assert said in text
    (copy / source).write_text(text.replace(said, "'other'"))

    run = build(copy)

    assert run.returncode == 1
    assert {name for name in BUILT if f"static/{name} is not what its source makes: run static/build" in run.stderr} == stale


def test_a_missing_build_is_noticed(copy: Path) -> None:
    (copy / "tracker.min.js").unlink()

    assert build(copy).returncode == 1


@pytest.mark.parametrize("source", SOURCES)
def test_the_sources_keep_to_what_older_browsers_read(copy: Path, source: str) -> None:
    (copy / source).write_text("let a; a ||= 1")

    run = build(copy)

    assert run.returncode != 0
    assert "SyntaxError" in run.stderr


@pytest.mark.parametrize("name", BUDGETS)
def test_the_scripts_are_small(name: str) -> None:
    assert len(gzip.compress((STATIC / name).read_bytes(), 9)) <= BUDGETS[name]


def test_a_clone_can_be_built_from_any_registry() -> None:
    assert "resolved" not in (STATIC / "package-lock.json").read_text()


# ── releases


def sha384(path: Path) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


def test_what_was_released_stays_as_it_was() -> None:
    folder = STATIC / "released"

    assert {path.name: sha384(path) for path in folder.glob("*.js")} == RELEASED
    assert json.loads((folder / "hashes.json").read_text()) == RELEASED


def test_a_release_is_the_scripts_as_they_are_built(copy: Path) -> None:
    assert build(copy, "--release").returncode == 0

    version = json.loads((copy / "package.json").read_text())["version"]
    for script in ("tracker", "vitals"):
        name = f"{script}-{version}.js"
        assert (copy / "released" / name).read_bytes() == (copy / f"{script}.min.js").read_bytes()
        assert json.loads((copy / "released" / "hashes.json").read_text())[name] == sha384(copy / "released" / name)


def test_what_was_released_is_not_released_again_as_something_else(copy: Path) -> None:
    build(copy, "--release")
    released = {path.name: path.read_bytes() for path in (copy / "released").iterdir()}
    (copy / "tracker.js").write_text((copy / "tracker.js").read_text().replace("'exit'", "'other'"))

    run = build(copy, "--release")

    assert run.returncode == 1
    assert "raise the version in package.json" in run.stderr
    assert {path.name: path.read_bytes() for path in (copy / "released").iterdir()} == released


# ── types


def test_the_types_are_those_of_the_module(tmp_path: Path) -> None:
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "fizzstat").symlink_to(STATIC)
    (tmp_path / "good.ts").write_text(
        """import * as fizzstat from 'fizzstat'
fizzstat.init({ site: 'example.com', endpoint: '/numbers/hit', local: true, exit: false, download: ['pdf'] })
fizzstat.event('order', 12, { revenue: { amount: 12.5, currency: 'EUR' }, size: 'L' }, taken => taken === true)
fizzstat.event('shown', null, { interactive: false })
fizzstat.view({ url: 'https://example.com/masked' })
fizzstat.identify('u-1', { plan: 'pro' })
window.fizzstat?.event('signup')
const exports: Record<keyof typeof fizzstat, unknown> = fizzstat
"""
    )
    (tmp_path / "bad.ts").write_text(
        """import { event, init } from 'fizzstat'
event()
event('order', { no: 'value' })
init({ manuel: true })
"""
    )

    good, bad = (
        subprocess.run(
            ["node", STATIC / "node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--module", "nodenext", name],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        for name in ("good.ts", "bad.ts")
    )

    assert good.returncode == 0, good.stdout
    assert [line.split("(")[1].split(",")[0] for line in bad.stdout.splitlines() if line.startswith("bad.ts")] == ["2", "3", "4"]
