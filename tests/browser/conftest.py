"""Fixtures of a real Chromium, headless.

Per test:
- `page`: a tab of its own in `context`, a fresh profile with an ordinary user agent. Playwright keeps such a tab seen and
  in focus, whatever others are opened.
- `window`: a browser's window as people have it, a BrowserContext too: its tabs hide each other, and the cache of whole
  pages works. Its profile is shared, so that only its tabs are closed after each test.
- `site`: a WebSite, all hosts under `.test` in the browser, that keeps the hits that it gets.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.browser.website import WebSite

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> str:
    """The path of Debian's Chromium, else of the one that Playwright brought."""
    return shutil.which("chromium") or playwright.chromium.executable_path


@pytest.fixture(scope="session")
def arguments(chromium: str) -> list[str]:
    """Those of its command line. A headless Chromium says so in its user agent, as bots do: this one does not. Playwright
    could say that for a context too, but what a page sends when it is left would not heed it; so with the language.
    """
    version = subprocess.run([chromium, "--version"], capture_output=True, text=True, check=True).stdout
    major = next(word for word in version.split() if word[0].isdigit()).split(".")[0]
    agent = f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Safari/537.36"
    return [*ARGUMENTS, f"--user-agent={agent}", "--lang=de-DE", "--accept-lang=de-DE,de,en"]


@pytest.fixture(scope="session")
def browser(playwright: Playwright, chromium: str, arguments: list[str]) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
    yield browser
    browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(
        timezone_id="Europe/Berlin",
        viewport={"width": 1280, "height": 720},
        screen={"width": 1920, "height": 1080},
    )
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture(scope="session")
def _window(playwright: Playwright, chromium: str, arguments: list[str]) -> Iterator[BrowserContext]:
    # Playwright's own contexts pretend that each tab is in front; only a browser that it did not start has real ones.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            chromium,
            *arguments,
            "--headless=new",
            "--disable-features=HttpsUpgrades",
            f"--user-data-dir={profile}",
            "--remote-debugging-port=0",
            "about:blank",
        ]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            port = _debugging_port(Path(profile), process)
            connected = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}", no_defaults=True)
            yield connected.contexts[0]
            connected.close()
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(10)


def _debugging_port(profile: Path, process: "subprocess.Popen[bytes]") -> int:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, "Chromium ended"
        written = profile / "DevToolsActivePort"
        if written.exists() and (lines := written.read_text().split()):
            return int(lines[0])
        time.sleep(0.05)
    raise TimeoutError("Chromium said no debugging port")


@pytest.fixture
def window(_window: BrowserContext) -> Iterator[BrowserContext]:
    first = _window.pages[0]  # the window closes with its last tab
    first.bring_to_front()
    _window.set_default_timeout(10_000)
    yield _window
    for tab in _window.pages:
        if tab is not first:
            tab.close()
    _window.clear_cookies()


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Iterator[WebSite]:
    with WebSite() as site:
        for name in ("context", "window"):
            if name in request.fixturenames:
                site.watch(request.getfixturevalue(name))
        yield site
