"""How the tracker comes into a page, which pages it counts, and which it leaves out."""

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.website import SNIPPET, WebSite, fields, html

UNDRIVEN = "Object.defineProperty(Navigator.prototype, 'webdriver', { get: () => false })"
STUB = """window.fizzstat = window.fizzstat || { q: [] };
['event', 'view', 'identify', 'optOut', 'optIn'].forEach(name => {
  fizzstat[name] = fizzstat[name] || ((...given) => fizzstat.q.push([name, ...given]))
})"""


def tag(attributes: str = "", src: str = "/tracker.js") -> str:
    return f'<script defer src="{src}" data-local {attributes}></script>'


def told(page: Page) -> object:
    """What the callback of an event hears."""
    return page.evaluate("() => new Promise(resolve => fizzstat.event('ping', null, null, resolve))")


@pytest.mark.parametrize(
    "head",
    [
        '<script async src="/tracker.js" data-local></script>',
        '<script src="/tracker.js" data-local></script>',
        '<script type="module" src="/tracker.js" data-local></script>',
        """<script>addEventListener('load', () => setTimeout(() => {
             const tag = document.createElement('script')
             tag.src = '/tracker.js'
             tag.dataset.local = ''
             document.head.append(tag)
           }, 50))</script>""",
        "<script type=\"module\">import { init, event } from '/fizzstat.mjs'; event('early'); init({ local: true })</script>",
        "<script type=\"module\">(await import('/fizzstat.mjs')).init({ local: true })</script>",
    ],
    ids=["async", "plain", "module", "tag manager, after load", "import", "import()"],
)
def test_it_comes_in_by_every_door(site: WebSite, page: Page, head: str) -> None:
    site.add("/", html(head=head))
    page.goto(site.url())

    (view,) = site.wait("view")
    page.evaluate("fizzstat.event('later')")

    (later,) = site.wait("event", name="later")
    assert (view["url"], view["title"], later["view"]) == (site.url(), "Shop", view["view"])
    if "early" in head:
        assert site.wait("event", name="early")[0]["view"] == view["view"]


def test_a_module_takes_the_tags_attributes_as_options(site: WebSite, page: Page) -> None:
    options = "{ local: true, site: 'a.test', endpoint: '/numbers', clientHash: 'u-1', exit: false, hash: true, manual: false }"
    site.add("/", html(head=f"<script type=module>import {{ init }} from '/fizzstat.mjs'; init({options})</script>"))
    with page.expect_request("**/numbers") as sent:
        page.goto(site.url("/#/cart"))

    hit = fields((sent.value.post_data or "").encode())
    assert (hit["site"], hit["client_hash"], hit["url"], hit["hash"]) == ("a.test", "u-1", site.url("/#/cart"), True)


def test_what_is_called_before_the_script_came_is_kept(site: WebSite, page: Page) -> None:
    calls = "fizzstat.identify('u-1', { plan: 'pro' }); fizzstat.event('early', 1); fizzstat.event('early', 2)"
    site.add("/", html(head=f"<script>{STUB}\n{calls}</script>" + tag()))
    page.goto(site.url())

    early = site.wait("event", 2, "early")

    (view,) = site.wait("view")
    assert {hit["value"] for hit in early} == {"1", "2"}
    assert {hit["view"] for hit in early} == {view["view"]}
    assert {hit["client_hash"] for hit in site.hits()} == {"u-1"}
    assert view["traits"] == {"plan": "pro"}
    page.evaluate("fizzstat.event('later')")
    site.wait("event", name="later")


def test_two_trackers_of_a_page_both_hear_all(site: WebSite, page: Page) -> None:
    stats = f'data-endpoint="{site.url("/hit", "stats.test")}"'
    site.add("/", html(head=tag('data-site="one"') + tag('data-site="all"') + tag(f'data-site="one" {stats}')))
    page.goto(site.url())
    page.evaluate("history.pushState(null, '', '/cart'); fizzstat.event('buy', 1)")

    views, events = site.wait("view", 6), site.wait("event", 3, "buy")

    assert sorted(view["site"] for view in views) == ["all", "all", "one", "one", "one", "one"]
    assert sorted(event["site"] for event in events) == ["all", "one", "one"]
    to = [request.headers["Host"].split(":")[0] for request in site.requests if request.hit.get("name") == "buy"]
    assert sorted(to) == ["shop.test", "shop.test", "stats.test"]
    assert len({view["view"] for view in views}) == 6


def test_a_page_that_loads_slowly_is_counted_before_it_is_done(site: WebSite, page: Page) -> None:
    site.add("/", html('<img src="/hit-and-wait" alt="">', head='<script async src="/tracker.js" data-local></script>'))
    page.route("**/hit-and-wait", lambda route: None)  # never answered
    page.goto(site.url(), wait_until="commit")

    site.wait("view")

    assert page.evaluate("document.readyState") != "complete"


# ── which pages


def test_a_driven_browser_is_left_out_unless_the_tag_says_local(site: WebSite, page: Page) -> None:
    site.add("/", html(head='<script defer src="/tracker.js"></script>'))
    page.goto(site.url())
    assert page.evaluate("navigator.webdriver") is True

    assert told(page) is False

    assert site.requests == []
    page.goto(site.url())
    site.add("/", html(head=tag()))
    page.goto(site.url())
    assert told(page) is True
    assert "webdriver" not in site.wait("view")[0]


def test_this_machines_own_pages_are_left_out_unless_the_tag_says_local(
    site: WebSite, page: Page, context: BrowserContext
) -> None:
    context.add_init_script(UNDRIVEN)
    site.add("/", html(head='<script defer src="/tracker.js" data-site="counted"></script>'))
    page.goto(site.url())
    assert told(page) is True, "a public page is counted"
    page.goto("about:blank")
    site.wait("engagement")
    counted = len(site.requests)

    for host in ("127.0.0.1", "localhost", "shop.localhost"):
        page.goto(site.url("/", host))
        assert told(page) is False
    assert len(site.requests) == counted

    site.add("/", html(head=tag()))
    page.goto(site.url("/", "127.0.0.1"))
    assert told(page) is True


