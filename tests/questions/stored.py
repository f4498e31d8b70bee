"""From what was sent to what is stored, by the importer's own steps: `documents(sent, identities, index)`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from hits.hit import Hit, Revenue
from importer import pipeline
from importer.document import client_document, hit_documents, visit_document
from importer.facts import Context, Facts
from importer.visits import Visits, latest_view, span
from store.base import Document, index_name
from tests.questions.traffic import Sent
from tests.way import EverySalt


def documents(sent: Iterable[Sent], identities: Mapping[str, str], prefix: str) -> Iterator[Document]:
    """`sent` in order of time; `identities` of the sites."""
    of_people: dict[tuple[str, str], list[Sent]] = defaultdict(list)
    for one in sent:
        of_people[one.site, one.person.name].append(one)
    for (site, _), own in of_people.items():
        geo = own[0].person.place.sent
        context = Context(keep_bots=False, salts=EverySalt(), identity=identities[site], place=lambda ip, geo=geo: geo)
        visits = Visits({}, every_other_month)
        for one in own:
            facts = pipeline.run(hit(one), context)
            assert isinstance(facts, Facts), (one, facts)
            assert visits.add(facts, 0) is None, one
        yield from _of_visits(visits, prefix)


def every_other_month(ms: int) -> str:
    """The period of an index: two in all, since a new one takes Elasticsearch some time."""
    return f"2026.{datetime.fromtimestamp(ms / 1000, UTC).month % 2 + 10}"


def _of_visits(visits: Visits, prefix: str) -> Iterator[Document]:
    for client in visits.clients.values():
        for visit in client.visits:
            hits = list(visit.hits.values())
            sources = hit_documents(visit, [(hit, latest_view(visit, hit)) for hit in hits])
            for one, source in zip(hits, sources, strict=True):
                yield Document(one.kind, index_name(prefix, one.kind, every_other_month(one.time)), one.id, source)
            yield Document("visit", index_name(prefix, "visit", visit.period), visit.id, visit_document(visit, *span(visit)))
        for period, known in visits.glimpses[client.id].items():
            yield Document("client", index_name(prefix, "client", period), client.id, client_document(client, known))


def hit(one: Sent) -> Hit:
    person, source = one.person, one.source.sent
    query = f"?{source['query']}" if source["query"] else ""
    more = {}
    if one.what:
        more = {"name": one.what.name, "data": one.what.data, "interactive": one.what.interactive}
        if one.revenue:
            more["revenue"] = Revenue(*one.revenue)
    elif one.data:
        more = {"data": dict(one.data)}
    return Hit(
        receipt=one.id,
        received=one.time,
        time=one.time,
        way="hit",
        kind=one.kind,  # type: ignore[arg-type]
        site=one.site,
        ip=person.ip,
        agent=person.agent.sent["agent"],
        accept_language="en",
        id=one.id,
        url=f"https://{one.host}{one.path}{query}" if one.path else "",
        view=one.view,
        referrer=source["referrer"].replace("SITE", one.site),
        language=person.language,
        screen=person.screen,
        engaged=one.engaged,
        scroll=one.scroll,
        **more,
    )
