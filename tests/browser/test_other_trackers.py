"""Other products' trackers, from npm and unchanged but for the address they send to, in a real browser against the collector."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from hits.hit import Hit, Revenue
from hits.snapshot import SiteRow, Snapshot
from tests.browser.collector import RunningCollector, collecting
from tests.browser.website import WebSite, html

TRACKERS = Path(__file__).parent / "trackers" / "node_modules"
PLAUSIBLE = TRACKERS / "@plausible-analytics" / "tracker" / "plausible.js"
UMAMI = TRACKERS / "umami" / "public" / "script.js"
WEBSITE = "b59e9c65-ae32-47f1-8400-119fcf4861c4"
REFERRER = "https://duckduckgo.com/"

#: Pages that stay where they are when a link is clicked or a form is sent.
STAY = """<script>
  addEventListener('click', event => event.target.href && event.preventDefault())
  addEventListener('submit', event => event.preventDefault())
</script>"""
BODY = f"""{STAY}
<a id="out" href="https://other.test/x?y=1">Out</a> <a id="file" href="/list.pdf?z=1">List</a>
<form id="contact"><button id="send">Send</button></form>
<button id="tagged" class="plausible-event-name=Sign+up plausible-event-plan=pro"
  data-umami-event="signup" data-umami-event-plan="pro">Sign up</button>
<div style="height: 3000px"></div>"""


@pytest.fixture
def collector() -> Iterator[RunningCollector]:
    assert PLAUSIBLE.exists(), "the trackers are missing: run tests/install"
    assert UMAMI.exists(), "the trackers are missing: run tests/install"
    with collecting() as collector:
        yield collector


def test_they_can_be_fetched_from_any_registry() -> None:
    assert "resolved" not in (TRACKERS.parent / "package-lock.json").read_text()


def seen_by(collector: RunningCollector) -> str:
    return f"http://stats.test:{collector.port}"


def from_this_browser(hit: Hit, page: Page) -> bool:
    agent = page.evaluate("navigator.userAgent")
    return (hit.ip, hit.agent, hit.accept_language[:5]) == ("127.0.0.1", agent, "de-DE")


def test_plausibles_tracker(collector: RunningCollector, site: WebSite, page: Page) -> None:
    options = "outboundLinks: true, fileDownloads: true, formSubmissions: true, customProperties: {plan: 'pro'}"
    endpoint = f"domain: 'shop.test', endpoint: '{seen_by(collector)}/api/event', captureOnLocalhost: true"
    start = f"import {{init, track}} from '/plausible.js'; window.track = track; init({{{endpoint}, {options}}})"
    site.add("/plausible.js", PLAUSIBLE.read_text())
    site.add("/", html(BODY, head=f'<script type="module">{start}</script>'))

    page.goto(site.url("/?utm_source=news"), referer=REFERRER)
    view = collector.wait("view")
    assert (view.way, view.site, view.url) == ("plausible", "shop.test", site.url("/?utm_source=news"))
    assert (view.referrer, view.data) == (REFERRER, {"plan": "pro"})
    assert from_this_browser(view, page)

    page.click("#out")
    out = collector.wait("event", "exit")
    assert (out.value, out.data, out.interactive) == ("https://other.test/x?y=1", {"plan": "pro"}, True)
    page.click("#file")
    assert collector.wait("event", "download").value == site.url("/list.pdf")
    page.click("#send")
    assert collector.wait("event", "form").url == view.url
    page.click("#tagged")
    assert collector.wait("event", "Sign up").data == {"plan": "pro"}

    order = "{props: {size: 'L'}, revenue: {amount: 12.5, currency: 'EUR'}, interactive: false, callback}"
    assert page.evaluate(f"new Promise(callback => track('Order', {order}))") == {"status": 202}
    bought = collector.wait("event", "Order")
    assert (bought.revenue, bought.interactive) == (Revenue(12.5, "EUR"), False)
    assert bought.data == {"plan": "pro", "size": "L"}

    page.evaluate("scrollTo(0, 1500)")
    page.wait_for_function("scrollY > 1000")
    page.evaluate("new Promise(requestAnimationFrame)")
    page.evaluate("history.pushState(null, '', '/next')")
    assert collector.wait("view", count=2).url == site.url("/next")
    engagement = collector.wait("engagement")
    assert (engagement.url, engagement.view) == (view.url, "")
    assert 50 <= engagement.scroll < 100
    assert engagement.engaged_more > 0


def test_umamis_tracker(collector: RunningCollector, site: WebSite, context: BrowserContext, page: Page) -> None:
    collector.sites = Snapshot((SiteRow("shop.example", foreign=(f"umami:{WEBSITE}",), identify=True),))
    site.add("/umami.js", UMAMI.read_text())
    tag = f'<script defer src="/umami.js" data-website-id="{WEBSITE}" data-host-url="{seen_by(collector)}/"></script>'
    path = "/preise/f%C3%BCr%20alle"
    site.add(path, html(BODY, "100% für alle", head=tag))

    page.goto(site.url(f"{path}?utm_source=news"), referer=REFERRER)
    view = collector.wait("view")
    assert (view.way, view.site, view.url) == ("umami", "shop.example", f"https://shop.test{path}?utm_source=news")
    assert (view.title, view.referrer, view.screen, view.language) == ("100% für alle", REFERRER, "1920x1080", "de-DE")
    assert from_this_browser(view, page)

    page.click("#tagged")
    signup = collector.wait("event", "signup")
    assert (signup.url, signup.data) == (view.url, {"plan": "pro"})

    answered = page.evaluate("umami.track('order', {cart: {items: 2}, revenue: 12.5, currency: 'EUR'})")
    order = collector.wait("event", "order")
    assert order.data == {"cart.items": 2, "revenue": 12.5, "currency": "EUR"}
    assert order.revenue == Revenue(12.5, "EUR")
    assert page.evaluate("umami.track('again')") == answered, "it sends back its token, and stays in its session"

    page.evaluate("umami.identify({plan: 'pro'})")
    assert collector.wait("event", "identify").traits == {"plan": "pro"}

    page.evaluate("history.pushState(null, '', '/next?a=1')")
    moved = collector.wait("view", count=2)
    assert (moved.url, moved.referrer) == ("https://shop.test/next?a=1", f"https://shop.test{path}?utm_source=news")
