"""Hits that could not be sent are kept, and sent at the next chance, once."""

from playwright.sync_api import BrowserContext, Page

from tests.browser.website import WebSite, html


def kept(page: Page) -> int:
    return int(page.evaluate("sessionStorage.length"))


def test_what_happens_offline_is_told_when_the_line_is_back(site: WebSite, page: Page, context: BrowserContext) -> None:
    page.goto(site.url())
    site.wait("view")
    context.set_offline(True)
    page.evaluate("for (let n = 0; n < 3; n++) fizzstat.event('buy', n); history.pushState(null, '', '/next')")
    page.wait_for_function("sessionStorage.length >= 4")
    assert site.hits("event") == []

    context.set_offline(False)

    site.wait("view", 2)
    assert {hit["value"] for hit in site.wait("event", 3, "buy")} == {"0", "1", "2"}
    page.wait_for_function("sessionStorage.length === 0")
    ids = [hit["id"] for hit in site.after_all(page)]
    assert len(ids) == len(set(ids))


def test_what_a_page_could_not_send_the_next_one_does(site: WebSite, page: Page) -> None:
    site.add("/next", html(title="Next"))
    page.goto(site.url())
    site.wait("view")
    site.answers.extend([503] * 3)
    page.evaluate("fizzstat.event('buy', 1); fizzstat.event('buy', 2)")
    page.wait_for_function("sessionStorage.length === 2")
    page.goto(site.url("/next"))

    site.wait_until(lambda: len({hit["id"] for hit in site.hits("event", "buy")}) == 2 and len(site.hits("event", "buy")) >= 4)

    page.wait_for_function("sessionStorage.length === 0")
    assert {hit["url"] for hit in site.hits("event", "buy")} == {site.url()}


def test_no_more_than_a_hundred_hits_are_kept(site: WebSite, page: Page, context: BrowserContext) -> None:
    page.goto(site.url())
    site.wait("view")
    context.set_offline(True)

    page.evaluate("for (let n = 0; n < 150; n++) fizzstat.event('buy', n)")

    page.wait_for_function("sessionStorage.length > 90")
    assert kept(page) <= 100
    context.set_offline(False)
    page.wait_for_function("sessionStorage.length === 0")
