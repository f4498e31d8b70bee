"""The tracker's events: entry, exit, and those that a page sends itself."""

import pytest
from playwright.sync_api import Page

from tests.browser.website import WebSite, html


def test_who_comes_from_another_site_enters(site: WebSite, page: Page) -> None:
    site.add("/blog", html(f'<a href="{site.url("/")}">shop</a>', head=""))
    page.goto(site.url("/blog", "other.test"))
    page.click("a")

    (entry,) = site.wait("event", name="entry")

    (view,) = site.wait("view")
    assert (entry["value"], entry["interactive"]) == (site.url("/", "other.test"), False)
    assert entry["view"] == view["view"]
    assert view["referrer"] == site.url("/", "other.test")


@pytest.mark.parametrize("host", ["shop.test", "www.shop.test"])
def test_who_moves_within_the_site_does_not_enter(site: WebSite, page: Page, host: str) -> None:
    site.add("/blog", html(f'<a href="{site.url("/")}">shop</a>', head=""))
    page.goto(site.url("/blog", host))
    page.click("a")
    (view,) = site.wait("view")
    assert view["referrer"].startswith(site.url("/", host))

    page.evaluate("history.pushState(null, '', '/cart')")
    site.after_all(page)

    assert len(site.hits("view")) == 2
    assert site.hits("event", "entry") == []


@pytest.mark.parametrize(
    ("link", "where"),
    [
        ('<a id="out" href="//other.test:{port}/far?a=1#b">out</a>', "#out"),
        ('<a href="//other.test:{port}/far?a=1#b"><b id="inner">out</b></a>', "#inner"),
        ('<p onclick="event.stopPropagation()"><a id="out" href="//other.test:{port}/far?a=1#b">out</a></p>', "#out"),
        ('<map name="m"><area id="out" shape="default" href="//other.test:{port}/far?a=1#b"></map>'
         '<img usemap="#m" width="50" height="50" alt="" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">', "img"),
        ('<div id="host"><template shadowrootmode="open"><a href="//other.test:{port}/far?a=1#b">out</a></template></div>', "a"),
        ('<a href="//other.test:{port}/far?a=1#b"><svg width="50" height="50"><rect width="50" height="50"/></svg></a>', "svg"),
    ],
    ids=["plain", "child", "stopped", "area", "shadow", "svg-child"],
)  # fmt: skip
def test_a_click_to_another_site_is_an_exit_and_goes_there(site: WebSite, page: Page, link: str, where: str) -> None:
    site.add("/", html(link.format(port=site.port)))
    site.add("/far", html(title="Far", head=""))
    page.goto(site.url())
    page.click(where)
    page.wait_for_url("**/far?a=1#b")

    (leaving,) = site.wait("event", name="exit")

    assert leaving["value"] == site.url("/far?a=1#b", "other.test")
    assert leaving["view"] == site.hits("view")[0]["view"]
    assert page.title() == "Far"


@pytest.mark.parametrize("click", [{"button": "middle"}, {"modifiers": ["Control"]}, {"modifiers": ["Shift"]}])
def test_a_link_opened_in_another_tab_is_one_exit(site: WebSite, page: Page, click: dict[str, object]) -> None:
    site.add("/", html(f'<a href="{site.url("/far", "other.test")}">out</a>'))
    site.add("/far", html(title="Far", head=""))
    page.goto(site.url())
    with page.context.expect_page() as opened:
        page.click("a", **click)  # type: ignore[arg-type]
    opened.value.wait_for_url("**/far")

    site.wait("event", name="exit")

    assert [hit.get("name") for hit in site.after_all(page)] == [None, "exit"]
    assert page.url == site.url()


def test_a_link_followed_by_the_keyboard_is_an_exit(site: WebSite, page: Page) -> None:
    site.add("/", html(f'<a href="{site.url("/", "other.test")}">out</a>'))
    page.goto(site.url())
    page.press("a", "Enter")

    site.wait("event", name="exit")


