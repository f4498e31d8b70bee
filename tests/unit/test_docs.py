"""The docs say what is: every setting, command, field and reason stands in them, and nothing that is not there."""

import json
import re
from pathlib import Path

import pytest

from docs.build import PAGES, commands, rebuilt
from importer.facts import Drop
from settings import SETTINGS

ROOT = PAGES.parent
PAGE_FILES = [ROOT / "README.md", *sorted(PAGES.glob("*.md"))]


@pytest.mark.parametrize("page", PAGE_FILES, ids=lambda page: page.name)
def test_the_generated_parts_of_a_page_are_up_to_date(page: Path) -> None:
    assert page.read_text() == rebuilt(page.read_text()), "run .venv/bin/python -m docs.build"


def test_every_setting_is_explained() -> None:
    text = (PAGES / "settings.md").read_text()
    assert [row.variable for row in SETTINGS if f"| `{row.variable}` | " not in text] == []


def test_every_command_is_explained() -> None:
    from cli import cli

    headings = re.findall(r"^### (.+)$", (PAGES / "commands.md").read_text(), re.MULTILINE)
    assert headings == [" ".join(path) for path, _ in commands(cli)]
    assert {"run", "collect", "import", "setup", "status", "ledger", "show", "env"} <= set(headings)


def test_every_reason_to_drop_a_hit_is_explained() -> None:
    text = (PAGES / "promises.md").read_text()
    assert [drop for drop in Drop if f"| `{drop}` | {drop.sentence} |" not in text] == []


@pytest.mark.parametrize("kind", ["common", "client", "visit", "view", "event"])
def test_every_field_of_a_document_is_explained_with_its_type(kind: str) -> None:
    heading = "In all documents" if kind == "common" else kind
    section = (PAGES / "fields.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    explained = dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", section, re.MULTILINE))

    mapping = json.loads((ROOT / "mappings" / f"{kind}.json").read_text())
    assert explained == {name: _type(field) for name, field in mapping.items()}


def _type(field: dict[str, object]) -> str:
    kept_only = field.get("index") is False or field.get("enabled") is False
    return f"{field['type']}, kept only" if kept_only else str(field["type"])


@pytest.mark.parametrize("page", PAGE_FILES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text())
    assert [link for link in links if not _leads_somewhere(page, link)] == []


def _leads_somewhere(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("variable", sorted(set(re.findall(r"FIZZSTAT_[A-Z_]+", "".join(p.read_text() for p in PAGE_FILES)))))
def test_no_page_speaks_of_a_setting_that_is_none(variable: str) -> None:
    assert variable in {row.variable for row in SETTINGS}
