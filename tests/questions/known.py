"""What the traffic is made of, each thing with what documents say of it: agents, sources, places, pages and properties.

The answers were written down by hand, so that the oracle needs nothing of the importer.
"""

from dataclasses import dataclass, field
from typing import Any

MOZILLA = "Mozilla/5.0"
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko)"


@dataclass(frozen=True)
class Known:
    """`sent` is what a hit carries, `says` the dimensions that follow from it; those that are not known are left out."""

    sent: dict[str, Any]
    says: dict[str, str]

    def __hash__(self) -> int:
        return id(self)


def agent(text: str, device: str, browser: str = "", version: str = "", os: str = "", os_version: str = "") -> Known:
    told = {"device": device, "browser": browser, "browser_version": version, "os": os, "os_version": os_version}
    return Known({"agent": text}, {f"visit:{name}": value for name, value in told.items() if value})


AGENTS = (
    agent(f"{MOZILLA} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "desktop", "Firefox", "140.0", "Linux"),
    agent(
        f"{MOZILLA} (Windows NT 10.0; Win64; x64) {CHROME} Chrome/142.0.0.0 Safari/537.36",
        "desktop",
        "Chrome",
        "142.0",
        "Windows",
        "10",
    ),
    agent(
        f"{MOZILLA} (Windows NT 10.0; Win64; x64) {CHROME} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
        "desktop",
        "Edge",
        "141.0",
        "Windows",
        "10",
    ),
    agent(
        f"{MOZILLA} (iPhone; CPU iPhone OS 18_5 like Mac OS X) {WEBKIT} Version/18.5 Mobile/15E148 Safari/604.1",
        "mobile",
        "Safari",
        "18.5",
        "iOS",
        "18.5",
    ),
    agent(
        f"{MOZILLA} (iPad; CPU OS 17_4 like Mac OS X) {WEBKIT} Version/17.4 Mobile/15E148 Safari/604.1",
        "tablet",
        "Safari",
        "17.4",
        "iOS",
        "17.4",
    ),
    agent(
        f"{MOZILLA} (Linux; Android 14; Pixel 8) {CHROME} Chrome/142.0.0.0 Mobile Safari/537.36",
        "mobile",
        "Chrome",
        "142.0",
        "Android",
        "14",
    ),
    agent("Unheard/1.0 of this", "other"),
)


def source(from_page: str = "", query: str = "", /, **says: str) -> Known:
    """`query` is of the page's own URL."""
    return Known({"referrer": from_page, "query": query}, {f"visit:{name}": value for name, value in says.items()})


SOURCES = (
    source(channel="Direct"),
    source("https://www.google.com/", channel="Organic Search", source="Google", referrer="https://www.google.com/"),
    source(
        "https://news.ycombinator.com/item?id=1",
        channel="Organic Social",
        source="Hacker News",
        referrer="https://news.ycombinator.com/item",
    ),
    source("https://chatgpt.com/", channel="AI Assistants", source="ChatGPT", referrer="https://chatgpt.com/"),
    source(
        "",
        "utm_source=newsletter&utm_medium=email&utm_campaign=Fr%C3%BChling%20%22X%22",
        channel="Email",
        source="newsletter",
        utm_source="newsletter",
        utm_medium="email",
        utm_campaign='Frühling "X"',
    ),
    source(
        "https://www.bing.com/search",
        "utm_source=bing&utm_medium=cpc&utm_campaign=spring&utm_term=web%20stats&utm_content=a'b",
        channel="Paid Search",
        source="Bing",
        referrer="https://www.bing.com/search",
        utm_source="bing",
        utm_medium="cpc",
        utm_campaign="spring",
        utm_term="web stats",
        utm_content="a'b",
    ),
    source("", "utm_source=Gr%C3%B6%C3%9Fe+%26+Co", channel="Referral", source="Größe & Co", utm_source="Größe & Co"),
    source("", "ref=google", channel="Organic Search", source="Google"),
    source("", "ref=friend", channel="Referral", source="friend"),
)
#: A referrer that is the site's own.
OWN = source("https://SITE/somewhere", channel="Direct")


def place(**says: str) -> Known:
    """`sent` is the group `client.geo` that a database of places would tell."""
    names = {"country": "country_iso_code", "region": "region_iso_code", "region_name": "region_name", "city": "city_name"}
    told = {f"visit:{name}": value for name, value in says.items() if name in names}
    if "city" in says:
        told["visit:city_name"] = says["city"]
    if "named" in says:
        told["visit:country_name"] = says["named"]
    return Known({names[name]: value for name, value in says.items() if name in names}, told)


PLACES = (
    place(country="DE", named="Germany", region="DE-BY", region_name="Bavaria", city="München"),
    place(country="DE", named="Germany", region="DE-BE", region_name="Land Berlin", city="Berlin"),
    place(country="AT", named="Austria", region="AT-9", region_name="Vienna", city="Vienna"),
    place(country="US", named="United States", region="US-NY", region_name="New York", city="New York"),
    place(country="US", named="United States"),
    place(country="CI", named="Côte d’Ivoire", city="Abidjan"),
    place(),
)

#: Without one it is that of the header, `en`.
LANGUAGES = ("de-AT", "en-US", "pt-BR", "")
SCREENS = ("1920x1080", "390x844", "")

#: Paths as a browser sends them, and as they are stored.
PATHS = {
    "/": "/",
    "/pricing": "/pricing",
    "/Pricing": "/Pricing",
    "/docs": "/docs",
    "/docs/start": "/docs/start",
    "/docs/api/v2": "/docs/api/v2",
    "/docs/api/": "/docs/api/",
    "/blog/größe": "/blog/gr%C3%B6%C3%9Fe",
    "/blog/日本/☕": "/blog/%E6%97%A5%E6%9C%AC/%E2%98%95",
    "/it's": "/it's",
    '/say "hi"': "/say%20%22hi%22",
    "/a.b+c(d)*e": "/a.b+c(d)*e",
    "/tilde~|pipe^`": "/tilde~|pipe%5E%60",
    "/thanks": "/thanks",
    "/gone": "/gone",
}
HOSTS = ("", "www.", "blog.")  # before the site's name


@dataclass(frozen=True)
class Happening:
    """An event: `data` as it is sent, `props` as it is stored."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    props: dict[str, str] = field(default_factory=dict)
    revenue: bool = False
    interactive: bool = True

    def __hash__(self) -> int:
        return id(self)


def event(name: str, revenue: bool = False, interactive: bool = True, **props: str) -> Happening:
    return Happening(name, dict(props), props, revenue, interactive)


HAPPENINGS = (
    event("signup", plan="pro"),
    event("signup", plan="free"),
    event("signup", plan="Pro"),
    event("signup"),
    event("purchase", revenue=True, plan="pro", product="Größe L"),
    event("purchase", revenue=True, product='the "X"'),
    event("purchase", revenue=True, product="(none)"),
    Happening("search", {"n": 7, "cart": {"size": ["L", "XL"]}}, {"n": "7", "cart.size": "L, XL"}),
    Happening("search", {"n": 1.5, "yes": True}, {"n": "1.5", "yes": "true"}, interactive=False),
    event("404", interactive=False),
    event('Say "hi" ☕', plan="it's"),
)
#: What some views carry, as Plausible's own properties of a pageview.
OF_VIEWS = ({"author": "Ann"}, {"author": "Bob", "plan": "pro"})
