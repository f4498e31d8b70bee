"""A turn: a batch's way, from the hands of a worker's partitions to the store. It may be killed anywhere and done again.

    claim    hits move from the queue to the hand, or the hand that was left is taken up
    create   new views and events are written; one that is there already was a repeat, or this turn's own, cut short before
    put      visits, clients, and views that engagement changed are written whole; while hits queue up this is put off, so
             that a document which changes ten times is written once
    flush    all of it is safe
    settle   in one step: visits' states are saved, the ledger moves, the hand is empty

What a turn writes follows from the hand and the states that settle saves, so doing it again writes the same.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from hits.days import DAY
from hits.dead import DeadLetter
from hits.hit import Hit, UnreadableHit, envelope
from hits.queue import Fenced, Hand, Queue, Settlement
from hits.redis import redis_errors
from importer import pipeline, state
from importer.document import client_document, hit_documents, known_of, visit_document
from importer.facts import Context, Drop, Facts
from importer.pipeline import digest
from importer.returned import read
from importer.steps.visitor import is_erased
from importer.visits import WINDOW, Visits, Waits, latest_view, merge_known, span
from store.base import Document, Store, Written, index_name

log = logging.getLogger("fizzstat.importer")

STEPS = ("claim", "create", "put", "flush", "settle")
LATE = 30 * 60 * 1000  # how long a visit that has ended waits for late hits (ms, by the hits' own clock)
ORDER = {"view": 0, "event": 1, "engagement": 2}

Observe = Callable[[str], None]


@dataclass(frozen=True)
class Part:
    """What a turn is to do with a partition: import up to `most` hits; look after clients whose visits may be over by its
    `clock` (the newest time of its hits so far, ms), and after those whose documents were put off for long enough."""

    token: bytes
    most: int
    clock: int = 0
    over: list[str] = field(default_factory=list)
    unwritten: list[str] = field(default_factory=list)


@dataclass
class Share:
    """One partition's part of a turn."""

    hand: Hand
    part: Part
    facts: list[Facts] = field(default_factory=list)
    dropped: list[tuple[Hit | Facts, Drop]] = field(default_factory=list)
    unreadable: list[tuple[bytes, str]] = field(default_factory=list)
    #: states as they were loaded: as text, and once decoded
    blobs: dict[str, bytes] = field(default_factory=dict)
    clients: dict[str, state.Client] = field(default_factory=dict)
    #: receipts of hits that the store would not take, and why; of those that were there before; of those it took
    dead: dict[str, str] = field(default_factory=dict)
    repeats: set[str] = field(default_factory=set)
    created: dict[str, Document | None] = field(default_factory=dict)
    #: the new views and events with their documents
    documents: list[tuple[state.Seen, Document]] = field(default_factory=list)
    #: what merging came to; made anew when the store did not take a hit
    visits: Visits = field(default_factory=lambda: Visits({}, str))
    results: list[tuple[Facts, Drop | Waits | None]] = field(default_factory=list)
    waits_merged: list[Facts] = field(default_factory=list)
    waits_given_up: list[Facts] = field(default_factory=list)
    #: clients of which something was put off before this turn, and of which something is now
    unwritten: set[str] = field(default_factory=set)
    put_off: set[str] = field(default_factory=set)


