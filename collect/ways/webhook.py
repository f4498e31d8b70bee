"""POST /webhook/<project>/<service>/<action>: what another service tells of itself, as an event named `service.action`.

As in Alcolytics, the body (JSON, or a form) and the query are the event's data, cut to what it may have, and the answer is
{"result": "queued"}. Unlike there a key is needed that may write: `Authorization: Bearer KEY`, or `?key=KEY` for services that
can only be given an address. The project is one of Alcolytics' that is mapped to a site, or a site; else the key's own counts.
"""

from typing import Any

from collect.arrival import Answer, Arrival, json_answer
from collect.collector import Collector
from collect.data import fitting
from collect.errors import BadField
from collect.fields import Body, Sender, make_hit, parameters, read_json, site_name
from collect.foreign import foreign_site
from collect.trust import check_bound, write_key, writer
from collect.way import Way
from hits.snapshot import KeyRow, Snapshot

LIMIT = 1 << 20


def answer(arrival: Arrival, collector: Collector) -> Answer:
    query = parameters(arrival.query)
    token = query.pop("key", "")
    key = write_key(token, collector.sites) if token else writer(arrival.header, collector.sites)
    sites = collector.sites.current()
    site = _site(arrival.parts["project"], key, sites)
    body = Body(
        kind="event",
        site=site,
        url=f"https://{site}/",
        name=f"{arrival.parts['service']}.{arrival.parts['action']}",
        data=fitting({**read_body(arrival.body), **query}),
        interactive=False,
    )
    hit = make_hit(body, "webhook", arrival.now, Sender(), collector.trust, sites)
    check_bound(key, hit.site, "project")
    collector.take([hit])
    return json_answer(200, {"result": "queued"})


def read_body(raw: bytes) -> dict[str, Any]:
    """What a JSON object or a form says; other JSON is said as `body`. Raises Unreadable."""
    if raw.lstrip()[:1] in (b"{", b"["):
        told = read_json(raw, Any)
        return told if isinstance(told, dict) else {"body": told}
    return parameters(raw.decode("utf-8", "replace"))


def _site(project: str, key: KeyRow, sites: Snapshot) -> str:
    if mapped := foreign_site(sites, "alcolytics", project):
        return mapped
    if "." in project:
        return site_name(project)
    if key.site:
        return key.site
    raise BadField("project", "the project is mapped to no site, and is none (./fizzstat sites set)")


WAYS = (Way("/webhook/<project>/<service>/<action>", ("POST",), answer, most=LIMIT),)
