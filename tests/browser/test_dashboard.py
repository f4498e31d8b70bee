"""The ledger in a real browser, to who is signed in, over a real Redis, importer and store: hostile hits are text, and the page
stays fresh.

Its server is Werkzeug's, in this process; that uWSGI serves the same app, test_run.py shows.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from dashboard.app import create_app
from hits.hit import Hit, Revenue
from tests.real.shell import Shell
from tests.real.system import System
from tests.servers import RedisServer, until
from tests.signed_in import cookie

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
EVIL = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
receipts = count(1)


def hit(kind: str = "view", **fields: object) -> Hit:
    n = next(receipts)
    fields = {"agent": CHROME, "language": "de", "time_zone": "Europe/Berlin", **fields}
    given = {"site": "a.example", "url": "https://a.example/", **fields}
    if kind == "view":
        given = {"view": f"view{n}", **given}
    now = time.time_ns() // 1_000_000
    return Hit(receipt=f"{n:032x}", id=f"id{n}", received=now, way="hit", kind=kind, ip="203.0.113.9", **given)  # type: ignore[arg-type]


@pytest.fixture
def redis(redis_server: Callable[..., RedisServer]) -> RedisServer:
    """The test's own, to take away."""
    return redis_server()


@pytest.fixture
def one(tmp_path: Path, redis: RedisServer, redis_prefix: str) -> Iterator[System]:
    system = System(tmp_path / "data", redis.url, redis_prefix, "embedded")
    yield system
    system.kill()


@pytest.fixture
def importer(one: System) -> Iterator[None]:
    with Shell(one.environ).start("import") as process:
        yield
        process.kill()


