"""The frame of the dashboard in a real browser: the first account by keyboard alone, and pages that nobody is kept from using."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from accounts.database import open_at
from accounts.first import first_token
from accounts.keys import add_key
from accounts.sites import add_site
from dashboard.app import create_app
from settings import Settings, load
from store import open_store
from tests.browser.hindrances import hindrances
from tests.real.test_overview import view
from tests.signed_in import PASSWORD, cookie, person
from tests.stores import Opener

PATHS = ("sites", "sites?q=nothing", "ledger", "account", "users", "keys", "nowhere")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"FIZZSTAT_DATA_DIR": str(tmp_path), "FIZZSTAT_REDIS_URL": "redis://127.0.0.1:1"}, Path("/nowhere"))


@pytest.fixture
def url(settings: Settings) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(settings), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def filled(settings: Settings) -> None:
    """Three sites, of which one was visited, somebody else, and a key."""
    opener, now = Opener("embedded", "fizzstat", settings.data_dir), datetime.now(UTC)
    store = open_store(settings, write=True)
    store.setup()
    store.create([one for n in range(5) for one in view(opener, n, "a.example", now, n)])
    store.flush()
    store.refresh()
    store.close()
    with open_at(f"sqlite:///{settings.data_dir / 'accounts.db'}", lambda snapshot: None).change() as session:
        for id in ("b.example", "c.example"):
            add_site(session, id, now=now, name="A name")
        add_key(session, "shop", "fizz_key", rights=["read"], now=now)
    person(settings, "", {"a.example": "editor"})


def test_the_first_account_is_made_and_signed_out_of_by_keyboard_alone(settings: Settings, url: str, page: Page) -> None:
    page.goto(url)
    expect(page.get_by_label("Token")).to_be_focused()
    for text in (first_token(settings.data_dir), "Ann", PASSWORD):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Make the account")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sites", level=1)).to_be_visible()
    expect(page.get_by_text("No site yet.")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the page itself")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.keyboard.type("ann")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_contain_text("Ledger")


def test_all_sites_show_their_numbers_and_are_searched(settings: Settings, url: str, filled: None, page: Page) -> None:
    page.context.add_cookies([cookie(settings, url)])
    page.goto(f"{url}sites")
    row = page.get_by_role("table").get_by_role("row").nth(1)
    expect(row).to_contain_text("a.example")
    expect(row.get_by_role("cell").nth(2)).to_have_accessible_name("5")
    expect(row.get_by_role("img", name="Views a day: 0, 0, 0, 0, 0, 0, 5")).to_be_visible()
    page.get_by_label("Search sites").fill("B.EX")
    page.keyboard.press("Enter")
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("link", name="A name")).to_have_attribute("href", "/sites/b.example")
    page.get_by_role("link", name="30 days").click()
    expect(page.get_by_role("img")).to_have_accessible_name("Views a day: " + ", ".join("0" * 30))


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_nobody_is_kept_from_using_a_page(
    browser: Browser, settings: Settings, url: str, filled: None, width: int, scheme: str, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 740}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()

    def look(path: str) -> None:
        page.goto(url + path)
        found = hindrances(page)
        page.screenshot(path=tmp_path / f"{path.partition('?')[0] or 'door'}-{scheme}-{width}.png", full_page=True)
        assert found == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path

    look("")
    context.add_cookies([cookie(settings, url)])
    for path in PATHS:
        look(path)
    page.goto(f"{url}users")
    page.locator("summary").first.click()
    assert hindrances(page) == []
    context.close()
