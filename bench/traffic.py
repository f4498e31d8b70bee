"""Hits as a busy collector sees them, made up: visits of some pages with engagement and events, interleaved in time.

2,500 user agents (real forms, with the versions that are about), 100,000 addresses, 5,000 pages. The same seed gives the
same hits.
"""

import heapq
import random
from collections.abc import Iterator
from itertools import count

from hits.hit import Hit

FORMS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{a}.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{a}.0.{b}.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android {c}; SM-S91{d}B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{a}.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS {c}_{d} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/{c}.{d} Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:{a}.0) Gecko/20100101 Firefox/{a}.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{a}.0) Gecko/20100101 Firefox/{a}.{d}",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{a}.0.0.0 Safari/537.36 "
    "Edg/{a}.0.{b}.{d}",
)
REFERRERS = ("", "", "https://www.google.com/", "https://news.ycombinator.com/", "https://t.co/x", "https://chatgpt.com/")
LANGUAGES = ("en-US,en;q=0.9", "de-DE,de;q=0.9,en;q=0.8", "fr-FR,fr;q=0.9", "pt-BR,pt;q=0.8", "ja")
ZONES = ("America/New_York", "Europe/Berlin", "Europe/Paris", "America/Sao_Paulo", "Asia/Tokyo")
SITE = "example.com"
SETTLING = 300  # seconds of visits before the first hit: few last longer


def agents(randomness: random.Random, n: int = 2500) -> list[str]:
    found: set[str] = set()
    while len(found) < n:
        numbers = {"a": randomness.randint(90, 145), "b": randomness.randint(1000, 7000)}
        numbers |= {"c": randomness.randint(10, 18), "d": randomness.randint(0, 9)}
        found.add(randomness.choice(FORMS).format(**numbers))
    return sorted(found)


def hits(n: int, until: int, visits_a_second: float = 300.0, seed: int = 1) -> Iterator[Hit]:
    """`n` hits in order of arrival, the last of them some time before `until` (ms), out of the middle of a busy day: as many
    visits end as begin."""
    randomness = random.Random(seed)
    known = agents(randomness)
    addresses = [f"{10 + i % 180}.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}" for i in range(100_000)]
    pages = [f"https://{SITE}/section-{i % 40}/page-{i}" for i in range(5000)]
    number = count()
    start = until - int(n / 4 / visits_a_second * 1000) - 900_000
    opened = -int(SETTLING * visits_a_second)
    waiting: list[tuple[int, int, Hit]] = []

    def put(at: int, **fields: object) -> None:
        if at < start:
            return
        i = next(number)
        hit = Hit(receipt=f"{at:012x}{i:020x}", received=at, way="hit", site=SITE, id=f"{i:x}", **fields)  # type: ignore[arg-type]
        heapq.heappush(waiting, (at, i, hit))

    def visit(at: int) -> None:
        which = randomness.randrange(5)
        base = {
            "ip": randomness.choice(addresses),
            "agent": randomness.choice(known),
            "accept_language": LANGUAGES[which],
            "accept_encoding": "gzip, deflate, br, zstd",
            "language": LANGUAGES[which].split(",")[0],
            "time_zone": ZONES[which],
            "screen": "1920x1080",
            "screen_depth": 24,
        }
        referrer = randomness.choice(REFERRERS)
        for _ in range(min(1 + int(randomness.expovariate(0.8)), 20)):
            view, url = f"{randomness.getrandbits(64):x}", randomness.choice(pages)
            dwell = int(randomness.expovariate(1 / 30_000)) + 500
            here = {**base, "url": url, "view": view, "referrer": referrer}
            put(at, kind="view", title=f"Page {url[-5:]}", **here)
            if randomness.random() < 0.12:
                put(at + dwell // 2, kind="event", name="signup", value="newsletter", data={"plan": "pro"}, **here)
            put(at + dwell, kind="engagement", engaged=dwell, scroll=randomness.randrange(101), **here)
            at, referrer = at + dwell + 200, url

    for _ in range(n):
        while not waiting or waiting[0][0] > start + opened / visits_a_second * 1000:
            visit(start + int(opened / visits_a_second * 1000))
            opened += 1
        yield heapq.heappop(waiting)[2]
