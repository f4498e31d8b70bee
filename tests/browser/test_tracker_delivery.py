"""How hits get to the collector: where to, how often, under which rules of the page."""

from playwright.sync_api import BrowserContext, Page

from tests.browser.website import WebSite, html


def test_hits_go_to_the_origin_of_the_script_without_preflight_or_cookie(
    site: WebSite, page: Page, context: BrowserContext
) -> None:
    script = f'<script defer src="{site.url("/tracker.js", "stats.test")}" data-local></script>'
    site.add("/", html(head=script))
    context.add_cookies([{"name": "session", "value": "secret", "url": site.url("/", "stats.test")}])
    page.goto(site.url())
    page.evaluate("fizzstat.event('ping'); history.pushState(null, '', '/next')")

    site.after_all(page)
    page.goto("about:blank")
    site.wait("engagement", 1)

    assert {hit["kind"] for hit in site.hits()} == {"view", "event", "engagement"}
    for request in site.requests:
        assert request.method == "POST"
        assert request.headers["Host"] == f"stats.test:{site.port}"
        assert request.headers["Content-Type"] == "text/plain;charset=UTF-8"
        assert request.headers["Cookie"] is None


def test_a_script_of_the_page_itself_may_be_served_under_another_name(site: WebSite, page: Page) -> None:
    tag = f'<script defer src="/tracker.js?v=2" data-endpoint="{site.url("/hit", "stats.test")}" data-local></script>'
    site.add("/", html(head=tag))
    page.goto(site.url())

    site.wait("view")

    assert site.requests[0].headers["Host"] == f"stats.test:{site.port}"


def test_every_hit_has_an_id_of_its_own_and_the_name_of_its_view(site: WebSite, page: Page) -> None:
    page.goto(site.url())
    assert page.evaluate("isSecureContext") is False, "crypto.randomUUID would be there"
    page.evaluate("for (let n = 0; n < 20; n++) fizzstat.event('n', n)")
    page.evaluate("history.pushState(null, '', '/next')")
    site.wait("view", 2)

    hits = site.after_all(page)

    assert len({hit["id"] for hit in hits}) == len(hits) > 20
    assert all(10 <= len(hit["id"]) <= 64 and 10 <= len(hit["view"]) <= 64 for hit in hits)
    first, second = (hit["view"] for hit in hits if hit["kind"] == "view")
    assert {hit["view"] for hit in hits if hit.get("name") == "n"} == {first}
    assert first != second


def test_all_hits_of_a_visitor_look_the_same_to_the_collector(site: WebSite, page: Page) -> None:
    page.goto(site.url())
    page.evaluate("fizzstat.event('ping'); history.pushState(null, '', '/next')")
    site.after_all(page)
    page.goto("about:blank")
    site.wait("engagement")

    assert {hit["kind"] for hit in site.hits()} == {"view", "event", "engagement"}
    identity = ("User-Agent", "Accept-Language", "Accept-Encoding")
    assert len({tuple(request.headers[name] for name in identity) for request in site.requests}) == 1
    assert "Headless" not in site.requests[0].headers["User-Agent"]


def test_hits_that_failed_are_sent_again_under_the_same_id(site: WebSite, page: Page) -> None:
    site.answers.extend([503, 500, 0])
    page.goto(site.url())
    page.evaluate("for (let n = 0; n < 2; n++) fizzstat.event('buy', n)")

    site.wait_until(lambda: len(site.hits()) == 6)

    ids = [hit["id"] for hit in site.hits()]
    assert sorted(ids[:3]) == sorted(ids[3:])
    site.after_all(page)
    assert len(site.hits("event", "buy")) == 4


def test_a_hit_that_fails_again_and_again_is_kept_and_its_callback_hears_no(site: WebSite, page: Page) -> None:
    page.goto(site.url())
    site.wait("view")
    site.answers.extend([503] * 2)
    heard = page.evaluate("() => new Promise(resolve => fizzstat.event('buy', null, null, resolve))")
    assert heard is False

    hits = site.wait("event", 3)

    assert len({hit["id"] for hit in hits}) == 1
    page.wait_for_function("sessionStorage.length === 0")


def test_a_refused_hit_is_not_sent_again(site: WebSite, page: Page) -> None:
    site.answers.append(400)
    page.goto(site.url())
    site.wait("view")
    page.wait_for_timeout(2300)  # past the next try

    site.after_all(page)

    assert len(site.hits("view")) == 1


def test_many_events_at_once_all_arrive(site: WebSite, page: Page) -> None:
    page.goto(site.url())
    page.evaluate("for (let n = 0; n < 60; n++) fizzstat.event('burst', n)")

    hits = site.wait("event", 60, "burst")

    assert {hit["value"] for hit in hits} == {str(n) for n in range(60)}


def test_what_waits_for_a_busy_line_is_sent_after_the_page_was_left(site: WebSite, page: Page) -> None:
    site.add("/", html(f'<a href="{site.url("/far", "other.test")}">out</a>'))
    site.add("/far", html(title="Far", head=""))
    page.goto(site.url())
    site.wait("view")
    site.answering.clear()
    page.evaluate("for (let n = 0; n < 8; n++) fizzstat.event('busy', n)")  # a browser opens six connections to a host
    site.wait("event", 6)
    page.click("a")
    page.wait_for_url("**/far")
    assert site.hits("event", "exit") == []

    site.answering.set()

    site.wait("event", name="exit")
    site.wait("event", 8, "busy")
    site.wait("engagement")


def test_an_event_with_much_data_arrives(site: WebSite, page: Page) -> None:
    page.goto(site.url())
    page.evaluate("for (let n = 0; n < 4; n++) fizzstat.event('large', n, {text: 'x'.repeat(40000)})")

    assert {hit["value"] for hit in site.wait("event", 4, "large")} == {"0", "1", "2", "3"}


def test_it_works_under_the_strictest_policy_and_breaks_no_rule_of_it(site: WebSite, page: Page) -> None:
    stats = f"http://stats.test:{site.port}"
    policy = f"default-src 'none'; script-src {stats}; connect-src {stats}; require-trusted-types-for 'script'; trusted-types"
    site.add("/", html(head=f'<script defer src="{stats}/tracker.js" data-local></script>'), Content_Security_Policy=policy)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(site.url())
    page.evaluate("fizzstat.event('ping'); history.pushState(null, '', '/next')")
    site.after_all(page)

    assert len(site.hits("view")) == 2
    assert complaints == []


def test_a_page_that_forbids_the_collector_still_works(site: WebSite, page: Page) -> None:
    site.add("/", html("<button onclick='x'>"), Content_Security_Policy="connect-src 'none'")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(site.url())

    assert page.evaluate("() => new Promise(resolve => fizzstat.event('ping', null, null, resolve))") is False
    assert errors == []
    assert site.requests == []
