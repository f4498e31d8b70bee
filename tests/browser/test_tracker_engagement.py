"""How long a view was seen and in focus, and how far down, in tabs that really hide each other."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.website import WebSite, html

TALL = '<div style="height: {}px"></div>'
NOW = "performance.now()"


def other_tab(window: BrowserContext) -> Page:
    return window.pages[0]


def open_page(site: WebSite, window: BrowserContext, path: str = "/") -> Page:
    tab = window.new_page()
    tab.goto(site.url(path))
    site.wait("view")
    tab.wait_for_function("document.hasFocus()")
    return tab


def hide(site: WebSite, window: BrowserContext, tab: Page) -> dict[str, Any]:
    """The engagement that is sent because `tab` is hidden."""
    before = len(site.hits("engagement"))
    other_tab(window).bring_to_front()
    return site.wait("engagement", before + 1)[before]


def test_a_hidden_page_reports_how_long_it_was_seen(site: WebSite, window: BrowserContext) -> None:
    tab = open_page(site, window)
    loaded = tab.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    tab.wait_for_timeout(300)
    seen = tab.evaluate(NOW)

    engagement = hide(site, window, tab)

    assert seen - loaded <= engagement["engaged"] <= tab.evaluate(NOW)
    assert engagement["view"] == site.hits("view")[0]["view"]
    assert engagement["url"] == site.url()


def test_time_in_the_background_is_not_engaged_time(site: WebSite, window: BrowserContext) -> None:
    tab = open_page(site, window)
    first = hide(site, window, tab)
    hidden = tab.evaluate(NOW)
    tab.wait_for_timeout(700)
    shown = tab.evaluate(NOW)
    tab.bring_to_front()
    tab.wait_for_function("document.hasFocus()")
    back = tab.evaluate(NOW)
    tab.wait_for_timeout(200)
    leaving = tab.evaluate(NOW)

    second = hide(site, window, tab)

    gained = second["engaged"] - first["engaged"]
    assert leaving - back <= gained <= tab.evaluate(NOW) - shown
    assert shown - hidden >= 700
    assert second["view"] == first["view"]
    assert second["id"] != first["id"]


def test_a_page_in_sight_but_out_of_focus_is_not_engaged(site: WebSite, context: BrowserContext) -> None:
    tab = open_page(site, context)
    tab.wait_for_timeout(100)
    # Playwright's tabs stay in sight; their focus is real after this.
    context.new_cdp_session(tab).send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    context.new_page().bring_to_front()
    tab.wait_for_function("!document.hasFocus()")
    unfocused = tab.evaluate(NOW)
    assert tab.evaluate("document.visibilityState") == "visible"
    tab.wait_for_timeout(500)

    tab.evaluate("history.pushState(null, '', '/next')")

    (engagement,) = site.wait("engagement")
    assert 100 <= engagement["engaged"] <= unfocused


def test_a_page_that_is_left_reports_once(site: WebSite, window: BrowserContext) -> None:
    tab = open_page(site, window)
    tab.wait_for_timeout(50)
    tab.goto(site.url("/", "other.test"))
    site.wait("engagement")
    site.after_all(tab)

    assert [(hit["url"]) for hit in site.hits("engagement")] == [site.url()]


def test_a_closed_tab_reports_once(site: WebSite, window: BrowserContext) -> None:
    tab, witness = open_page(site, window), window.new_page()
    site.add("/witness", html())
    tab.bring_to_front()
    tab.wait_for_timeout(50)
    tab.close()
    site.wait("engagement")
    witness.goto(site.url("/witness"))
    site.after_all(witness)

    reports = [hit["engaged"] for hit in site.hits("engagement")]
    assert reports == sorted(set(reports))
    assert reports[-1] >= 50


def test_nothing_is_reported_when_nothing_has_grown(site: WebSite, window: BrowserContext) -> None:
    tab = open_page(site, window)
    hide(site, window, tab)
    tab.evaluate("dispatchEvent(new Event('pagehide')); document.dispatchEvent(new Event('visibilitychange'))")

    site.after_all(tab)

    assert len(site.hits("engagement")) == 1


def test_a_tab_opened_in_the_background_is_not_engaged(site: WebSite, window: BrowserContext) -> None:
    site.add("/", html(f'<a target="_blank" href="{site.url("/back", "other.test")}">later</a>' + TALL.format(3000)))
    site.add("/back", html(TALL.format(3000)))
    tab = open_page(site, window)
    with window.expect_page() as opened:
        tab.click("a", button="middle")
    back = opened.value
    site.wait_until(lambda: len(site.hits("view")) == 2)
    assert back.evaluate("document.visibilityState") == "hidden"

    back.goto("about:blank")

    tab.bring_to_front()
    site.after_all(tab)
    assert [hit["url"] for hit in site.hits("engagement")] == []


def test_each_view_of_an_app_has_its_own_time_and_depth(site: WebSite, window: BrowserContext) -> None:
    site.add("/", html(TALL.format(4000)))
    tab = open_page(site, window)
    tab.evaluate("scrollTo(0, 99999)")
    tab.wait_for_timeout(400)
    moved = tab.evaluate("() => { history.pushState(null, '', '/next'); return performance.now() }")
    tab.evaluate("scrollTo(0, 0)")
    first, view = site.wait("engagement")[0], site.wait("view", 2)[1]
    tab.wait_for_timeout(100)
    seen = tab.evaluate(NOW)

    second = hide(site, window, tab)

    assert (first["url"], first["view"], first["scroll"]) == (site.url("/"), site.hits("view")[0]["view"], 100)
    assert 400 <= first["engaged"] <= moved
    assert (second["url"], second["view"]) == (site.url("/next"), view["view"])
    assert seen - moved - 1 <= second["engaged"] <= tab.evaluate(NOW) - moved + 1
    assert second["scroll"] < 50


def share(tab: Page, bottom: str) -> int:
    return int(tab.evaluate(f"Math.round(100 * ({bottom} + innerHeight) / document.documentElement.scrollHeight)"))


def test_scroll_is_the_lowest_line_seen(site: WebSite, window: BrowserContext) -> None:
    site.add("/", html(TALL.format(5000)))
    tab = open_page(site, window)
    top = share(tab, "0")
    assert hide(site, window, tab)["scroll"] == top

    tab.bring_to_front()
    tab.evaluate("scrollTo(0, 2000)")
    tab.wait_for_timeout(100)
    tab.evaluate("scrollTo(0, 500)")
    tab.wait_for_timeout(100)
    assert hide(site, window, tab)["scroll"] == share(tab, "2000") > top

    tab.bring_to_front()
    tab.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    tab.wait_for_timeout(100)
    assert hide(site, window, tab)["scroll"] == 100


@pytest.mark.parametrize("doctype", ["<!doctype html>", ""], ids=["standards", "quirks"])
def test_a_page_without_a_scroll_bar_is_seen_to_its_end(site: WebSite, window: BrowserContext, doctype: str) -> None:
    site.add("/", html("short").replace("<!doctype html>", doctype))
    tab = open_page(site, window)

    assert hide(site, window, tab)["scroll"] == 100


def test_depth_in_quirks_mode_is_a_share_of_the_whole_page(site: WebSite, window: BrowserContext) -> None:
    site.add("/", html(TALL.format(10_000)).replace("<!doctype html>", ""))
    tab = open_page(site, window)

    assert 1 < hide(site, window, tab)["scroll"] < 20


def test_a_page_that_grows_after_loading_is_measured_as_it_is_in_the_end(site: WebSite, window: BrowserContext) -> None:
    tab = open_page(site, window)
    tab.evaluate("document.body.style.height = '10000px'")

    assert hide(site, window, tab)["scroll"] < 20


def test_a_page_that_shrinks_is_not_seen_beyond_its_end(site: WebSite, window: BrowserContext) -> None:
    site.add("/", html(TALL.format(5000)))
    tab = open_page(site, window)
    tab.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    tab.wait_for_function("scrollY > 2000")
    tab.wait_for_timeout(100)
    tab.evaluate("document.querySelector('div').style.height = '1000px'")

    assert hide(site, window, tab)["scroll"] == 100


def test_a_hidden_page_is_not_engaged_though_its_browser_calls_it_in_focus(site: WebSite, window: BrowserContext) -> None:
    tab = open_page(site, window)
    tab.evaluate("document.hasFocus = () => true")
    first = hide(site, window, tab)
    tab.wait_for_timeout(500)

    tab.evaluate("history.pushState(null, '', '/next')")

    site.after_all(tab)
    assert site.hits("engagement") == [first]


def test_a_browser_that_only_says_that_a_page_is_left_is_understood(site: WebSite, window: BrowserContext) -> None:
    tab = open_page(site, window)
    tab.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")

    site.wait("engagement")


def test_fast_moves_in_the_background_are_all_views(site: WebSite, window: BrowserContext) -> None:
    tab = open_page(site, window)
    hide(site, window, tab)
    tab.evaluate("for (let n = 1; n <= 5; n++) history.pushState(null, '', '/' + n)")
    site.after_all(tab)

    assert {view["url"] for view in site.hits("view")} == {site.url(f"/{n or ''}") for n in range(6)}
    assert len(site.hits("engagement")) == 1
