"""How long a site's page takes in a browser: `python -m bench.page [VIEWS] [FOLDER]` (1,000,000; a folder that is kept).

A year of traffic (bench/year.py) in the embedded store, the dashboard under uWSGI as `make run` has it, and Chromium, whose own
timings these are: first paint, when the last panel had come, and the largest jump of the layout. Cold is the first look after
the dashboard was started, warm a second at what was asked before.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright

import settings
from bench.year import PREFIX, SITE, into_store
from store import open_store
from tests.servers import ROOT, free_port, until
from tests.signed_in import cookie

LOOKS = ("period=7d", "period=30d", "period=12mo", "period=30d&f=is,country,DE", "period=30d&f=is,page,/pricing")
TIMINGS = """() => {
    const [page] = performance.getEntriesByType('navigation')
    const [paint] = performance.getEntriesByName('first-contentful-paint')
    return [paint.startTime, page.responseEnd, window.jumped ?? 0]
}"""
WATCH = """new PerformanceObserver(list => list.getEntries().forEach(one => { window.jumped = (window.jumped ?? 0) + one.value }))
    .observe({ type: 'layout-shift', buffered: true })"""


@contextmanager
def dashboard(environ: dict[str, str]) -> Iterator[str]:
    """Its address, of a dashboard that was just started."""
    url = f"http://127.0.0.1:{environ['FIZZSTAT_DASHBOARD_PORT']}"
    process = subprocess.Popen(["./fizzstat", "dashboard"], cwd=ROOT, env={**os.environ, **environ}, stdout=subprocess.DEVNULL)
    try:
        until(lambda: _answers(url), "the dashboard", 30)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/healthz", timeout=1):
            return True
    except OSError:
        return False


def look(browser: Browser, environ: dict[str, str], url: str, what: str) -> tuple[float, float, float]:
    """Seconds until the first paint and the last panel, and how much the layout jumped."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([cookie(settings.load(environ, Path("/nowhere")), url)])  # type: ignore[list-item]
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(f"{url}/sites/{SITE}?{what}", wait_until="load")
    assert page.locator("[data-part]").count() == 8, page.content()[-3000:]
    assert page.locator(".problem-box").count() == 0
    paint, last, jumped = page.evaluate(TIMINGS)
    context.close()
    return paint / 1000, last / 1000, jumped


def main(words: list[str]) -> None:
    views, kept = int(words[0]) if words else 1_000_000, words[1] if len(words) > 1 else ""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        environ = {
            "FIZZSTAT_DATA_DIR": kept or name,
            "FIZZSTAT_ACCOUNTS_URL": f"sqlite:///{name}/accounts.db",
            "FIZZSTAT_INDEX_PREFIX": PREFIX,
            "FIZZSTAT_REDIS_URL": "redis://127.0.0.1:1",
            "FIZZSTAT_DASHBOARD_PORT": str(free_port()),
        }
        if not (Path(environ["FIZZSTAT_DATA_DIR"]) / "store").exists():
            store = open_store(settings.load(environ, Path("/nowhere")), write=True)
            into_store(store, views)
            store.close()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        print(f"\n| {views:,} views | first paint | all panels, cold | warm | jump |\n|---|---|---|---|---|")
        for what in LOOKS:
            with dashboard(environ) as url:
                paint, cold, jumped = look(browser, environ, url, what)
                _, warm, _ = look(browser, environ, url, what)
            print(f"| {what} | {paint:.2f} s | {cold:.2f} s | {warm:.2f} s | {jumped:.3f} |", flush=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