@dataclass
class Turn:
    """`context_of` makes the pipeline's context for the hits of a hand; `now` is milliseconds; `observe` is told before
    and after each step (tests kill the process there)."""

    queue: Queue
    store: Store
    index_prefix: str
    index_period: Callable[[int], str]
    context_of: Callable[[int, list[Hit]], Context]
    observe: Observe = lambda moment: None

    def take(self, parts: Mapping[int, Part], now: int, put_off: bool = False) -> tuple[int, list[int]]:
        """Do the parts (by partition), and `put_off` whatever can be: documents of visits, clients and engagement, which hits
        to come will change again. Answers how many hits it was, and the partitions that another worker has taken. Raises
        StoreAway and QueueAway; the hands stay as they are then."""
        version = self.queue.version()
        lost: list[int] = []
        shares = [share for number, part in parts.items() if (share := self._claim(number, part, lost))]
        for share in shares:
            self._read(share)
            self._load(share)
        self._create(shares, now)
        if put_off:
            for share in shares:
                _put_off(share)
        self._put(shares, version)
        self.observe("before flush")
        self.store.flush()
        self.observe("after flush")
        for share in shares:
            self._settle(share, now, lost)
        return sum(len(share.hand.entries) for share in shares), lost

    # ── claim

    def _claim(self, number: int, part: Part, lost: list[int]) -> Share | None:
        self.observe("before claim")
        try:
            hand = self.queue.claim(number, part.token, part.most)
        except Fenced:
            lost.append(number)
            return None
        self.observe("after claim")
        return Share(hand, part) if hand.entries or part.over or part.unwritten else None

    def _read(self, share: Share) -> None:
        """Entries become facts, or are dropped, or cannot be read."""
        hits: list[Hit] = []
        returned: list[Facts] = []
        for entry in share.hand.entries:
            try:
                read_entry = read(entry)
            except UnreadableHit as error:
                share.unreadable.append((entry, str(error)))
                continue
            if isinstance(read_entry, Hit):
                hits.append(read_entry)
            else:
                returned.append(read_entry)
        context = self.context_of(share.hand.partition, hits)
        for hit in hits:
            facts = pipeline.run(hit, context)
            if isinstance(facts, Drop):
                share.dropped.append((hit, facts))
            else:
                share.facts.append(facts)
        for facts in returned:
            if is_erased(facts, context):
                share.dropped.append((facts, Drop.ERASED))
            else:
                share.facts.append(facts)
        share.facts.sort(key=lambda facts: (facts.time, ORDER[facts.kind], facts.receipt))

    def _load(self, share: Share) -> None:
        """The states of the clients that the hits may be of, and of those to look after."""
        wanted = {id for facts in share.facts for id in facts.clients}
        wanted.update(share.part.over, share.part.unwritten)
        self._fetch(share, wanted)
        kin = {id for client in share.clients.values() for waiting in client.waiting.values() for id in waiting.facts.clients}
        self._fetch(share, kin - wanted)

    def _fetch(self, share: Share, ids: set[str]) -> None:
        names = sorted(ids)
        if not names:
            return
        client = self.queue.client_of(share.hand.partition)
        with redis_errors(client):
            blobs = client.hmget(self.queue.partition(share.hand.partition).clients, names)
        found = {id: blob for id, blob in zip(names, blobs, strict=True) if blob is not None}
        share.blobs |= found
        share.clients |= {id: state.decode(blob) for id, blob in found.items()}

    # ── merge and create

    def _merge(self, share: Share, now: int) -> None:
        """Merge all hits but those that the store did not take into the states as they were loaded."""
        clients = share.clients or {id: state.decode(blob) for id, blob in share.blobs.items()}
        share.clients = {}  # merging changes them: a second time they are read anew
        visits = Visits(clients, self.index_period)
        share.unwritten = {client.id for client in clients.values() if client.unwritten or client.glimpsed}
        for id in share.unwritten:
            visits.take_up(clients[id])
        share.visits, share.results, share.waits_merged, share.waits_given_up = visits, [], [], []
        for facts in share.facts:
            if facts.receipt in share.dead:
                continue
            result = Drop.REPEAT if facts.receipt in share.repeats else visits.add(facts, now)
            share.results.append((facts, result))
        for client in [client for client in visits.clients.values() if client.waiting]:
            merged, given_up = visits.end_waits(client, now - WINDOW)
            share.waits_merged += merged
            share.waits_given_up += given_up

    def _create(self, shares: list[Share], now: int) -> None:
        """Write the hits' own documents, and leave out of the visits what the store does not take."""
        pending = shares
        self.observe("before create")
        while pending:
            fresh: list[tuple[Share, state.Seen, Document]] = []
            for share in pending:
                self._merge(share, now)
                share.documents = [
                    pair
                    for change in share.visits.changes.values()
                    for pair in zip(change.new, self._hit_documents(change.visit, change.new), strict=True)
                ]
                fresh += [(share, hit, document) for hit, document in share.documents if hit.receipt not in share.created]
            written = self._create_all([(hit.time, document) for _, hit, document in fresh])
            again: list[Share] = []
            for (share, hit, document), one in zip(fresh, written, strict=True):
                if not _took(share, hit.receipt, document, one) and share not in again:
                    again.append(share)
            pending = again
        self.observe("after create")

    def _create_all(self, hits: list[tuple[int, Document]]) -> list[Written]:
        """A retry may arrive when the next index has begun: the first day of one looks into the one before, too."""
        earlier: dict[int, tuple[str, str]] = {}
        for i, (time, document) in enumerate(hits):
            period, before = self.index_period(time), self.index_period(time - DAY)
            if period != before:
                earlier[i] = document.index.removesuffix(period) + before, document.id
        found = dict(zip(earlier, self.store.get(list(earlier.values())), strict=True)) if earlier else {}
        there = {i: source for i, source in found.items() if source is not None}
        new = [document for i, (_, document) in enumerate(hits) if i not in there]
        written = iter(self.store.create(new) if new else [])
        return [
            Written("exists", receipt=there[i]["hit"].get("receipt", "")) if i in there else next(written)
            for i in range(len(hits))
        ]

    def _hit_documents(self, visit: state.Visit, hits: Iterable[state.Seen]) -> list[Document]:
        """The documents of views and events of a visit."""
        hits = list(hits)
        sources = hit_documents(visit, [(hit, latest_view(visit, hit)) for hit in hits])
        return [
            self._document(hit.kind, visit.bot, self.index_period(hit.time), hit.id, source)
            for hit, source in zip(hits, sources, strict=True)
        ]

    def _document(self, kind: str, bot: str, period: str, id: str, source: bytes) -> Document:
        name = "bot-" + kind if bot else kind
        return Document(name, index_name(self.index_prefix, name, period), id, source)

    # ── put

    def _put(self, shares: list[Share], version: int) -> None:
        self.observe("before put")
        documents: list[Document] = []
        for share in shares:
            # A hit that was not taken after all may have had its say in others' documents.
            documents += [document for hit, document in share.documents if document != share.created[hit.receipt]]
            for change in share.visits.changes.values():
                visit = change.visit
                documents += self._hit_documents(visit, change.rewritten())
                if visit.hits:
                    source = visit_document(visit, *span(visit))
                    documents.append(self._document("visit", visit.bot, visit.period, visit.id, source))
        documents += self._client_documents(shares)
        if documents:
            for document, one in zip(documents, self.store.put(documents, version), strict=True):
                if one.state == "refused":
                    log.error("the store refused a %s: %s", document.kind, one.reason)
        self.observe("after put")

    def _client_documents(self, shares: list[Share]) -> list[Document]:
        """What this turn saw of clients, merged with what was known: by the state, else by the document."""
        unknown: list[tuple[state.Client, str]] = []
        keys: list[tuple[str, str]] = []
        for share in shares:
            for client, period, glimpse in _glimpses(share):
                if period not in client.known:
                    unknown.append((client, period))
                    kind = "bot-client" if glimpse.bot else "client"
                    keys.append((index_name(self.index_prefix, kind, period), client.id))
        found = self.store.get(keys) if keys else []
        for (client, period), source in zip(unknown, found, strict=True):
            if source is not None:
                client.known[period] = known_of(source)
        documents = []
        for share in shares:
            for client, period, glimpse in _glimpses(share):
                known = client.known[period] = merge_known(client.known.get(period), glimpse)
                written = client_document(client, known)
                documents.append(self._document("client", known.bot, period, client.id, written))
        return documents

    # ── settle

    def _settle(self, share: Share, now: int, lost: list[int]) -> None:
        settlement = Settlement(now=now, empty_hand=True)
        settlement.clock = max((facts.time for facts in share.facts), default=0)
        self._count(share, settlement, now)
        self._keep_states(share, settlement)
        self.observe("before settle")
        try:
            self.queue.settle(share.hand.partition, share.part.token, settlement)
        except Fenced:
            lost.append(share.hand.partition)
        self.observe("after settle")

    def _count(self, share: Share, settlement: Settlement, now: int) -> None:
        for hit, drop in share.dropped:
            settlement.count(hit.received, hit.way, f"dropped:{drop}", hit.site)
        for entry, reason in share.unreadable:
            _bury_unreadable(settlement, entry, reason, now)
        for facts in share.facts:
            if facts.receipt in share.dead:
                settlement.count(facts.received, facts.way, "dead", facts.site)
                settlement.dead[facts.receipt] = msgspec.json.encode(_letter(facts, share.dead[facts.receipt], now))
        for facts, result in share.results:
            settlement.count(facts.received, facts.way, _column(result), facts.site)
        for ended, column in ((share.waits_merged, "stored"), (share.waits_given_up, f"dropped:{Drop.NO_VIEW}")):
            for facts in ended:
                settlement.count(facts.received, facts.way, "waiting", facts.site, -1)
                settlement.count(facts.received, facts.way, column, facts.site)

    def _keep_states(self, share: Share, settlement: Settlement) -> None:
        over, changed = set(share.part.over), share.visits.changes
        settlement.put_off = list(share.put_off)
        settlement.written = list((share.unwritten | set(share.part.unwritten)) - share.put_off)
        for id, client in share.visits.clients.items():
            if id in over:
                client.visits = [
                    visit for visit in client.visits if visit.id in changed or span(visit)[1] + WINDOW + LATE >= share.part.clock
                ]
                open_visits = {visit.id for visit in client.visits}
                # The document of a client whose first visit is closed is asked of the store again.
                client.known = {period: known for period, known in client.known.items() if known.visit in open_visits}
                if not client.visits and not client.waiting:
                    settlement.gone.append(id)
                    continue
            blob = state.encode(client)
            if id in over or blob != share.blobs.get(id):
                settlement.states[id] = blob
        # A client to look after that has no state is a leftover of an order that was cut short.
        settlement.gone += [id for id in (*share.part.over, *share.part.unwritten) if id not in share.visits.clients]


