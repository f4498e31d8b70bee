"""Script tags of other trackers, and of FizzStat's first version, in a page whose snippet was changed in its address alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from hits.snapshot import SiteRow, Snapshot
from tests.browser.collector import RunningCollector, collecting
from tests.browser.website import WebSite, html

CRUMBY = '<script data-local src="{stats}/cmb.js" type="text/javascript"></script>'
#: As in the first version's example.html.
ORIGINAL = """<script type="text/javascript">
    (function() {{
        var client_hash = 'customer-7';
        window.addEventListener('load', function() {{
            var script = document.createElement('script');
            script.dataset.local = '';
            script.src = '{stats}?' + new Date().getTime() + '&client_hash=' + client_hash;
            document.body.appendChild(script);
        }});
    }})();
</script>"""
#: What Alcolytics' snippet does: calls wait in a queue until the library is there.
ALCOLYTICS = """<script>
    window.alco = function () {{
        var given = Array.prototype.slice.call(arguments)
        return alco.doCall ? alco.doCall(given) : alco.queue.push(given)
    }}
    alco.queue = []
    var script = document.createElement('script')
    script.dataset.local = ''
    script.src = '{stats}/lib.js?projectId=7'
    document.head.appendChild(script)
    alco('configure', {{ projectId: 7 }})
    alco('page')
    alco('event', 'taste', {{ how: 'sour' }})
</script>"""


@pytest.fixture
def stats() -> Iterator[RunningCollector]:
    with collecting() as stats:
        yield stats


def visit(stats: RunningCollector, site: WebSite, page: Page, snippet: str) -> str:
    """The URL of a page that was opened."""
    snippet = snippet.format(stats=f"http://stats.test:{stats.port}")
    site.add("/lime", html('<button onclick="vote()">Vote</button>', head=snippet))
    page.goto(site.url("/lime"))
    return site.url("/lime")


def test_crumbys_tag_counts_a_view_and_its_name_for_events_works(stats: RunningCollector, site: WebSite, page: Page) -> None:
    url = visit(stats, site, page, CRUMBY + "<script>function vote() {{ cmb.event('vote', 'thumbs-up') }}</script>")
    view = stats.wait("view")
    page.click("text=Vote")
    event = stats.wait("event", "vote")
    assert (view.way, view.url, view.title, view.site) == ("hit", url, "Shop", "shop.test")
    assert (event.value, event.view) == ("thumbs-up", view.view)


def test_the_first_versions_tag_counts_a_view_with_its_hash(stats: RunningCollector, site: WebSite, page: Page) -> None:
    visit(stats, site, page, ORIGINAL + "<script>function vote() {{ fizzstat.event('vote', 'up', {{a: 1}}) }}</script>")
    view = stats.wait("view")
    page.click("text=Vote")
    event = stats.wait("event", "vote")
    assert (view.client_hash, event.client_hash, event.value, event.data) == ("customer-7", "customer-7", "up", {"a": 1})


def test_an_event_sent_as_the_first_versions_script_did_is_taken_from_any_page(
    stats: RunningCollector, site: WebSite, page: Page
) -> None:
    visit(stats, site, page, "")
    send = """address => fetch(address, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ value: 'up', data: null })
    }).then(answer => answer.status)"""
    assert page.evaluate(send, f"http://stats.test:{stats.port}/event/0123/vote") == 200
    event = stats.wait("event", "vote")
    assert (event.way, event.view, event.value, event.site) == ("original", "0123", "up", "shop.test")


def test_alcolytics_snippet_counts_a_view_for_its_project_and_its_queued_events(
    stats: RunningCollector, site: WebSite, page: Page
) -> None:
    stats.sites = Snapshot(sites=(SiteRow("shop.example", foreign=("alcolytics:7",)),))
    visit(stats, site, page, ALCOLYTICS)
    view, event = stats.wait("view"), stats.wait("event", "taste")
    assert (view.site, event.site, event.data) == ("shop.example", "shop.example", {"how": "sour"})
    page.evaluate("alco('event', 'again')")
    stats.wait("event", "again")
    assert len([hit for hit in stats.hits if hit.kind == "view"]) == 1
