"""The very rows behind a number. In: a View, and which kind of document. Out: Documents, page by page; a link that opens the same
in Kibana."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from dashboard.site.filters import Filter
from dashboard.site.live import Happening, at_path, happening
from dashboard.site.view import View
from query.dimensions import find
from settings import Settings

KINDS = {"view": "Views", "event": "Events", "visit": "Visits"}
PAGE = 50


@dataclass(frozen=True)
class Document:
    happening: Happening
    json: str


@dataclass(frozen=True)
class Kibana:
    """`without` names filters that Kibana's language cannot say."""

    url: str
    without: tuple[str, ...]


@dataclass(frozen=True)
class Documents:
    kind: str
    kinds: tuple[tuple[str, str, bool], ...]  # label, URL, whether chosen
    rows: tuple[Document, ...]
    total: str
    after: str
    kibana: Kibana | None


def documents(view: View, kind: str, after: str, settings: Settings) -> Documents:
    kind = kind if kind in KINDS else usual_kind(view)
    answer = view.beyond("documents", kind=kind, limit=PAGE, after=after or None)
    onward = answer["meta"]["next"]
    return Documents(
        kind=kind,
        kinds=tuple((label, view.url(view.state, "/documents", kind=one), one == kind) for one, label in KINDS.items()),
        rows=tuple(_document(view, kind, one) for one in answer["results"]),
        total=view.words.count(answer["meta"]["total"]),
        after=view.url(view.state, "/documents", kind=kind, after=onward) if onward else "",
        kibana=kibana(view, kind, settings),
    )


def usual_kind(view: View) -> str:
    """Events where they are what is filtered by."""
    about = {one.dimension for one in view.state.filters}
    is_of_events = any(one == "event:name" or one.startswith("event:props:") for one in about)
    return "event" if is_of_events else "view"


def _document(view: View, kind: str, document: dict[str, Any]) -> Document:
    told = happening(view, kind, document)
    if kind == "visit":
        pages = (at_path(document, "visit.entry_path"), at_path(document, "visit.exit_path"))
        told = Happening(**{**told.__dict__, "what": " → ".join(dict.fromkeys(filter(None, pages)))})
    moment = datetime.fromisoformat(told.iso).astimezone(view.zone)
    told = Happening(**{**told.__dict__, "at": view.words.moment(moment)})
    return Document(told, orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())


# --- Kibana


def kibana(view: View, kind: str, settings: Settings) -> Kibana | None:
    """Discover, with the data view that `./fizzstat kibana install` made. None without FIZZSTAT_KIBANA_URL and Elasticsearch."""
    if not settings.kibana_url or settings.store_url == "embedded":
        return None
    parts = urlsplit(settings.kibana_url)
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
    conditions, without = [f"site : {_quoted(view.site.id)}"], []
    for one in view.state.filters:
        said = _kql(one)
        if said:
            conditions.append(said)
        else:
            without.append(f"{one.label} {one.operator}")
    first, last = (datetime.fromtimestamp(ms / 1000, UTC).isoformat() for ms in (view.span.range.start, view.span.range.end - 1))
    index = _rison(f"{settings.index_prefix}-{kind}")
    query = _rison(" and ".join(conditions))
    here = f"_g=(time:(from:{_rison(first)},to:{_rison(last)}))"
    asked = f"_a=(dataSource:(dataViewId:{index},type:dataView),index:{index},query:(language:kuery,query:{query}))"
    return Kibana(f"{address}/app/discover#/?{here}&{asked}", tuple(without))


def _rison(text: str) -> str:
    """A text in Rison, which Kibana's URLs are written in: ! and ' have a ! before them."""
    return quote("'" + text.replace("!", "!!").replace("'", "!'") + "'", safe="'")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _kql(one: Filter) -> str:
    """Kibana's query language; "" for what it cannot say."""
    dimension = find(one.dimension)
    if dimension is None or not dimension.field or dimension.named or one.operator.startswith(("matches", "never")):
        return ""
    values = " or ".join(_values(one, dimension.field, dimension.missing))
    return f"not ({values})" if one.operator.endswith("_not") else f"({values})"


def _values(one: Filter, field: str, missing: str) -> Iterator[str]:
    for value in one.values:
        if one.operator.startswith("contains"):
            yield f"{field} : *{''.join(_plain(letter) for letter in value)}*"
        else:
            yield f"(not {field} : *)" if value == missing else f"{field} : {_quoted(value)}"


def _plain(letter: str) -> str:
    return f"\\{letter}" if letter in '\\():<>"*{} ' else letter