@pytest.mark.parametrize(
    "link",
    [
        '<a href="/inside">in</a>',
        '<a href="//www.shop.test:{port}/">in</a>',
        '<a href="#part">in</a>',
        '<a href="mailto:a@other.test">mail</a>',
        '<a href="javascript:void 0">do</a>',
        '<a href="http://[">broken</a>',
        "<a>no link</a>",
        '<svg width="50" height="50"><a href="/inside"><rect width="50" height="50"/></a></svg>',
    ],
)
def test_other_clicks_are_no_exit(site: WebSite, page: Page, link: str) -> None:
    site.add("/", html(link.format(port=site.port)))
    page.goto(site.url())
    page.evaluate("document.addEventListener('click', event => event.preventDefault())")
    page.dispatch_event("a", "click")

    assert [hit["kind"] for hit in site.after_all(page)] == ["view"]


def test_a_right_click_on_a_link_is_no_exit(site: WebSite, page: Page) -> None:
    site.add("/", html(f'<a href="{site.url("/", "other.test")}">out</a>'))
    page.goto(site.url())
    page.click("a", button="right")

    assert [hit["kind"] for hit in site.after_all(page)] == ["view"]


def test_a_slow_collector_holds_nobody_back(site: WebSite, page: Page) -> None:
    site.add("/", html(f'<a href="{site.url("/far", "other.test")}">out</a>'))
    site.add("/far", html(title="Far", head=""))
    site.answering.clear()
    page.goto(site.url())
    page.click("a")

    page.wait_for_url("**/far", timeout=3000)

    site.wait("event", name="exit")
    assert not site.answering.is_set()


def test_a_page_sends_an_event_with_value_and_data(site: WebSite, page: Page) -> None:
    page.goto(site.url())
    page.evaluate("fizzstat.event('signup', 'pro', {plan: 'pro', seats: 3, nested: {deep: ['é', null]}})")

    (event,) = site.wait("event", name="signup")

    assert event["kind"] == "event"
    assert event["value"] == "pro"
    assert event["data"] == {"plan": "pro", "seats": 3, "nested": {"deep": ["é", None]}}
    assert "interactive" not in event
    assert (event["url"], event["view"]) == (site.url(), site.wait("view")[0]["view"])


@pytest.mark.parametrize(
    ("value", "sent"),
    [("12.5", "12.5"), ("0", "0"), ("false", "false"), ("''", ""), ("undefined", None), ("null", None)],
)
def test_a_value_is_sent_as_text_or_left_out(site: WebSite, page: Page, value: str, sent: str | None) -> None:
    page.goto(site.url())
    page.evaluate(f"fizzstat.event('rated', {value}, null)")

    (event,) = site.wait("event", name="rated")

    assert event.get("value") == sent
    assert ("value" in event) == (sent is not None)
    assert "data" not in event


@pytest.mark.parametrize(("status", "taken"), [(202, True), (200, True), (400, False), (403, False)])
def test_the_callback_hears_once_whether_the_event_was_taken(site: WebSite, page: Page, status: int, taken: bool) -> None:
    page.goto(site.url())
    site.wait("view")
    site.answers.append(status)
    page.evaluate("window.heard = []; fizzstat.event('buy', 1, {}, taken => heard.push(taken))")
    page.wait_for_function("heard.length")
    page.wait_for_timeout(2100)  # past the longest that a callback waits

    assert page.evaluate("heard") == [taken]
    assert len(site.hits("event", "buy")) == 1


def test_the_callback_waits_two_seconds_at_most(site: WebSite, page: Page) -> None:
    page.goto(site.url())
    site.wait("view")
    site.answering.clear()

    heard, waited = page.evaluate(
        "() => new Promise(resolve => { const start = performance.now();"
        "fizzstat.event('buy', null, null, taken => resolve([taken, performance.now() - start])) })"
    )

    assert heard is False
    assert 1900 < waited < 4000


def test_data_that_cannot_be_sent_does_not_break_the_page(site: WebSite, page: Page) -> None:
    page.goto(site.url())

    heard = page.evaluate(
        "() => new Promise(resolve => { const round = {}; round.round = round; fizzstat.event('buy', 1, round, resolve) })"
    )

    assert heard is False
    assert [hit["kind"] for hit in site.after_all(page)] == ["view"]