def test_who_sends_global_privacy_control_is_left_out(site: WebSite, page: Page, context: BrowserContext) -> None:
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })")
    page.goto(site.url())

    assert told(page) is False

    assert site.requests == []
    site.add("/", html(head=tag("data-gpc=false")))
    page.goto(site.url())
    assert told(page) is True


def test_who_opts_out_is_left_out_until_they_opt_in(site: WebSite, page: Page) -> None:
    page.goto(site.url())
    site.wait("view")
    page.evaluate("fizzstat.optOut()")
    assert told(page) is False
    page.goto(site.url("/?again"))
    page.goto(site.url())
    assert told(page) is False
    assert page.evaluate("localStorage.length") == 1

    page.evaluate("fizzstat.optIn()")

    assert told(page) is True
    assert len(site.hits("view")) == 1
    page.goto(site.url())
    site.wait("view", 2)


def test_paths_of_an_app_behind_a_hash_are_left_out_by_what_stands_there(site: WebSite, page: Page) -> None:
    site.add("/", html(head=tag('data-hash data-exclude="/#/admin/*"')))
    page.goto(site.url("/#/admin/x?y=1"))
    assert told(page) is False

    page.evaluate("history.pushState(null, '', '#/shop?from=/#/admin/')")

    assert told(page) is True
    assert [hit["url"] for hit in site.hits("view")] == [site.url("/#/shop?from=/#/admin/")]


@pytest.mark.parametrize(
    ("attribute", "counted"),
    [
        ('data-exclude="/admin/*, /private"', ["/", "/admin", "/private/x", "/shop/a/b"]),
        ('data-include="/shop/**,/"', ["/", "/shop/a/b"]),
        ('data-include="/shop/*" data-exclude="/shop/a/*"', ["/shop/b"]),
    ],
)
def test_paths_are_left_out_or_in_by_patterns(site: WebSite, page: Page, attribute: str, counted: list[str]) -> None:
    site.add("/", html(head=tag(attribute)))
    page.goto(site.url())
    for path in ("/admin", "/admin/x?y=1", "/private", "/private/x", "/shop/a/b", "/shop/b"):
        page.evaluate("path => { history.pushState(null, '', path); fizzstat.event('ping') }", path)
    page.evaluate("history.pushState(null, '', '/')")
    page.wait_for_timeout(150)
    page.evaluate("history.replaceState(null, '', '/shop/b')")
    told(page)

    seen = {hit["url"].removeprefix(site.url("")) for hit in site.hits("view")}

    assert seen >= set(counted)
    assert seen <= {*counted, "/shop/b"}
    assert {hit["url"].removeprefix(site.url("")) for hit in site.hits("event", "ping")} <= seen


# ── views by hand, and of apps that keep their path behind a hash


def test_a_manual_page_sends_only_the_views_that_it_says(site: WebSite, page: Page) -> None:
    site.add("/", html(head=tag("data-manual")))
    page.goto(site.url("/?token=secret"))
    page.evaluate("history.pushState(null, '', '/cart?token=secret')")
    told(page)
    assert site.hits("view") == []

    page.evaluate("fizzstat.view({ url: location.origin + '/masked', title: 'Masked' })")

    (view,) = site.wait("view")
    page.wait_for_timeout(30)
    page.evaluate("fizzstat.event('after'); fizzstat.view()")
    _, next = site.wait("view", 2)
    assert (view["url"], view["title"]) == (site.url("/masked"), "Masked")
    assert site.wait("event", name="after")[0]["url"] == site.url("/masked")
    assert next["url"] == site.url("/cart?token=secret")
    (engagement,) = site.wait("engagement")
    assert (engagement["view"], engagement["url"]) == (view["view"], site.url("/masked"))


def test_an_app_may_send_a_view_of_its_own(site: WebSite, page: Page) -> None:
    page.goto(site.url())
    site.wait("view")
    page.evaluate("fizzstat.view({ url: location.origin + '/dialog' })")

    first, dialog = site.wait("view", 2)

    assert (dialog["url"], dialog["referrer"]) == (site.url("/dialog"), first["url"])
    page.evaluate("history.replaceState({ kept: 1 }, '')")
    site.after_all(page)
    assert len(site.hits("view")) == 2


def test_an_app_that_keeps_its_path_behind_a_hash_has_views(site: WebSite, page: Page) -> None:
    site.add("/", html('<a href="#/cart?step=1">cart</a>', head=tag("data-hash")))
    page.goto(site.url("/?shop=1"))
    site.wait("view")
    page.evaluate("history.replaceState(null, '', '#/')")  # as routers do when they start
    page.click("a")
    site.wait("view", 2)
    page.evaluate("history.replaceState(null, '', '#/cart?step=2')")
    page.go_back()

    views = site.wait("view", 3)

    assert [view["url"] for view in views] == [site.url(path) for path in ("/?shop=1", "/?shop=1#/cart?step=1", "/?shop=1")]
    assert {view["hash"] for view in views} == {True}
    assert views[2]["referrer"] == site.url("/?shop=1#/cart?step=2")


def test_an_attribute_that_says_false_is_as_good_as_none(site: WebSite, page: Page) -> None:
    site.add("/", html(head=tag('data-hash="false" data-manual="false" data-vitals="false"')))
    page.goto(site.url("/#part"))

    (view,) = site.wait("view")

    assert view["url"] == site.url()
    assert SNIPPET.startswith("<script")
