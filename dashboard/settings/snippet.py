"""The tag that a site's pages embed, with the tracker's options, and whether hits come from it.

GET …/settings/snippet makes the tag of what is ticked: `on` as often as there are ticks, and texts. With `counted`, what
…/settings/snippet/arrived said last, it also says what came since.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

import orjson
from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from collect import snippet as tags
from dashboard import access, addresses
from dashboard.access import on_site
from dashboard.settings import arrived
from dashboard.settings.desk import Desk


@dataclass(frozen=True)
class Option:
    """A box. `written` is what it adds to the tag."""

    name: str
    label: str
    written: str
    hint: str = ""


ADDS = (
    Option("vitals", "Web vitals and errors", " data-vitals", "Loads a second script, which measures how fast pages are."),
    Option("hash", "Paths behind #", " data-hash", "For an app that keeps its path there."),
    Option("manual", "Views by hand only", " data-manual", "Nothing but calls of fizzstat.view() is a view."),
    Option("local", "Pages of this machine too", " data-local", "localhost, files, and browsers that a program drives."),
    Option("site", "Say the site's id", "", "For hosts that are not among the site's own."),
    Option("gpc", "Who has Global Privacy Control on, too", ' data-gpc="false"', "FIZZSTAT_HONOUR_GPC must be off besides."),
    Option("pin", "This version alone", "", "With its hash: the browser runs nothing else. A later version needs another tag."),
)
LEAVES_OUT = (
    Option("entry", "The link by which somebody came", ' data-entry="false"'),
    Option("exit", "Links to other sites", ' data-exit="false"'),
    Option("download", "Downloads", ' data-download="false"'),
    Option("form", "Forms", ' data-form="false"'),
    Option("404", "Pages that were not found", ' data-404="false"'),
    Option("activity", "How many clicks and keys", ' data-activity="false"'),
    Option("engagement", "How long and how far a page was seen", ' data-engagement="false"'),
)
#: Parameter and attribute, label, hint.
TEXTS = (
    ("exclude", "Paths that are not counted", "Such as /admin/*, /preview"),
    ("include", "The only paths that are", "Such as /shop/*"),
    ("endings", "Endings of downloads", "Instead of the usual ones: pdf,zip"),
)
ATTRIBUTES = {"exclude": "data-exclude", "include": "data-include", "endings": "data-download"}
LONGEST = 2000


def snippet(pages: Blueprint, desk: Desk) -> None:
    settings = desk.opened.settings

    @pages.get("/sites/<site>/settings/snippet")
    @on_site("view")
    def snippet(site: str) -> ResponseReturnValue:
        collector = _collector(request.args.get("collector", "")) or addresses.collector(settings)
        before = _counted(request.args.get("counted", ""))
        now = arrived.counted(settings, access.site().id)
        return desk.show(
            "snippet",
            tag=tag(collector, access.site().id, request.args),
            collector=collector,
            chosen=request.args.getlist("on"),
            texts=[(name, label, hint, request.args.get(name, "")[:LONGEST]) for name, label, hint in TEXTS],
            adds=ADDS,
            leaves_out=LEAVES_OUT,
            counted=_json(before if before is not None else now),
            arrived=arrived.verdict(before, now) if before is not None else None,
            hosts=settings.allowed_hosts,
        )

    @pages.get("/sites/<site>/settings/snippet/arrived")
    @on_site("view")
    def arrived_yet(site: str) -> ResponseReturnValue:
        """{"state": …, "sentence": …}; `counted` is what stood on the page when it was opened."""
        now = arrived.counted(settings, access.site().id)
        found = arrived.verdict(_counted(request.args.get("counted", "")), now)
        return jsonify(state=found.state, sentence=found.sentence, counted=_json(now))


def tag(collector: str, site: str, args: MultiDict[str, str]) -> str:
    """What is ticked, as a tag. Pinned, the script for web vitals has a tag of its own."""
    on = set(args.getlist("on"))
    if tags.local(collector):
        on.discard("local")  # the tag has it anyway
    if "pin" not in on:
        return tags.snippet(collector, _attributes(on, site, args))
    tracker = tags.pinned(collector, attributes=_attributes(on - {"vitals"}, site, args))
    return f"{tracker}\n{tags.pinned(collector, 'vitals')}" if "vitals" in on else tracker


def _attributes(on: set[str], site: str, args: MultiDict[str, str]) -> str:
    written = f' data-site="{escape(site)}"' if "site" in on else ""
    written += "".join(one.written for one in (*ADDS, *LEAVES_OUT) if one.name in on)
    for name, attribute in ATTRIBUTES.items():
        text = " ".join(args.get(name, "")[:LONGEST].split())
        if text and not (name == "endings" and "download" in on):
            written += f' {attribute}="{escape(text)}"'
    return written


def _collector(text: str) -> str:
    """Where browsers reach the collector; "" for what is no address."""
    text = text.strip().rstrip("/")[:LONGEST]
    try:
        parts = urlsplit(text)
    except ValueError:  # of brackets
        return ""
    fits = parts.scheme in ("https", "http") and parts.hostname and text.isprintable() and not set(text) & set(" \"'<>\\")
    return text if fits else ""


def _json(counted: Mapping[str, int] | None) -> str:
    return "" if counted is None else orjson.dumps(counted, option=orjson.OPT_SORT_KEYS).decode()


def _counted(text: str) -> dict[str, int] | None:
    """What a page sent back; None for anything else."""
    try:
        told = orjson.loads(text[:LONGEST])
    except orjson.JSONDecodeError:
        return None
    fits = isinstance(told, dict) and all(type(number) is int for number in told.values())
    return {str(name): number for name, number in told.items()} if fits else None
