"""The page of a site in a real browser, over a real store that was filled by the importer."""

import csv
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from werkzeug.serving import make_server

from dashboard.app import create_app
from tests.browser import visits
from tests.browser.hindrances import hindrances
from tests.browser.visits import EVIL, EVIL_SITE, SITE
from tests.real.asked import visited
from tests.real.shell import Shell
from tests.real.system import System
from tests.signed_in import cookie

NOW = datetime.now(UTC)
HITS = visits.hits(NOW)
QUIET = "quiet.example"
NARROW, WIDE = 360, 1280


@dataclass(frozen=True)
class Dashboard:
    system: System
    url: str

    def path(self, site: str = SITE) -> str:
        return f"{self.url}/sites/{site}"


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Dashboard]:
    old = [visits.hit(NOW - timedelta(days=60), "/", site=QUIET, ip="8.8.8.8", agent=visits.CHROME, language="en", view="q1")]
    hits = sorted([*HITS, *visits.hostile(NOW), *old], key=lambda hit: hit.time)
    with visited(tmp_path_factory.mktemp("site") / "data", redis_url, hits) as system:
        fizzstat = Shell(system.environ)
        fizzstat("goals", "add", "--site", SITE, "--event", "signup", "--name", "Signup")
        fizzstat("sites", "add", "new.example")
        server = make_server("127.0.0.1", 0, create_app(system.settings), threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Dashboard(system, f"http://127.0.0.1:{server.port}")
        server.shutdown()
        thread.join()
        server.server_close()


Open = Callable[..., BrowserContext]


@pytest.fixture
def faults() -> Iterator[list[str]]:
    """What pages complain of: errors of scripts, and what the Content-Security-Policy forbade."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def opened(browser: Browser, dashboard: Dashboard, faults: list[str]) -> Iterator[Open]:
    """Makes contexts that are signed in."""
    contexts: list[BrowserContext] = []

    def open(**options: object) -> BrowserContext:
        options = {"viewport": {"width": WIDE, "height": 900}, "timezone_id": "Asia/Tokyo", "locale": "de-DE", **options}
        context = browser.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        context.add_cookies([cookie(dashboard.system.settings, dashboard.url)])  # type: ignore[list-item]
        context.on("weberror", lambda error: faults.append(str(error.error)))
        context.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        contexts.append(context)
        return context

    yield open
    for context in contexts:
        context.close()


@pytest.fixture
def page(opened: Open, dashboard: Dashboard) -> Page:
    page = opened().new_page()
    page.goto(dashboard.path())
    return page


def panel(page: Page, name: str) -> Locator:
    return page.locator(f"#part-{name}")


def number(page: Page, label: str) -> Locator:
    return page.locator(".numbers li", has_text=label).first.locator("b")


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def views(first: datetime, last: datetime) -> Counter[str]:
    """Of the pages that were seen between."""
    within = (hit for hit in HITS if hit.kind == "view" and first.timestamp() <= hit.time / 1000 < last.timestamp())
    return Counter(urlsplit(hit.url).path for hit in within)


def last_28_days() -> tuple[datetime, datetime]:
    today = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=28), today


def test_the_page_shows_what_was_counted(page: Page) -> None:
    seen = views(*last_28_days())
    expect(number(page, "Views")).to_have_text(str(sum(seen.values())))
    expect(panel(page, "pages").locator("tbody tr")).to_have_count(len(seen))
    expect(panel(page, "places")).to_contain_text("Germany")
    expect(panel(page, "sources")).to_contain_text("Organic Search")
    expect(panel(page, "devices")).to_contain_text("Safari")
    expect(panel(page, "behaviour")).to_contain_text("Signup")
    expect(panel(page, "quality")).to_contain_text("Largest paint")
    expect(page.locator(".problem-box")).to_have_count(0)


def test_a_row_filters_everything_and_its_chip_goes_again(page: Page) -> None:
    everything = number(page, "Visitors").inner_text()
    panel(page, "pages").get_by_role("link", name="/pricing").click()
    chip = page.locator(".chip", has_text="Page is /pricing")
    expect(chip).to_be_visible()
    expect(number(page, "Visitors")).not_to_have_text(everything)
    assert query(page)["f"] == ["is,page,/pricing"]
    few = number(page, "Visitors").inner_text()

    panel(page, "places").get_by_role("tab", name="Countries").click()
    expect(panel(page, "places").locator("tbody tr").first).to_contain_text("Germany")
    assert query(page)["f"] == ["is,page,/pricing"], "a tab keeps the filter"
    panel(page, "devices").get_by_role("link", name="Firefox").click()
    expect(page.locator(".chip")).to_have_count(2)
    assert query(page)["places"] == ["countries"], "a filter keeps the tab of another panel"

    page.go_back()
    expect(page.locator(".chip")).to_have_count(1)
    expect(number(page, "Visitors")).to_have_text(few)
    page.get_by_role("link", name="Without the filter Page is /pricing").click()
    expect(page.locator(".chip")).to_have_count(0)
    expect(number(page, "Visitors")).to_have_text(everything)


def test_an_address_shows_the_same_when_it_is_loaded_anew(page: Page) -> None:
    panel(page, "pages").get_by_role("link", name="/docs/start").click()
    panel(page, "sources").get_by_role("tab", name="Campaigns").click()
    expect(panel(page, "sources")).to_contain_text("autumn")
    told = [number(page, label).inner_text() for label in ("Visitors", "Views", "Bounce rate")]
    page.reload()
    assert [number(page, label).inner_text() for label in ("Visitors", "Views", "Bounce rate")] == told
    expect(panel(page, "sources")).to_contain_text("autumn")


def test_a_filter_is_changed_in_its_dialog_to_what_else_can_be_said(page: Page, faults: list[str]) -> None:
    panel(page, "pages").get_by_role("link", name="/pricing").click()
    page.locator(".chip a").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Value 1", exact=True)).to_have_value("/pricing")
    dialog.get_by_label("How").select_option("contains")
    dialog.get_by_label("Value 1", exact=True).fill("/blog")
    dialog.get_by_role("button", name="Change").click()
    expect(page.locator(".chip")).to_have_text(re.compile("Page contains /blog"))
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="Filter", exact=True).click()
    dialog.get_by_label("What").select_option("country")
    dialog.get_by_label("How").select_option("was never")
    dialog.get_by_label("Another value 1").fill("DE")
    dialog.get_by_role("button", name="Filter").click()
    expect(dialog.get_by_role("alert")).to_contain_text("filter by is_not")
    faults.clear()  # the browser's, of the answer 400
    dialog.get_by_label("How").select_option("is not")
    dialog.get_by_role("button", name="Filter").click()
    expect(page.locator(".chip", has_text="Country is not Germany")).to_be_visible()


def test_filters_are_saved_as_a_segment(page: Page) -> None:
    everybody = number(page, "Visitors").inner_text()
    panel(page, "devices").get_by_role("link", name="Firefox").click()
    expect(page.locator(".chip")).to_be_visible()
    expect(number(page, "Visitors")).not_to_have_text(everybody)
    visitors = number(page, "Visitors").inner_text()
    page.get_by_text("Save as a segment").click()
    page.get_by_label("Name").fill("Foxes")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".chip")).to_contain_text("Segment is Foxes")
    expect(number(page, "Visitors")).to_have_text(visitors)
    page.get_by_role("link", name="Without the filter Segment is Foxes").click()
    expect(page.locator(".chip")).to_have_count(0)
    page.locator("summary", has_text="Segments").click()
    page.get_by_role("link", name="Foxes").click()
    expect(page.locator(".chip")).to_contain_text("Segment is Foxes")


def test_values_are_suggested_as_they_are_typed(page: Page) -> None:
    page.get_by_role("link", name="Filter", exact=True).click()
    field = page.get_by_label("Another value 1")
    field.press_sequentially("pric")
    expect(page.locator("datalist option[value='/pricing']").first).to_be_attached()


def test_keys_choose_the_time_as_in_plausible(page: Page) -> None:
    for key, name in (("d", "Today"), ("e", "Yesterday"), ("w", "Last 7 days"), ("m", "Month to date"), ("a", "All time")):
        page.keyboard.press(key)
        expect(page.locator("#times summary")).to_contain_text(name)
    page.keyboard.press("e")
    expect(page.locator("#times summary")).to_contain_text("Yesterday")
    page.keyboard.press("ArrowLeft")
    two_days_ago = (NOW - timedelta(days=2)).date().isoformat()
    expect(page.locator("#times summary")).not_to_contain_text("Yesterday")
    assert query(page)["date"] == [two_days_ago]
    expect(page.locator(".chart-head")).to_contain_text(f"{(NOW - timedelta(days=2)).day}.")
    page.keyboard.press("x")
    expect(page.locator(".numbers .change", has_text="%")).to_have_count(0)
    assert query(page)["compare"] == ["off"]
    page.keyboard.press("c")
    expect(page.locator("#from")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#from")).to_be_hidden()


def test_the_chart_is_read_by_keys_and_zoomed_by_dragging(page: Page) -> None:
    page.locator(".numbers a", has_text="Views").first.click()
    plot = page.get_by_role("slider", name="Views over time")
    plot.focus()
    page.keyboard.press("Home")
    first_day = page.locator(".numbers-of-chart tbody tr").first
    expect(plot).to_have_attribute("aria-valuetext", re.compile(re.escape(first_day.locator("th").inner_text() or "28")))
    expect(page.locator(".readout")).to_be_visible()
    box = plot.bounding_box()
    assert box
    y = box["y"] + 60
    page.mouse.move(box["x"] + box["width"] * 0.5, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, y, steps=4)
    page.mouse.up()
    expect(page.locator(".numbers-of-chart tbody tr")).to_have_count(8)
    assert query(page)["period"] == ["custom"]
    assert query(page)["metric"] == ["pageviews"]
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.locator(".intervals, .chart-head")).not_to_have_count(0)
    expect(page.locator(".axis text").first).to_have_text("00:00")
    assert query(page)["period"] == ["day"]


def test_details_are_searched_sorted_and_had_as_csv(page: Page) -> None:
    panel(page, "pages").get_by_role("link", name="Details").click()
    dialog = page.get_by_role("dialog", name="Pages")
    expect(dialog.get_by_role("columnheader", name="Visitors")).to_have_attribute("aria-sort", "descending")
    dialog.get_by_role("link", name="Views").click()
    expect(dialog.get_by_role("columnheader", name="Views")).to_have_attribute("aria-sort", "descending")
    numbers = [int(cell) for cell in dialog.locator("tbody tr td:nth-child(3)").all_inner_texts()]
    assert numbers == sorted(numbers, reverse=True)
    dialog.get_by_role("searchbox").fill("DOCS")
    dialog.get_by_role("button", name="Search").click()
    expect(dialog.locator("tbody tr")).to_have_count(2)
    with page.expect_download() as download:
        dialog.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    seen = views(*last_28_days())
    assert {row["event:page"]: int(row["pageviews"]) for row in rows} == {
        path: seen[path] for path in ("/docs/api", "/docs/start")
    }
    dialog.get_by_role("link", name="/docs/api", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(page.locator(".chip")).to_have_text(re.compile("Page is /docs/api"))


def test_documents_are_those_behind_the_number(page: Page) -> None:
    everything = number(page, "Views").inner_text()
    panel(page, "pages").get_by_role("link", name="/about").click()
    expect(number(page, "Views")).not_to_have_text(everything)
    count = number(page, "Views").inner_text()
    panel(page, "pages").get_by_role("link", name="Documents").click()
    dialog = page.get_by_role("dialog", name="Documents")
    expect(dialog.locator(".documents > li")).to_have_count(int(count))
    dialog.locator("summary").first.click()
    expect(dialog.locator("pre").first).to_contain_text('"path": "/about"')
    page.go_back()
    expect(dialog).to_be_hidden()
    expect(page.locator(".chip")).to_be_visible()


def test_goals_properties_funnel_and_journeys_are_one_click_away(page: Page) -> None:
    behaviour = panel(page, "behaviour")
    behaviour.get_by_role("tab", name="Properties").click()
    behaviour.get_by_label("Event").fill("signup")
    behaviour.get_by_role("button", name="Show").click()
    behaviour.get_by_role("link", name="plan").click()
    expect(behaviour.locator("tbody tr")).to_have_count(3)
    behaviour.get_by_role("tab", name="Funnel").click()
    behaviour.get_by_label("Step 1").fill("/")
    behaviour.get_by_label("Step 2").fill("/pricing")
    behaviour.get_by_label("Step 3").fill("Signup")
    behaviour.get_by_role("button", name="Count").click()
    expect(behaviour.locator(".funnel li")).to_have_count(3)
    expect(behaviour.locator(".funnel li").first).to_contain_text("100")
    assert query(page)["step"] == ["/", "/pricing", "Signup"]
    behaviour.get_by_role("tab", name="Journeys").click()
    expect(behaviour.get_by_role("heading", name="Before")).to_be_visible()
    behaviour.get_by_role("tab", name="Revenue").click()
    expect(behaviour).to_contain_text("€")
    expect(behaviour).to_contain_text("purchase")
    panel(page, "quality").get_by_role("tab", name="Retention").click()
    expect(panel(page, "quality")).to_contain_text("FIZZSTAT_IDENTITY is daily")
    behaviour.get_by_role("tab", name="Goals").click()
    behaviour.get_by_role("link", name="Signup").click()
    expect(page.locator(".numbers")).to_contain_text("Conversions")


def test_tabs_are_walked_by_arrows(page: Page) -> None:
    channels = panel(page, "sources").get_by_role("tab", name="Channels")
    channels.focus()
    page.keyboard.press("ArrowRight")
    expect(panel(page, "sources").get_by_role("tab", name="Sources")).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel(page, "sources")).to_contain_text("Google")
    expect(panel(page, "sources").get_by_role("tab", name="Sources")).to_be_focused()
    assert panel(page, "sources").get_by_role("tab", name="Sources").get_attribute("aria-selected") == "true"


def test_now_is_shown_and_fills_itself(page: Page, dashboard: Dashboard) -> None:
    page.keyboard.press("r")
    expect(page.get_by_role("heading", name="What happens")).to_be_visible()
    expect(page.locator(".numbers-of-chart tbody tr")).to_have_count(30)
    with dashboard.system.start("import") as importer:
        at = datetime.now(UTC)
        dashboard.system.take([visits.hit(at, "/this-very-moment", ip="8.8.4.4", agent=visits.CHROME, language="en", view="now")])
        expect(panel(page, "live")).to_contain_text("/this-very-moment", timeout=20_000)
        expect(panel(page, "pages")).to_contain_text("/this-very-moment")
        importer.terminate()


def test_without_scripts_all_of_it_is_there_and_filters(opened: Open, dashboard: Dashboard) -> None:
    page = opened(java_script_enabled=False).new_page()
    page.goto(dashboard.path())
    expect(panel(page, "quality")).to_contain_text("Largest paint")
    panel(page, "sources").get_by_role("tab", name="Sources").click()
    panel(page, "sources").get_by_role("link", name="Google").click()
    expect(page.locator(".chip")).to_contain_text("Source is Google")
    page.locator(".numbers-of-chart summary").click()
    expect(page.locator(".numbers-of-chart tbody tr")).to_have_count(28)
    panel(page, "pages").get_by_role("link", name="Details").click()
    expect(page.get_by_role("heading", name="Pages")).to_be_visible()
    page.get_by_role("link", name="Back to the numbers").click()
    page.locator(".chip a").first.click()
    page.get_by_label("How").select_option("is not")
    page.get_by_role("button", name="Change").click()
    expect(page.locator(".chip")).to_contain_text("Source is not Google")
    page.locator("#times summary").click()
    page.locator("#from").fill((NOW - timedelta(days=3)).date().isoformat())
    page.get_by_role("button", name="Show").first.click()
    expect(page.locator(".chip")).to_contain_text("Source is not Google")
    page.locator(".numbers-of-chart summary").click()
    expect(page.locator(".numbers-of-chart tbody tr")).to_have_count(3)


@pytest.mark.parametrize(("width", "scheme"), [(NARROW, "light"), (NARROW, "dark"), (WIDE, "dark")])
def test_the_page_fits_its_screen(opened: Open, dashboard: Dashboard, width: int, scheme: str) -> None:
    page = opened(viewport={"width": width, "height": 740}, color_scheme=scheme).new_page()
    for more in ("?f=is,country,DE,AT,FR,US&behaviour=journeys&places=countries", "?period=realtime", "/details/pages"):
        page.goto(dashboard.path() + more)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (int(re.findall(r"\d+", ground)[0]) < 128) == (scheme == "dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_from_using_it(opened: Open, dashboard: Dashboard, scheme: str) -> None:
    page = opened(color_scheme=scheme).new_page()
    for more in (
        "",
        "?behaviour=funnel&step=/&step=/pricing&quality=retention&f=is,country,DE&places=countries",
        "?period=realtime&behaviour=journeys",
        "?f=is,country,XX",
        "/details/pages",
        "/documents",
        "/filter?edit=0&f=contains,page,/a",
    ):
        page.goto(dashboard.path() + more)
        assert hindrances(page) == [], more
    page.goto(dashboard.path())
    panel(page, "pages").get_by_role("link", name="Details").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert hindrances(page) == []


def test_hostile_hits_are_text_everywhere(opened: Open, dashboard: Dashboard) -> None:
    page = opened().new_page()
    base = f"{dashboard.path(EVIL_SITE)}?period=realtime"
    for more in (
        "",
        "&sources=utm_source",
        "&sources=referrers&behaviour=events",
        f"&behaviour=properties&event={EVIL}&property=plan",
    ):
        page.goto(base + more)
        expect(page.locator("main")).to_contain_text("document.title='owned'")
        assert_harmless(page)
    for path in ("details/pages", "details/events", "documents"):
        page.goto(f"{dashboard.path(EVIL_SITE)}/{path}?period=realtime")
        expect(page.locator("main")).to_contain_text("document.title='owned'")
        assert_harmless(page)
    page.goto(base)
    panel(page, "pages").get_by_role("link", name="owned").first.click()
    expect(page.locator(".chip")).to_contain_text("document.title='owned'")
    assert_harmless(page)
    events = page.request.get(f"{dashboard.path(EVIL_SITE)}/csv/events?period=realtime").text()
    names = [row["event:name"] for row in csv.DictReader(events.splitlines())]
    assert '\'=HYPERLINK("https://evil.example")' in names
    assert not [name for name in names if name.startswith(("=", "@", "+", "-"))]


def assert_harmless(page: Page) -> None:
    assert "owned" not in page.title()
    for forbidden in ("main img", "main script", "main [onerror]", "main [style*='owned']"):
        assert page.locator(forbidden).count() == 0


def test_a_site_without_hits_says_what_to_do_and_a_time_without_hits_where_there_are_some(
    opened: Open, dashboard: Dashboard
) -> None:
    page = opened().new_page()
    page.goto(dashboard.path("new.example"))
    expect(page.get_by_text("No visit of this site was counted yet.")).to_be_visible()
    expect(page.locator(".snippet")).to_contain_text("/tracker.js")
    page.goto(dashboard.path(QUIET))
    page.get_by_role("link", name="The last visit was on").click()
    expect(number(page, "Visitors")).to_have_text("1")


def test_a_part_that_fails_says_so_and_tries_again(page: Page, faults: list[str]) -> None:
    page.route("**/parts/sources*", lambda route: route.abort())
    panel(page, "sources").get_by_role("tab", name="Referrers").click()
    expect(panel(page, "sources").get_by_role("alert")).to_contain_text("The dashboard does not answer.")
    faults.clear()  # the browser's, of the request
    page.unroute("**/parts/sources*")
    panel(page, "sources").get_by_role("button", name="Try again").click()
    expect(panel(page, "sources")).to_contain_text("news.ycombinator.com")


def test_numbers_are_written_as_the_reader_does_in_the_sites_time(opened: Open, dashboard: Dashboard) -> None:
    expect_percent = {"de-DE": re.compile(r"\d+\u00a0%"), "en-US": re.compile(r"\d+%")}
    for locale, percent in expect_percent.items():
        page = opened(locale=locale).new_page()
        page.goto(dashboard.path())
        expect(number(page, "Bounce rate")).to_have_text(percent)
        expect(page.locator(".chart-head")).to_contain_text("UTC")


def test_scripts_and_styles_are_small_and_nothing_jumps(opened: Open, dashboard: Dashboard) -> None:
    page = opened().new_page()
    page.add_init_script(
        "new PerformanceObserver(list => list.getEntries().forEach(one => window.jumped = (window.jumped ?? 0) + one.value))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    sizes: dict[str, int] = {}
    page.on(
        "response",
        lambda answer: sizes.update({answer.url: len(answer.body())}) if re.search(r"\.(js|css)\?|\.js$", answer.url) else None,
    )
    page.goto(dashboard.path(), wait_until="networkidle")
    assert sizes
    assert sum(sizes.values()) < 60_000  # not even compressed
    panel(page, "devices").get_by_role("link", name="Firefox").click()
    expect(page.locator(".chip")).to_be_visible()
    assert page.evaluate("window.jumped ?? 0") < 0.02
