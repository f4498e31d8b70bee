"""All that is stored of a site, as files: a kind of documents each, as CSV or NDJSON, sent as it is read; its settings as JSON.

A line of NDJSON is a document as it is stored, with its `_id`. CSV has a column for each field of docs/fields.md; what is nested
or has several values is JSON, and what a spreadsheet would run has an apostrophe before it (dashboard/api/forms.py).
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import msgspec
import orjson
from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue

from accounts.shields import shields_of
from dashboard import access
from dashboard.access import on_site
from dashboard.api.forms import TYPES, cell
from dashboard.settings.desk import Desk
from store.base import BOT_KINDS, KINDS
from store.mappings import fields

FORMS = ("csv", "ndjson")
LABELS = {"view": "Views", "event": "Events", "visit": "Visits", "client": "Visitors"}
CHUNK = 64 << 10  # bytes that are sent together


def export(pages: Blueprint, desk: Desk) -> None:
    @pages.get("/sites/<site>/settings/export")
    @on_site("admin")
    def export(site: str) -> ResponseReturnValue:
        store, of_site = desk.opened.store, {"term": {"site": access.site().id}}
        numbers = [(kind, label(kind), store.count(kind, of_site)) for kind in (*LABELS, *BOT_KINDS)]
        return desk.show("export", files=[one for one in numbers if one[2] or one[0] in LABELS], forms=FORMS)

    @pages.get("/sites/<site>/settings/export/<kind>.<form>")
    @on_site("admin")
    def export_file(site: str, kind: str, form: str) -> Response:
        if kind not in (*KINDS, *BOT_KINDS) or form not in FORMS:
            abort(404)
        hits = desk.opened.store.scan(kind, {"term": {"site": access.site().id}})
        documents = ({"_id": hit["_id"], **hit["_source"]} for hit in hits)
        lines = csv_lines(kind, documents) if form == "csv" else (orjson.dumps(one) + b"\n" for one in documents)
        return _file(Response(_together(lines), content_type=TYPES[form]), f"{kind}.{form}")

    @pages.get("/sites/<site>/settings/export/settings.json")
    @on_site("admin")
    def export_settings(site: str) -> Response:
        told, row = asdict(access.site()), desk.row()
        if row:
            told |= {"name": row.name, "hosts": [host.name for host in row.hosts], "query": row.query, "identify": row.identify}
            told |= {"foreign": [foreign.id for foreign in row.foreign], "shields": msgspec.structs.asdict(shields_of(row))}
        text = orjson.dumps(told, option=orjson.OPT_INDENT_2)
        return _file(Response(text, content_type=TYPES["json"]), "settings.json")


def label(kind: str) -> str:
    return f"{LABELS[kind.removeprefix('bot-')]}{' of bots' if kind.startswith('bot-') else ''}"


def csv_lines(kind: str, documents: Iterator[Mapping[str, Any]]) -> Iterator[bytes]:
    names = ("_id", *fields(kind))
    paths = [(name,) if name.startswith("@") else tuple(name.split(".")) for name in names]
    out = io.StringIO()
    write = csv.writer(out).writerow

    def taken() -> bytes:
        text = out.getvalue()
        out.seek(0)
        out.truncate()
        return text.encode()

    write(names)
    yield taken()
    for document in documents:
        write([cell(_at(document, path)) for path in paths])
        yield taken()


def _at(document: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(document, Mapping):
            return None
        document = document.get(name)
    return document


def _together(lines: Iterator[bytes]) -> Iterator[bytes]:
    ready: list[bytes] = []
    size = 0
    for line in lines:
        ready.append(line)
        size += len(line)
        if size >= CHUNK:
            yield b"".join(ready)
            ready.clear()
            size = 0
    yield b"".join(ready)


def _file(response: Response, name: str) -> Response:
    response.headers.set("Content-Disposition", "attachment", filename=f"{access.site().id} {name}")
    return response
