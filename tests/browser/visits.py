"""Made visits of a shop, for pages that show them: `hits(now)`, always the same but for the time, with every kind of value that a
panel lists, and hostile ones on `evil.example`."""

import json
import random
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from hits.hit import Hit, Revenue

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1"
)
EDGE = f"{CHROME} Edg/142.0.0.0"
AGENTS = ((CHROME, "1920x1080"), (CHROME, "2560x1440"), (FIREFOX, "1366x768"), (PHONE, "390x844"), (EDGE, "1536x864"))
SITE = "shop.example"
EVIL_SITE = "evil.example"
EVIL = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
PAGES = ("/", "/pricing", "/blog/how-to-count", "/docs/start", "/docs/api", "/about", "/blog/why", "/checkout")
FOREIGN = (
    ("https://www.google.com/", ""),
    ("https://news.ycombinator.com/item", ""),
    ("https://duckduckgo.com/", ""),
    ("", ""),
    ("", "?utm_source=newsletter&utm_medium=email&utm_campaign=autumn"),
    ("https://www.reddit.com/r/web", ""),
    ("https://friend.example/links", ""),
)
#: Networks, whose country the registries tell: Germany, Austria, the United States, Brazil, Japan, France, Australia; languages.
HOMES = (
    ("5.9", "de-DE"),
    ("77.116", "de-AT"),
    ("8.8", "en-US"),
    ("177.32", "pt-BR"),
    ("133.1", "ja-JP"),
    ("90.1", "fr-FR"),
    ("1.128", "en-AU"),
)
DAYS = 40


def hits(now: datetime, visits: int = 300) -> list[Hit]:
    """In order of time; the last visit is of this very minute, and one is of each of the last three days."""
    rnd = random.Random(7)
    begins = [now - timedelta(days=DAYS * rnd.random() ** 1.4, hours=1) for _ in range(visits)]
    begins += [now - timedelta(days=days, minutes=5) for days in range(4)]
    made = [hit for n, begin in enumerate(sorted(begins)) for hit in _visit(rnd, n, begin)]
    return sorted((hit for hit in made if hit.time <= now.timestamp() * 1000), key=lambda hit: hit.time)


def _visit(rnd: random.Random, n: int, begin: datetime) -> Iterator[Hit]:
    agent, screen = rnd.choices(AGENTS, (8, 3, 4, 7, 2))[0]
    network, language = rnd.choices(HOMES, (9, 3, 6, 2, 2, 3, 1))[0]
    referrer, query = rnd.choices(FOREIGN, (9, 3, 2, 8, 3, 2, 1))[0]
    who = {"ip": f"{network}.{n // 250}.{n % 250}", "agent": agent, "screen": screen, "language": language}
    at, path = begin, rnd.choices(PAGES, (9, 3, 5, 4, 2, 1, 2, 0))[0]
    view = ""
    for place in range(rnd.choices((1, 2, 3, 5), (5, 4, 3, 1))[0]):
        view = f"{n}-{place}"
        entry = {"referrer": referrer} if not place else {}
        yield hit(at, f"{path}{query if not place else ''}", view=view, title=f"Page {path}", **entry, **who)
        if rnd.random() < 0.4:
            vital = rnd.choice(("LCP", "INP", "CLS", "FCP", "TTFB"))
            value = rnd.lognormvariate(7.4, 0.5) if vital != "CLS" else rnd.random() * 0.2
            yield hit(
                at + timedelta(seconds=2), path, name="vitals", value=f"{value:.4g}", data={"metric": vital}, view=view, **who
            )
        if rnd.random() < 0.7:
            engaged = rnd.randrange(3000, 90_000)
            yield hit(
                at + timedelta(seconds=engaged // 1000), path, kind="engagement", engaged=engaged, scroll=80, view=view, **who
            )
        at += timedelta(seconds=rnd.randrange(5, 240))
        path = rnd.choices(PAGES, (2, 6, 3, 3, 2, 2, 1, 3))[0]
    if rnd.random() < 0.25:
        data = {"plan": rnd.choice(("free", "pro", "team")), "source": rnd.choice(("top", "bottom"))}
        yield hit(at, path, name="signup", data=data, view=view, **who)
    if rnd.random() < 0.1:
        yield hit(at, "/checkout", name="purchase", revenue=Revenue(rnd.choice((9.0, 29.0, 99.5)), "EUR"), view=view, **who)


def hostile(now: datetime) -> list[Hit]:
    """Everything that a visitor sends, as an attack; formulas of spreadsheets too."""
    who: dict[str, Any] = {
        "site": EVIL_SITE,
        "ip": "198.51.100.7",
        "language": "de",
        "time_zone": "Europe/Berlin",
        "agent": CHROME,
    }
    at = now - timedelta(minutes=10)
    data = json.loads(json.dumps({"plan": EVIL, EVIL[:60]: EVIL}))
    return [
        hit(at, f"/{EVIL}", title=EVIL, referrer=f"https://b.example/{EVIL}", view="e1", **who),
        hit(at, "/?utm_source=" + EVIL + "&utm_campaign==1%2B1", view="e2", **{**who, "ip": "198.51.100.8"}),
        hit(at, "/", name=EVIL, value=EVIL, data=data, revenue=Revenue(1.5, "EUR"), view="e1", **who),
        hit(at, "/", name='=HYPERLINK("https://evil.example")', data={"plan": "@SUM(1)"}, view="e1", **who),
        hit(at, "/x", view="e3", **{**who, "agent": f"Mozilla/5.0 ({EVIL}) Gecko/20100101 Firefox/145.0", "ip": "198.51.100.9"}),
        hit(at, "/" + "long" * 300, title="\u202egpj.exe", view="e4", **{**who, "ip": "198.51.100.10"}),
    ]


def hit(at: datetime, path: str, kind: str = "", site: str = SITE, **fields: Any) -> Hit:
    when = int(at.timestamp() * 1000)
    kind = kind or ("event" if "name" in fields else "view")
    url = f"https://{site}{path}"
    name = uuid.uuid4().hex
    return Hit(receipt=name, id=name, received=when, time=when, way="event", kind=kind, site=site, url=url, **fields)  # type: ignore[arg-type]
