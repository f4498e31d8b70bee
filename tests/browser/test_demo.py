"""The demo's pages, served by the collector itself, whose hits are kept in a list instead of a queue."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.collector import RunningCollector, collecting

PATHS = ("/demo", "/demo/pricing", "/demo/pricing/yearly", "/demo/docs")


@pytest.fixture
def demo() -> Iterator[RunningCollector]:
    with collecting(DASHBOARD_PORT="8123") as demo:
        yield demo


def test_its_pages_lead_to_each_other_and_each_sends_a_view(demo: RunningCollector, page: Page) -> None:
    page.goto(demo.address + "/demo")
    for name, path in (("Pricing", "/demo/pricing"), ("How we brew", "/demo/docs"), ("Sodas", "/demo")):
        page.click(f"nav >> text={name}")
        page.wait_for_url("**" + path)
        expect(page.locator("#sent")).to_contain_text(path)

    demo.wait("view", count=4)
    assert sorted((hit.url, hit.title) for hit in demo.hits if hit.kind == "view") == [
        (demo.address + "/demo", "Pop & Daughters: small sodas"),
        (demo.address + "/demo", "Pop & Daughters: small sodas"),
        (demo.address + "/demo/docs", "How we brew: Pop & Daughters"),
        (demo.address + "/demo/pricing", "Monthly prices: Pop & Daughters"),
    ]


def test_a_button_sends_an_event_and_says_that_it_was_taken(demo: RunningCollector, page: Page) -> None:
    page.goto(demo.address + "/demo")
    page.click("text=Order Ginger")

    expect(page.locator("#answer")).to_have_text("The collector took “order: Ginger”.")

    event = demo.wait("event", "order")
    assert (event.value, event.data) == ("Ginger", {})


def test_the_period_changes_without_loading_and_is_a_view(demo: RunningCollector, page: Page) -> None:
    page.goto(demo.address + "/demo/pricing")
    page.evaluate("window.same = true")
    page.click("text=Yearly")
    page.click("text=Take Gulp")
    demo.wait("event", "subscribe")

    assert page.evaluate("window.same")
    expect(page.get_by_text("€160 a year")).to_be_visible()
    expect(page.get_by_text("€16 a month")).to_be_hidden()
    assert demo.wait("event", "subscribe").data == {"period": "yearly"}
    expect(page.locator("#sent")).to_contain_text("/demo/pricing/yearly")
    assert "Yearly prices: Pop & Daughters" in [hit.title for hit in demo.hits if hit.url.endswith("/yearly")]

    page.go_back()
    expect(page.get_by_text("€16 a month")).to_be_visible()


def test_a_changed_page_is_the_same_when_it_is_loaded_again(demo: RunningCollector, page: Page) -> None:
    page.goto(demo.address + "/demo/pricing/yearly")

    expect(page.get_by_text("€160 a year")).to_be_visible()
    expect(page.locator(".switch [aria-current]")).to_have_text("Yearly")


def test_the_link_to_another_site_is_an_exit(demo: RunningCollector, page: Page) -> None:
    page.route("https://example.org/**", lambda route: route.fulfill(body="elsewhere"))
    page.goto(demo.address + "/demo")
    page.click("text=example.org")

    assert demo.wait("event", "exit").value == "https://example.org/bubbles"
    assert demo.wait("engagement").engaged > 0


def test_what_it_shows_beside_is_noticed(demo: RunningCollector, page: Page) -> None:
    page.goto(demo.address + "/demo")
    with page.expect_download():
        page.click("text=price list")
    page.click("text=Applaud")
    page.fill("#email", "me@example.org")
    page.click("text=Send me one")

    assert demo.wait("event", "download").value == demo.address + "/demo/assets/prices.csv"
    assert demo.wait("event", "applause").data == {"hands": "two"}
    assert (demo.wait("event", "form_start").value, demo.wait("event", "form").value) == ("letter", "letter")
    expect(page.locator("#answer")).to_contain_text("Thank you")


def test_it_says_what_to_embed_and_where_to_look(demo: RunningCollector, page: Page) -> None:
    page.goto(demo.address + "/demo")

    snippet = f'<script defer src="{demo.address}/tracker.js" data-local></script>'
    expect(page.locator("code", has_text="<script")).to_have_text(snippet)
    assert page.get_attribute("a.look", "href") == "http://127.0.0.1:8123/"


@pytest.mark.parametrize("path", PATHS)
def test_its_pages_keep_their_strict_policy(demo: RunningCollector, page: Page, path: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    response = page.goto(demo.address + path)
    demo.wait("view")

    assert response
    assert "script-src 'self'" in response.headers["content-security-policy"]
    assert complaints == []


@pytest.mark.parametrize("path", PATHS)
def test_its_pages_fit_a_phone(demo: RunningCollector, context: BrowserContext, path: str) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(demo.address + path)

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
