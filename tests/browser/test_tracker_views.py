"""What the tracker counts as a view, and what it says of it."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.website import SNIPPET, WebSite, html


def test_a_loaded_page_is_one_view_with_all_its_fields(site: WebSite, page: Page) -> None:
    site.add("/socks", html(title="Socks & more"))
    page.goto(site.url("/socks?colour=red#size"))

    (view,) = site.after_all(page)

    assert view.pop("id")
    assert view.pop("view")
    assert view == {
        "kind": "view",
        "hash": False,
        "url": site.url("/socks?colour=red"),
        "referrer": "",
        "title": "Socks & more",
        "screen": "1920x1080",
        "screen_depth": 24,
        "language": "de-DE",
        "time_zone": "Europe/Berlin",
    }


def test_site_and_client_hash_are_what_the_tag_says(site: WebSite, page: Page) -> None:
    site.add("/", html(head='<script defer src="/tracker.js" data-site="Läden" data-client-hash="u-1" data-local></script>'))
    page.goto(site.url())
    page.evaluate("history.pushState(null, '', '/next'); fizzstat.event('ping')")

    hits = site.after_all(page)

    assert {hit["kind"] for hit in hits} >= {"view", "event"}
    assert {(hit["site"], hit["client_hash"]) for hit in hits} == {("Läden", "u-1")}


def test_an_app_that_moves_by_push_state_sends_a_view_with_the_title_that_it_sets_then(site: WebSite, page: Page) -> None:
    page.goto(site.url())
    site.wait("view")
    page.evaluate("history.pushState(null, '', '/cart?step=1'); setTimeout(() => { document.title = 'Cart' }, 20)")

    _, view = site.wait("view", 2)

    assert (view["url"], view["title"]) == (site.url("/cart?step=1"), "Cart")
    assert view["referrer"] == site.url("/")


def test_back_and_forward_within_an_app_are_views(site: WebSite, page: Page) -> None:
    page.goto(site.url())
    page.evaluate("history.pushState(null, '', '/cart')")
    site.wait("view", 2)
    page.go_back()
    site.wait("view", 3)
    page.go_forward()

    views = site.wait("view", 4)

    assert [view["url"] for view in views] == [site.url(path) for path in ("/", "/cart", "/", "/cart")]
    assert [view["referrer"] for view in views] == ["", *(site.url(path) for path in ("/", "/cart", "/"))]
    assert len({view["view"] for view in views}) == 4


def test_replacing_the_path_is_a_view_and_replacing_the_query_is_not(site: WebSite, page: Page) -> None:
    page.goto(site.url("/"))
    page.evaluate("history.replaceState(null, '', '/?sort=price')")
    page.evaluate("history.replaceState({kept: 1}, '', '/login')")

    site.after_all(page)

    assert [(view["url"], view["referrer"]) for view in site.hits("view")] == [
        (site.url("/"), ""),
        (site.url("/login"), site.url("/?sort=price")),
    ]
    assert page.evaluate("history.state") == {"kept": 1}


@pytest.mark.parametrize(
    "move",
    [
        "location.hash = '#part'",
        "history.pushState(null, '', '#part')",
        "history.pushState({a: 1}, '', location.href)",
        "history.replaceState({a: 1}, '')",
        "location.hash = '#part'; history.back()",
        "try { history.pushState(null, '', 'http://other.test/') } catch (error) { }",
    ],
)
def test_what_does_not_change_the_url_is_no_view(site: WebSite, page: Page, move: str) -> None:
    page.goto(site.url())
    page.evaluate(f"() => {{ {move} }}")

    assert len(site.after_all(page)) == 1


def test_fast_moves_are_all_kept_in_order(site: WebSite, page: Page) -> None:
    page.goto(site.url())
    page.evaluate("for (let n = 1; n <= 5; n++) history.pushState(null, '', '/' + n)")

    views = site.wait("view", 6)

    assert {view["url"] for view in views} == {site.url(f"/{n or ''}") for n in range(6)}
    referrers = {view["url"]: view["referrer"] for view in views}
    assert all(referrers[site.url(f"/{n}")] == site.url(f"/{n - 1 or ''}") for n in range(1, 6))


def test_a_move_is_counted_when_the_page_is_left_at_once(site: WebSite, page: Page) -> None:
    page.goto(site.url())
    page.evaluate(f"history.pushState(null, '', '/short'); location = '{site.url('/', 'other.test')}'")

    site.wait_until(lambda: site.url("/short") in [view["url"] for view in site.hits("view")])


def test_an_event_right_after_a_move_belongs_to_the_new_view(site: WebSite, page: Page) -> None:
    page.goto(site.url())
    page.evaluate("history.pushState(null, '', '/cart'); fizzstat.event('full')")

    site.after_all(page)

    views = {view["url"]: view["view"] for view in site.hits("view")}
    assert set(views) == {site.url("/"), site.url("/cart")}
    (event,) = site.hits("event", "full")
    assert (event["url"], event["view"]) == (site.url("/cart"), views[site.url("/cart")])


def test_two_tags_on_a_page_count_once(site: WebSite, page: Page) -> None:
    site.add("/", html(SNIPPET, head=SNIPPET + '<script src="/tracker.js?again" data-local></script>'))
    page.goto(site.url())
    page.evaluate("history.pushState(null, '', '/cart')")
    site.after_all(page)

    assert sorted(view["url"] for view in site.hits("view")) == [site.url("/"), site.url("/cart")]


def test_a_page_that_comes_back_from_the_browsers_cache_is_a_new_view(site: WebSite, window: BrowserContext) -> None:
    site.add("/", html(f'<a id="in" href="{site.url("/")}">shop</a>'))
    site.add("/more", html())
    tab = window.new_page()
    tab.goto(site.url("/", "other.test"))
    tab.click("#in")
    site.wait("event", name="entry")
    tab.evaluate("window.same = true")
    tab.goto(site.url("/more"))
    tab.go_back(wait_until="commit")
    tab.wait_for_function("window.same")

    site.wait_until(lambda: len([view for view in site.hits("view") if view["url"] == site.url("/")]) == 2)

    site.after_all(tab)
    first, second = (view for view in site.hits("view") if view["url"] == site.url("/"))
    assert first["view"] != second["view"]
    assert len(site.hits("event", "entry")) == 1


def test_a_prerendered_page_is_a_view_only_when_it_is_shown(
    site: WebSite, chromium: str, arguments: list[str], tmp_path: Path
) -> None:
    rules = '{"prerender": [{"urls": ["/next"], "eagerness": "immediate"}]}'
    script = '<script defer src="/page.js"></script>'
    site.add("/", html(head=f'{SNIPPET}<script type="speculationrules">{rules}</script>{script}'))
    site.add("/page.js", "setInterval(async () => { if ((await fetch('/go')).ok) location = '/next' }, 50)")
    site.add("/next", html(head=SNIPPET + '<script defer src="/next.js"></script>'))
    loaded = "() => navigator.sendBeacon('/hit', '{\"kind\": \"loaded\"}')"
    site.add("/next.js", f"fizzstat.event('early', document.prerendering); setTimeout({loaded}, 300)")
    # A page that is watched by developer tools, and so by Playwright, cannot be prerendered.
    command = [chromium, *arguments, "--headless=new", f"--user-data-dir={tmp_path}", site.url("/", "127.0.0.1")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        site.wait("loaded")
        site.wait("view")
        assert [hit["url"] for hit in site.hits() if hit["kind"] != "loaded"] == [site.url("/", "127.0.0.1")]

        site.add("/go", "now")

        view = site.wait("view", 2)[1]
        assert (view["url"], view["referrer"]) == (site.url("/next", "127.0.0.1"), site.url("/", "127.0.0.1"))
        assert site.wait("event", name="early")[0]["value"] == "true"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


def test_a_page_in_a_sandbox_without_storage_is_counted(site: WebSite, page: Page) -> None:
    site.add("/framed", html(title="Framed"))
    site.add("/", html('<iframe sandbox="allow-scripts" src="/framed"></iframe>', head=""))
    page.goto(site.url())

    (view,) = site.wait("view")

    assert (view["url"], view["title"]) == (site.url("/framed"), "Framed")


@pytest.mark.parametrize(
    "title",
    ['"}{"kind":"event"', "</script><b>", "\\u0000 \\", "a\nb\u2028c", "🧦" * 300, "\u202eleft", "x" * 100_000],
)
def test_any_title_arrives_as_it_is_or_cut(site: WebSite, page: Page, title: str) -> None:
    page.goto(site.url())
    page.evaluate("title => { document.title = title; history.pushState(null, '', '/titled') }", title)

    assert site.wait("view", 2)[1]["title"] == page.evaluate("document.title.slice(0, 512)")


def test_a_title_cut_within_an_emoji_still_makes_valid_text(site: WebSite, page: Page) -> None:
    page.goto(site.url())
    page.evaluate("document.title = '🧦'.slice(0, 1) + ' socks'; history.pushState(null, '', '/titled')")

    title = site.wait("view", 2)[1]["title"]
    assert ascii(title) == ascii("\N{REPLACEMENT CHARACTER} socks")


def test_elements_named_like_the_tracker_do_not_stop_it(site: WebSite, page: Page) -> None:
    site.add("/", html('<form id="fizzstat"></form><a id="history" name="location" href="/">x</a>'))
    page.goto(site.url())
    page.evaluate("fizzstat.event('works')")

    site.wait("event", name="works")
    assert len(site.hits("view")) == 1


def test_nothing_is_kept_in_the_browser(site: WebSite, page: Page, context: BrowserContext) -> None:
    page.goto(site.url())
    page.evaluate("fizzstat.event('ping'); history.pushState(null, '', '/cart')")
    site.after_all(page)

    assert context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie, window.name]") == [0, 0, "", ""]
    assert page.evaluate("indexedDB.databases()") == []
