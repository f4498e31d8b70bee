"""The settings of a site in a real browser: the snippet follows its boxes, hits are seen to arrive, an order's progress is told,
and nobody is kept from using a page."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from dashboard.app import create_app
from store import open_store
from tests.browser.hindrances import hindrances
from tests.real.shell import Shell
from tests.real.system import System
from tests.real.test_site_settings import hit
from tests.servers import until
from tests.signed_in import cookie

PATH = "/sites/a.example/settings"
PAGES = ("", "/snippet", "/goals", "/funnels", "/segments", "/shields", "/sharing", "/export", "/erase")


@pytest.fixture
def one(tmp_path: Path, redis_url: str, redis_prefix: str) -> Iterator[System]:
    system = System(tmp_path / "data", redis_url, redis_prefix, "embedded")
    Shell(system.environ)("sites", "add", "a.example", "--name", "Ours")
    system.start("import")
    yield system
    system.kill()


@pytest.fixture
def settings(one: System) -> Iterator[str]:
    """The address of the page."""
    server = make_server("127.0.0.1", 0, create_app(one.settings), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}{PATH}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_snippet_follows_its_boxes_and_a_hit_is_seen_to_arrive(one: System, settings: str, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.context.add_cookies([cookie(one.settings, settings.removesuffix(PATH))])
    page.goto(f"{settings}/snippet")
    expect(page.get_by_role("button", name="Make the snippet")).to_be_hidden()
    page.get_by_label("Where browsers reach the collector").fill("https://stats.example")
    page.get_by_label("Web vitals and errors").check()
    page.get_by_label("Paths that are not counted").fill('/admin/*"><b>')
    tag = '<script defer src="https://stats.example/tracker.js" data-vitals data-exclude="/admin/*&quot;&gt;&lt;b&gt;"></script>'
    expect(page.get_by_label("The snippet", exact=True)).to_have_text(tag)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == tag
    page.reload()
    expect(page.get_by_label("The snippet", exact=True)).to_have_text(tag)
    expect(page.get_by_label("Web vitals and errors")).to_be_checked()

    arrived = page.locator("#arrived").get_by_role("status")
    expect(arrived).to_contain_text("No hit yet")
    one.take([hit(agent="Googlebot/2.1 (+http://www.google.com/bot.html)")])
    expect(arrived).to_contain_text("A bot, a crawler")
    expect(page.get_by_text("Does https://stats.example/tracker.js open in your browser?")).to_be_visible()
    one.take([hit()])
    expect(arrived).to_have_text("It works: a hit came, and counted.")


def test_all_can_be_done_by_keyboard_and_without_scripts(one: System, settings: str, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        context.add_cookies([cookie(one.settings, settings.removesuffix(PATH))])
        page = context.new_page()
        page.goto(f"{settings}/snippet")
        page.get_by_label("Paths behind #").focus()
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        expect(page.get_by_label("The snippet", exact=True)).to_contain_text("data-hash")
        page.get_by_role("button", name="Look whether a hit came").click()
        expect(page.locator("#arrived")).to_contain_text("No hit yet")

        page.goto(f"{settings}/funnels")
        page.get_by_label("Name").focus()
        for text in ("Buying", "/", "/pricing"):
            page.keyboard.type(text)
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("It is there")
        expect(page.get_by_role("heading", name="Buying")).to_be_visible()


def test_pages_are_suggested_and_how_far_an_order_is_is_told_until_it_is_done(one: System, settings: str, page: Page) -> None:
    one.take([hit(), hit(path="/more")])
    one.imported()
    store = open_store(one.settings, write=False)
    until(lambda: store.count("view") == 2, "the views to be found")
    store.close()
    page.context.add_cookies([cookie(one.settings, settings.removesuffix(PATH))])
    page.goto(f"{settings}/goals")
    field = page.get_by_label("Page", exact=True).first
    expect(field).to_have_attribute("list", "values-settings-0")
    field.focus()
    expect(page.locator("datalist option[value='/more']")).to_be_attached()
    page.goto(f"{settings}/erase")
    page.get_by_label("To be sure, type a.example").first.fill("a.example")
    page.get_by_role("button", name="Erase all data").click()
    expect(page.get_by_text("Done. 4 documents and dead hits are erased.")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_nobody_is_kept_from_using_a_page(one: System, settings: str, browser: Browser, width: int, scheme: str) -> None:
    fizzstat = Shell(one.environ)
    for command in (("goals", "add", "--event", "signup"), ("segments", "add", "German", '[["is", "visit:country", ["DE"]]]')):
        assert fizzstat(*command[:2], "--site", "a.example", *command[2:]).code == 0
    with browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme) as context:  # type: ignore[arg-type]
        context.add_cookies([cookie(one.settings, settings.removesuffix(PATH))])
        page, said = context.new_page(), list[str]()
        page.on("console", lambda message: said.append(message.text))
        for path in PAGES:
            page.goto(settings + path)
            for closed in page.locator("main details:not([open])").all():
                closed.evaluate("part => { part.open = true }")
            assert hindrances(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") == width, path
        assert said == []
