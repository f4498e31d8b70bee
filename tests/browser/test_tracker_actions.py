"""What the tracker notices by itself beside views: downloads, forms, tagged elements, error pages, activity; and who is who."""

import pytest
from playwright.sync_api import Page

from tests.browser.website import SNIPPET, WebSite, html


def tag(attributes: str) -> str:
    return f'<script defer src="/tracker.js" data-local {attributes}></script>'


def names(site: WebSite, page: Page) -> list[str]:
    """Of all events so far."""
    return [hit["name"] for hit in site.after_all(page) if hit["kind"] == "event"]


def stay(page: Page) -> None:
    """Links lead nowhere from now on, and forms are sent nowhere, as in many an app."""
    stop = "event => (event.type === 'submit' || event.target.closest('a')) && event.preventDefault()"
    page.evaluate(f"for (const type of ['click', 'auxclick', 'submit']) addEventListener(type, {stop})")


# ── downloads


@pytest.mark.parametrize(
    ("attribute", "path", "name"),
    [
        ("", "/price-list.PDF?v=2#page=3", "download"),
        ("", "/a.tar.gz", "download"),
        ("", "/report.docx", "download"),
        ("", "//other.test/setup.exe", "download"),
        ("", "//other.test/page?file=a.pdf", "exit"),
        ("", "/page#a.pdf", None),
        ("", "/pdf", None),
        ("", "/xpdf", None),
        ("", "/about.html", None),
        ('data-download="xyz, svg"', "/logo.svg", "download"),
        ('data-download="xyz, svg"', "/price-list.pdf", None),
        ('data-download="false"', "/price-list.pdf", None),
        ('data-download="false"', "//other.test/setup.exe", "exit"),
        ('data-exit="false"', "//other.test/", None),
    ],
)
def test_links_to_files_are_downloads(site: WebSite, page: Page, attribute: str, path: str, name: str | None) -> None:
    site.add("/", html(f'<a href="{path}"><b>get it</b></a>', head=tag(attribute)))
    page.goto(site.url())
    stay(page)
    page.click("b")

    assert names(site, page) == ([name] if name else [])
    if name:
        (event,) = site.hits("event", name)
        assert event["value"] == page.evaluate("document.querySelector('a').href")


# ── forms

FORM = '<form id="contact" action="/sent?secret=1"><input name="id"><input name="name" required><button>Send</button></form>'


def test_a_form_is_noticed_when_it_is_begun_and_when_it_is_sent(site: WebSite, page: Page) -> None:
    site.add("/", html(FORM))
    page.goto(site.url())
    stay(page)
    page.fill("[name=id]", "secret")
    page.click("button")  # a field is missing: the browser does not send it
    page.fill("[name=name]", "secret")
    page.click("button")

    assert names(site, page) == ["form_start", "form"]
    assert [hit["value"] for hit in site.hits("event")[:2]] == ["contact", "contact"]
    assert "secret" not in str(site.hits())


@pytest.mark.parametrize(("body", "attribute"), [(FORM, 'data-form="false"'), ('<input name="name"><button>Send</button>', "")])
def test_without_a_form_or_where_the_tag_says_so_nothing_is_noticed(site: WebSite, page: Page, body: str, attribute: str) -> None:
    site.add("/", html(body, head=tag(attribute)))
    page.goto(site.url())
    stay(page)
    page.fill("[name=name]", "x")
    page.click("button")

    assert names(site, page) == []


# ── tagged elements


@pytest.mark.parametrize(
    ("element", "name", "value", "data"),
    [
        ('<b data-fizzstat-event="Sign up" data-fizzstat-plan="pro+" data-fizzstat-how-many="2">x</b>', "Sign up", None,
         {"plan": "pro+", "how-many": "2"}),
        ('<b data-fizzstat-event="Rate" data-fizzstat-value="5"><i>x</i></b>', "Rate", "5", {}),
        ('<b class="red plausible-event-name=Sign+up plausible-event-plan=pro+max">x</b>', "Sign up", None, {"plan": "pro max"}),
        ('<b class="plausible-event-name--Sign+up plausible-event-plan--pro">x</b>', "Sign up", None, {"plan": "pro"}),
        ('<svg class="plausible-event-name=Logo" width="40" height="40"><rect width="40" height="40"/></svg>', "Logo", None, {}),
        ('<a href="//other.test/" data-fizzstat-event="Partner"><b>x</b></a>', "Partner", None, {}),
    ],
    ids=["attributes", "value", "Plausible's classes", "their other form", "svg", "link"],
)  # fmt: skip
def test_a_tagged_element_sends_its_event(
    site: WebSite, page: Page, element: str, name: str, value: str | None, data: dict[str, str]
) -> None:
    site.add("/", html(element))
    page.goto(site.url())
    stay(page)
    page.dispatch_event("rect, i, b", "click", {"composed": True, "bubbles": True})

    (event,) = site.wait("event", name=name)

    assert (event.get("value"), event.get("data", {})) == (value, data)
    assert sorted(names(site, page)) == ([name, "exit"] if "other.test" in element else [name])