@pytest.fixture
def root(one: System) -> Iterator[str]:
    """Of the dashboard."""
    server = make_server("127.0.0.1", 0, create_app(one.settings), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def url(one: System, root: str, context: BrowserContext) -> str:
    """Of the ledger, for `context`'s browser, whose owner is signed in."""
    context.add_cookies([cookie(one.settings, root)])
    return f"{root}ledger"


@pytest.fixture
def faults(page: Page) -> Iterator[list[str]]:
    """What the browser complains of: errors of scripts, and what the Content-Security-Policy forbade."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    yield found
    assert found == []


HOSTILE = [
    hit(url=f"https://a.example/{EVIL}", title=EVIL, referrer=f"https://b.example/{EVIL}"),
    hit(url="https://a.example/?utm_source=" + EVIL, title="a source"),
    hit("event", name=EVIL, value=EVIL, data={EVIL[:60]: EVIL}, revenue=Revenue(1.5, "EUR")),
    hit(site=EVIL[:200], title="a site"),
    hit(agent=f"Mozilla/5.0 ({EVIL}) Gecko/20100101 Firefox/145.0", title="an agent"),
    hit(title="\u202egpj.exe", url="https://a.example/" + "long" * 400),
]


def test_hostile_hits_are_text(one: System, importer: None, url: str, page: Page, faults: list[str]) -> None:
    one.take(HOSTILE)
    one.imported()
    page.goto(url)
    expect(page.locator("#hits")).to_contain_text(EVIL)
    one.take([hit(title="The next")])
    expect(page.locator("#hits")).to_contain_text("The next", timeout=15_000)  # so the script has swapped the part
    shown = page.locator("#hits").inner_text()
    assert "document.title='owned'" in shown
    assert page.title() == "Ledger – FizzStat"
    for forbidden in ("main img", "main script", "main [onerror]", "main [style]"):
        assert page.locator(forbidden).count() == 0


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (768, "light"), (1280, "dark")])
def test_the_page_fits_its_screen(
    browser: Browser, one: System, importer: None, root: str, scheme: str, width: int, tmp_path: Path
) -> None:
    one.take([*HOSTILE, *(hit(url=f"https://a.example/{n}") for n in range(3))])
    one.imported()
    context = browser.new_context(viewport={"width": width, "height": 740}, color_scheme=scheme)  # type: ignore[arg-type]
    context.add_cookies([cookie(one.settings, root)])
    page = context.new_page()
    page.goto(f"{root}ledger")
    expect(page.locator("#hits")).to_contain_text("/2")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=tmp_path / f"{scheme}-{width}.png", full_page=True)
    context.close()


def _brightness(page: Page, what: str) -> float:
    colour = page.evaluate(f"getComputedStyle(document.documentElement).{what}")
    red, green, blue = map(int, re.findall(r"\d+", colour)[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_page_is_dark_for_those_who_want_it_so(browser: Browser, root: str) -> None:
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto(root)
        dark = _brightness(page, "backgroundColor") < _brightness(page, "color")
        assert dark == (scheme == "dark")
        context.close()


def test_an_empty_dashboard_says_what_to_do_and_fills_itself(
    one: System, importer: None, url: str, page: Page, faults: list[str]
) -> None:
    page.goto(url)
    expect(page.get_by_text("No hits yet.")).to_be_visible()
    expect(page.get_by_role("link", name="open the demo page")).to_have_attribute("href", "http://127.0.0.1:8000/demo")
    expect(page.locator(".snippet")).to_have_text('<script defer src="http://127.0.0.1:8000/tracker.js" data-local></script>')
    until(lambda: "No importer is at work" not in page.content() or page.reload(), "the importer")
    one.take([hit(title="The first")])
    expect(page.locator("#hits")).to_contain_text("The first", timeout=15_000)
    expect(page.locator("#visits")).to_be_visible()
    expect(page.locator("#ledger")).to_contain_text("Balanced")


def test_the_snippet_is_copied_by_a_button(one: System, url: str, page: Page, faults: list[str]) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(url)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == '<script defer src="http://127.0.0.1:8000/tracker.js" data-local></script>'


def test_times_are_in_the_readers_own_zone(one: System, importer: None, url: str, page: Page) -> None:
    one.take([hit()])
    one.imported()
    page.goto(url)
    time_of_hit = page.locator("#hits time").first
    expect(time_of_hit).not_to_contain_text("UTC")
    utc = time_of_hit.get_attribute("datetime")
    local = page.evaluate("iso => new Intl.DateTimeFormat(undefined, {timeStyle: 'medium'}).format(new Date(iso))", utc)
    assert local in time_of_hit.inner_text()
    assert "GMT+" in str(time_of_hit.get_attribute("title"))


def test_a_part_that_did_not_change_is_left_alone(one: System, importer: None, url: str, page: Page) -> None:
    one.take([hit()])
    one.imported()
    page.goto(url)
    page.evaluate("document.querySelector('#hits tbody tr').mark = 'mine'")
    page.evaluate("document.getElementById('clock').textContent = 'Not yet'")
    expect(page.locator("#clock")).to_contain_text("Updated", timeout=15_000)
    assert page.evaluate("document.querySelector('#hits tbody tr').mark") == "mine"


def test_without_scripts_the_page_says_the_same_and_reloads_itself(
    browser: Browser, one: System, importer: None, root: str
) -> None:
    one.take([hit(title="The first")])
    one.imported()
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([cookie(one.settings, root)])
    page = context.new_page()
    page.goto(f"{root}ledger")
    expect(page.locator("#hits")).to_contain_text("The first")
    expect(page.locator("#hits time").first).to_contain_text("UTC")
    assert page.locator('noscript meta[http-equiv="refresh"]').count() == 1
    context.close()


def test_redis_away_is_said_and_the_page_recovers(one: System, importer: None, redis: RedisServer, url: str, page: Page) -> None:
    one.take([hit(title="The first")])
    one.imported()
    page.goto(url)
    redis.kill()
    expect(page.get_by_role("status")).to_contain_text("Redis is away.", timeout=15_000)
    expect(page.locator("#hits")).to_contain_text("The first")
    answer = page.reload()
    assert answer
    assert answer.status == 200
    redis.start()
    expect(page.get_by_role("status")).not_to_contain_text("Redis is away.", timeout=15_000)
    expect(page.locator("#ledger")).to_contain_text("Balanced")


def test_a_keyboard_reaches_everything_and_a_screen_reader_hears_names(one: System, importer: None, url: str, page: Page) -> None:
    one.take([hit(title="The first")])
    one.imported()
    page.goto(url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the page itself")).to_be_focused()
    table = page.get_by_role("table", name="Last hits")
    expect(table.get_by_role("columnheader")).to_have_text(
        ["Time", "Site", "Page or event", "Source", "Country", "Browser", "Engaged"]
    )
    expect(table.get_by_role("row")).to_have_count(2)
    for heading in ("Where every hit is", "Last hits", "Last visits", "Behind it"):
        expect(page.get_by_role("heading", name=heading, level=2)).to_be_visible()