def _put_off(share: Share) -> None:
    """Leave what changed of clients to a later turn, but for those that this turn is to look after."""
    share.put_off = {change.visit.client for change in share.visits.changes.values()} | set(share.visits.glimpses)
    share.put_off.difference_update(share.part.over, share.part.unwritten)
    for id in share.put_off:
        share.visits.put_off(share.visits.clients[id])


def _glimpses(share: Share) -> Iterator[tuple[state.Client, str, state.Known]]:
    for id, of_client in share.visits.glimpses.items():
        for period, glimpse in of_client.items():
            yield share.visits.clients[id], period, glimpse


def _took(share: Share, receipt: str, document: Document, one: Written) -> bool:
    """Note what the store did with a hit's document; False if the hit has no part in its visit."""
    if one.state == "created":
        share.created[receipt] = document
        return True
    if one.state == "exists" and one.receipt == receipt:
        share.created[receipt] = None  # by a turn that was cut short; states may have changed since, so it is written anew
        return True
    if one.state == "exists":
        share.repeats.add(receipt)
    else:
        share.dead[receipt] = one.reason
    return False


def _column(result: Drop | Waits | None) -> str:
    if result is None:
        return "stored"
    return f"dropped:{result}" if isinstance(result, Drop) else "waiting"


def _letter(facts: Facts, reason: str, now: int) -> DeadLetter:
    return DeadLetter(
        receipt=facts.receipt,
        reason=reason,
        died=now,
        received=facts.received,
        way=facts.way,
        site=facts.site,
        facts=msgspec.Raw(msgspec.json.encode(facts)),
    )


def _bury_unreadable(settlement: Settlement, entry: bytes, reason: str, now: int) -> None:
    """Nothing of the entry is kept: it may hold an address. What no collector counted as received is counted now."""
    known = envelope(entry)
    received, way, site = (known.received, known.way, known.site) if known else (now, "unreadable", "")
    if not known:
        settlement.count(received, way, "received", site)
    name = "unreadable-" + digest(entry.decode("utf-8", "backslashreplace"), str(len(settlement.dead)), str(now))
    settlement.count(received, way, "dead", site)
    letter = DeadLetter(receipt=name, reason=f"unreadable: {reason}", died=now, received=received, way=way, site=site)
    settlement.dead[name] = msgspec.json.encode(letter)