def test_nothing_of_a_tagged_element_is_sent_but_what_is_meant_to_be(site: WebSite, page: Page) -> None:
    site.add(
        "/",
        html(
            '<a id="private" data-email="private" href="#private" data-fizzstat-event="Buy" data-fizzstat-revenue="9 EUR">x</a>'
        ),
    )
    with page.expect_request(lambda request: "Buy" in (request.post_data or "")) as sent:
        page.goto(site.url())
        page.click("a")

    assert "private" not in (sent.value.post_data or "")
    assert site.wait("event", name="Buy")[0]["revenue"] == {"amount": "9", "currency": "EUR"}


def test_a_tagged_form_sends_its_event_when_it_is_sent(site: WebSite, page: Page) -> None:
    site.add("/", html('<form class="plausible-event-name=Contact" action="/"><input name="q"><button>Send</button></form>'))
    page.goto(site.url())
    stay(page)
    page.fill("[name=q]", "x")
    assert names(site, page) == ["form_start"]
    page.click("button")

    assert sorted(names(site, page)) == ["Contact", "form", "form_start"]


# ── error pages


@pytest.mark.parametrize(
    ("head", "count"),
    [
        (tag("data-404"), 1),
        (SNIPPET + '<meta name="fizzstat" data-404>', 1),
        (tag("data-404=false"), 0),
        (SNIPPET, 0),
    ],
)
def test_an_error_page_says_so(site: WebSite, page: Page, head: str, count: int) -> None:
    site.add("/gone", html(head=head))
    page.goto(site.url("/gone?a=1"))

    assert names(site, page) == ["404"] * count
    if count:
        (event,) = site.hits("event", "404")
        assert (event["interactive"], event["view"]) == (False, site.hits("view")[0]["view"])


# ── activity


@pytest.mark.parametrize(("attribute", "count"), [("", 5), ('data-activity="false"', 0)])
def test_clicks_keys_and_touches_count_into_engagement(site: WebSite, page: Page, attribute: str, count: int) -> None:
    site.add("/", html("<input>", head=tag(attribute)))
    page.goto(site.url())
    page.click("input")
    page.keyboard.type("abc")
    page.mouse.click(300, 300)
    page.evaluate("history.pushState(null, '', '/next')")

    assert site.wait("engagement")[0]["activity"] == count


def test_engagement_is_not_sent_where_the_tag_says_so(site: WebSite, page: Page) -> None:
    site.add("/", html(head=tag('data-engagement="false"')))
    page.goto(site.url())
    page.wait_for_timeout(50)
    page.evaluate("history.pushState(null, '', '/next')")

    assert [hit["kind"] for hit in site.after_all(page)] == ["view", "view"]


# ── calls


def test_an_event_may_bring_money_or_be_no_act_of_the_visitor(site: WebSite, page: Page) -> None:
    page.goto(site.url())
    page.evaluate("fizzstat.event('order', 'cart', { revenue: { amount: 12.5, currency: 'EUR' }, size: 'L' })")
    page.evaluate("fizzstat.event('shown', null, { interactive: false })")

    (order,), (shown,) = site.wait("event", name="order"), site.wait("event", name="shown")

    assert (order["revenue"], order["data"]) == ({"amount": 12.5, "currency": "EUR"}, {"size": "L"})
    assert "interactive" not in order
    assert shown["interactive"] is False


def test_who_is_identified_is_so_from_then_on_but_the_view_stays_whose_it_was(site: WebSite, page: Page) -> None:
    page.goto(site.url())
    site.wait("view")
    page.wait_for_timeout(30)
    page.evaluate("fizzstat.identify('u-1', { plan: 'pro' }); fizzstat.event('buy'); history.pushState(null, '', '/next')")

    (engagement,), (buy,), views = site.wait("engagement"), site.wait("event", name="buy"), site.wait("view", 2)

    assert (buy["client_hash"], buy["traits"]) == ("u-1", {"plan": "pro"})
    assert (views[1]["client_hash"], views[1]["traits"]) == ("u-1", {"plan": "pro"})
    assert engagement["view"] == views[0]["view"]
    assert "client_hash" not in engagement
