"""What keeps people from using a page, as axe-core (npm) finds it. In: a page. Out: its findings, a line each."""

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"


def hindrances(page: Page) -> list[str]:
    assert AXE.exists(), "axe-core is missing: run tests/install"
    page.evaluate(AXE.read_text())  # not a script tag: the page's own policy forbids that
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")
    return [
        f"{violation['id']}: {node['target']} {node['html'][:200]} {node['failureSummary'][:300]}"
        for violation in found
        for node in violation["nodes"]
    ]
