"""The second script: web vitals, held against the web-vitals library in the same page, and uncaught errors."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.website import SNIPPET, WebSite, html

WITH = '<script defer src="/tracker.js" data-local data-vitals></script>'
OWN = SNIPPET + '<script defer src="/vitals.js"></script>'
BUSY = """<style>body { font: 20px sans-serif } #late { height: 0 }</style>
<h1>Slow shop</h1><p id="late"></p><p>Text that is moved</p><button>Work</button>
<script>
  setTimeout(() => { document.querySelector('#late').style.height = '300px' }, 300)
  setTimeout(() => { document.querySelector('#late').style.height = '100px' }, 1600)
  document.querySelector('button').onclick = () => { const start = performance.now(); while (performance.now() < start + 90); }
</script>"""
LIBRARY = """<script src="/web-vitals.js"></script><script>
  window.library = {}
  for (const name of ['LCP', 'INP', 'CLS', 'FCP', 'TTFB']) webVitals['on' + name](({ value }) => { library[name] = value })
</script>"""


def vitals(site: WebSite) -> dict[str, float]:
    return {hit["data"]["metric"]: float(hit["value"]) for hit in site.hits("event", "vitals")}


@pytest.mark.parametrize("head", [WITH, OWN], ids=["data-vitals", "a tag of its own"])
def test_vitals_are_those_that_the_web_vitals_library_counts(site: WebSite, window: BrowserContext, head: str) -> None:
    site.add("/", html(BUSY, head=LIBRARY + head))
    tab = window.new_page()
    tab.goto(site.url())
    site.wait("view")
    tab.wait_for_timeout(700)
    tab.click("button")
    tab.click("button")
    tab.wait_for_timeout(1000)
    window.pages[0].bring_to_front()

    site.wait("event", 5, "vitals")

    library: dict[str, Any] = tab.evaluate("library")
    assert set(library) == {"LCP", "INP", "CLS", "FCP", "TTFB"}
    assert library["CLS"] > 0.01
    assert library["INP"] >= 88
    assert vitals(site) == pytest.approx(library, abs=0.001)
    assert {(hit["interactive"], hit["view"]) for hit in site.hits("event", "vitals")} == {(False, site.hits("view")[0]["view"])}
    tab.bring_to_front()
    window.pages[0].bring_to_front()
    site.after_all(tab)
    assert len(site.hits("event", "vitals")) == 5


def test_what_is_about_loading_is_told_at_the_first_click_before_an_app_moves_on(site: WebSite, page: Page) -> None:
    move = "document.querySelector('button').onclick = () => history.pushState(null, '', '/next')"
    site.add("/", html(f"<h1>Shop</h1><button>Next</button><script>{move}</script>", head=WITH))
    page.goto(site.url())
    page.wait_for_function("window.fizzstat?.vitals && performance.getEntriesByType('paint').length")
    page.click("button")

    hits = site.wait("event", 3, "vitals")

    assert {hit["data"]["metric"] for hit in hits} == {"TTFB", "FCP", "LCP"}
    assert {hit["url"] for hit in hits} == {site.url()}


def test_a_page_opened_in_the_background_has_no_paints(site: WebSite, window: BrowserContext) -> None:
    site.add("/", html(f'<a target="_blank" href="{site.url("/back")}">later</a>'))
    site.add("/back", html("<h1>Back</h1>", head=WITH))
    tab = window.new_page()
    tab.goto(site.url())
    with window.expect_page() as opened:
        tab.click("a", button="middle")
    back = opened.value
    back.wait_for_function("window.fizzstat?.vitals", polling=50)
    back.bring_to_front()
    back.wait_for_timeout(200)
    tab.bring_to_front()

    site.wait("event", name="vitals")
    site.after_all(back)

    assert set(vitals(site)) <= {"TTFB"}


def test_vitals_load_under_a_strict_policy(site: WebSite, page: Page) -> None:
    policy = "default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types"
    site.add("/", html("<h1>Shop</h1>", head=WITH), Content_Security_Policy=policy)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    with page.expect_response("**/vitals.js"):
        page.goto(site.url())

    site.after_all(page)
    assert page.evaluate("fizzstat.vitals")
    assert complaints == []


def test_uncaught_errors_are_told_each_once_and_at_most_ten(site: WebSite, page: Page) -> None:
    site.add("/", html('<img src="/missing.png" alt="">', head=OWN + '<script defer src="/page.js?token=1"></script>'))
    site.add("/page.js", "function late() {\n  throw new Error('too late') }\nsetTimeout(late); setTimeout(late)\n")
    page.goto(site.url())
    (error,) = site.wait("event", name="error")
    assert (error["value"], error["data"]) == ("Uncaught Error: too late", {"source": site.url("/page.js:2")})
    assert error["interactive"] is False

    page.evaluate("() => { Promise.reject(new Error('refused')); Promise.reject('text'); Promise.reject() }")
    page.evaluate("for (let n = 0; n < 20; n++) setTimeout(() => { throw 'number ' + n })")

    site.wait("event", 10, "error")
    site.after_all(page)
    values = [hit["value"] for hit in site.hits("event", "error")]
    assert len(values) == len(set(values)) == 10
    assert {"refused", "text"} <= set(values)
