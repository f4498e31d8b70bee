"""Documents of visits, told in a line each: `documents(opener, visits)`. What tests of questions put into a store.

A visit is (client, minute that it starts, "path path event! …", fields). Hits are a minute apart; `!` marks an event, of which
`buy!plan=pro` has a property and `vitals!LCP=2000` a number.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from store.base import Document
from tests.stores import Opener, nest

Visit = tuple[int, float, str, Mapping[str, Any]]
MINUTE = 60_000


def documents(opener: Opener, visits: Iterable[Visit], began: int, site: str = "a.example") -> Iterator[Document]:
    """`began` is minute 0, in ms. Views have 10 seconds of engagement, and are scrolled by `scroll` percent (50)."""
    seen: dict[int, list[int]] = {}
    for n, (client, minute, way, fields) in enumerate(visits):
        start = began + round(minute * MINUTE)
        about = {"site": site, "client.num": client, "client.id": f"{client:032x}", "client.part": client % 64, "hit.way": "hit"}
        about |= {"visit.id": f"v{n}", **{name: value for name, value in fields.items() if name != "scroll"}}
        hits = list(_hits(way, start))
        views = [hit for hit in hits if hit[1] == "view"]
        events = [hit for hit in hits if hit[1] == "event"]
        own: dict[str, Any] = {
            "@timestamp": start,
            "visit.started": start,
            "visit.ended": hits[-1][0],
            "visit.duration_seconds": (hits[-1][0] - start) / 1000,
            "visit.views": len(views),
            "visit.events": len(events),
            "visit.pages": list(dict.fromkeys(name for _, _, name, _ in views))[:100],
            "visit.event_names": list(dict.fromkeys(name for _, _, name, _ in events))[:100],
            "visit.steps": [[(time - start) / 1000, kind, name] for time, kind, name, _ in hits],
        }
        yield opener.document("visit", f"v{n}", nest(about | own))
        for m, (time, kind, name, more) in enumerate(hits):
            said: dict[str, Any] = {"@timestamp": time, **about, **more}
            if kind == "event":
                said["event.name"] = name
            else:
                said |= {"view.engaged_seconds": 10.0, "view.scroll_percent": fields.get("scroll", 50)}
            yield opener.document(kind, f"v{n}-{m}", nest(said))
        seen.setdefault(client, []).extend([start, hits[-1][0]])
    for client, times in seen.items():
        about = {"site": site, "client.num": client, "client.id": f"{client:032x}", "client.part": client % 64}
        first = min(times)
        yield opener.document(
            "client",
            str(client),
            nest({"@timestamp": first, **about, "client.first_seen": first, "client.last_seen": max(times)}),
        )


def _hits(way: str, start: int) -> Iterator[tuple[int, str, str, dict[str, Any]]]:
    """(time, kind, name, what its document says besides)"""
    page = "/"
    for n, word in enumerate(way.split()):
        name, event, rest = word.partition("!")
        page = page if event else name
        more: dict[str, Any] = {"url.path": page}
        if rest:
            key, _, value = rest.partition("=")
            more |= (
                {"event.data": {"metric": key}, "event.number": float(value)}
                if name == "vitals"
                else {"event.data": {key: value}}
            )
        yield start + n * MINUTE, "event" if event else "view", name, more
