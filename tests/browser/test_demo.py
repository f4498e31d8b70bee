"""The demo's pages, served by the collector itself, whose hits are kept in a list instead of a queue."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

import settings
from collect.app import create_app
from hits.hit import Hit
from metrics.tally import Tally

PATHS = ("/demo", "/demo/pricing", "/demo/pricing/yearly", "/demo/docs")


@dataclass
class Demo:
    hits: list[Hit] = field(default_factory=list)
    address: str = ""

    def take(self, hits: Sequence[Hit]) -> None:
        self.hits.extend(hits)

    def wait(self, kind: str, name: str = "", count: int = 1) -> Hit:
        """The latest of that kind and name, once there are as many."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            found = [hit for hit in self.hits if hit.kind == kind and hit.name == name]
            if len(found) >= count:
                return found[-1]
            time.sleep(0.02)
        raise AssertionError(f"no {kind} {name} came, but {self.hits}")


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass


@pytest.fixture
def demo() -> Iterator[Demo]:
    demo = Demo()
    app = create_app(settings.load({"FIZZSTAT_DASHBOARD_PORT": "8123"}), intake=demo, tally=Tally(None, ""))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    demo.address = f"http://127.0.0.1:{server.port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield demo
    server.shutdown()
    server.server_close()


def test_its_pages_lead_to_each_other_and_each_sends_a_view(demo: Demo, page: Page) -> None:
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


def test_a_button_sends_an_event_and_says_that_it_was_taken(demo: Demo, page: Page) -> None:
    page.goto(demo.address + "/demo")
    page.click("text=Order Ginger")

    expect(page.locator("#answer")).to_have_text("The collector took “order: Ginger”.")

    event = demo.wait("event", "order")
    assert (event.value, event.data) == ("Ginger", {})


def test_the_period_changes_without_loading_and_is_a_view(demo: Demo, page: Page) -> None:
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


def test_a_changed_page_is_the_same_when_it_is_loaded_again(demo: Demo, page: Page) -> None:
    page.goto(demo.address + "/demo/pricing/yearly")

    expect(page.get_by_text("€160 a year")).to_be_visible()
    expect(page.locator(".switch [aria-current]")).to_have_text("Yearly")


def test_the_link_to_another_site_is_an_exit(demo: Demo, page: Page) -> None:
    page.route("https://example.org/**", lambda route: route.fulfill(body="elsewhere"))
    page.goto(demo.address + "/demo")
    page.click("text=example.org")

    assert demo.wait("event", "exit").value == "https://example.org/bubbles"
    assert demo.wait("engagement").engaged > 0


def test_it_says_what_to_embed_and_where_to_look(demo: Demo, page: Page) -> None:
    page.goto(demo.address + "/demo")

    expect(page.locator("code", has_text="<script")).to_have_text(f'<script defer src="{demo.address}/tracker.js"></script>')
    assert page.get_attribute("a.look", "href") == "http://127.0.0.1:8123/"


@pytest.mark.parametrize("path", PATHS)
def test_its_pages_keep_their_strict_policy(demo: Demo, page: Page, path: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    response = page.goto(demo.address + path)
    demo.wait("view")

    assert response
    assert "script-src 'self'" in response.headers["content-security-policy"]
    assert complaints == []


@pytest.mark.parametrize("path", PATHS)
def test_its_pages_fit_a_phone(demo: Demo, context: BrowserContext, path: str) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(demo.address + path)

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
