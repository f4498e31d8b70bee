"""The routes of a site's page. In: requests. Out: HTML, CSV, JSON.

| | |
|---|---|
| GET /sites/<site> | the page: sent part by part, as each is ready |
| GET /sites/<site>/parts/<part> | one part, for the page's script |
| GET /sites/<site>/details/<tab> | all rows of a list: search, sort, page |
| GET /sites/<site>/documents | what is behind a number |
| GET /sites/<site>/filter | a form for a filter, and what it is sent to |
| GET /sites/<site>/csv/<what> | a list, or the chart, as CSV |
| POST /sites/<site>/segments | saves the filters under a name |
| POST /sites/<site>/ask/<name> | a question of /api/v2, without a key |
"""

from collections.abc import Iterator
from functools import partial

import orjson
from flask import Blueprint, Response, abort, render_template, request, stream_template
from flask.typing import ResponseReturnValue

from accounts.segments import add_segment
from collect.snippet import snippet
from dashboard import access, addresses
from dashboard.access import on_site
from dashboard.api.forms import TYPES, written
from dashboard.api.questions import QUESTIONS
from dashboard.errors import said
from dashboard.opened import Opened
from dashboard.settings.desk import Desk
from dashboard.site import csvs, lists, parts
from dashboard.site import documents as behind
from dashboard.site import filters as filtering
from dashboard.site import state as states
from dashboard.site.parts import Parts
from dashboard.site.state import OWN
from dashboard.site.tabs import DETAILS
from dashboard.site.view import View
from dashboard.site.words import Words, locale
from query.errors import BadQuestion

MOST = 64 << 10  # bytes of a question
FLUSH = "<!-- flush -->"
ASKED = {question.name: question.ask for question in QUESTIONS}


def site_pages(opened: Opened) -> Blueprint:
    pages, all_parts = Blueprint("site", __name__), Parts()
    look, desk = partial(_view, opened), Desk(opened)

    @pages.get("/sites/<site>")
    @on_site("view")
    def page(site: str) -> ResponseReturnValue:
        view = look()
        if view.began is None:
            return render_template("site/empty.html", view=view, snippet=snippet(addresses.collector(opened.settings)))
        names = parts.names(view)
        begun = all_parts.begin(view, names)

        def show(name: str) -> str:
            return _shown(view, begun[name].result())

        text = stream_template("site/page.html", view=view, names=names, show=show, flush=FLUSH)
        return Response(_by_parts(text), content_type="text/html; charset=utf-8")

    @pages.get("/sites/<site>/parts/<part>")
    @on_site("view")
    def one_part(site: str, part: str) -> ResponseReturnValue:
        if part not in OWN:
            abort(404)
        view = look()
        return _shown(view, parts.part(view, part))

    @pages.get("/sites/<site>/details/<tab>")
    @on_site("view")
    def details(site: str, tab: str) -> ResponseReturnValue:
        if tab not in DETAILS:
            abort(404)
        view, search, sort = look(), request.args.get("search", "")[:200], request.args.get("sort", "")
        found = lists.details(view, DETAILS[tab], search, sort, _number(request.args.get("page", "")))
        return render_template("site/details.html", view=view, tab=DETAILS[tab], found=found, search=search, sort=sort)

    @pages.get("/sites/<site>/documents")
    @on_site("view")
    def documents(site: str) -> ResponseReturnValue:
        view = look()
        found = behind.documents(view, request.args.get("kind", ""), request.args.get("after", ""), opened.settings)
        return render_template("site/documents.html", view=view, found=found)

    @pages.get("/sites/<site>/filter")
    @on_site("view")
    def edit_filter(site: str) -> ResponseReturnValue:
        view, args = look(), request.args
        place = _number(args.get("edit", ""), -1)
        edited = view.state.filters[place] if 0 <= place < len(view.state.filters) else None
        if args.get("operator"):
            name = args.get("about", "")
            name = f"props:{args.get('property', '')}" if name == "props" else name
            made = filtering.make(args["operator"], name, [value for value in args.getlist("value") if value])
            state = view.state.without(place) if edited else view.state
            return Response(status=303, headers={"Location": view.url(state.change(filters=(*state.filters, made)))})
        return render_template("site/filter.html", view=view, edited=edited, place=place, filtering=filtering)

    @pages.get("/sites/<site>/csv/<what>")
    @on_site("view")
    def csv(site: str, what: str) -> ResponseReturnValue:
        if what not in csvs.TABLES:
            abort(404)
        view = look()
        name = f"{view.site.id} {what} {view.span.range.first} {view.span.range.last}.csv"
        response = Response(written(csvs.TABLES[what](view, request.args), "csv"), content_type=TYPES["csv"])
        response.headers.set("Content-Disposition", "attachment", filename=name)
        return response

    @pages.post("/sites/<site>/segments")
    @on_site("edit")
    def save_segment(site: str) -> ResponseReturnValue:
        view, made = look(), []
        problem = desk.change(
            lambda session, row: made.append(add_segment(session, row, request.form.get("name", ""), view.plain_filters()).id)
        )
        if problem.sentence:
            return said(problem.status, problem.sentence)
        saved = filtering.Filter("is", filtering.SEGMENT, (str(made[0]),))
        return Response(status=303, headers={"Location": view.url(view.state.change(filters=(saved,)))})

    @pages.post("/sites/<site>/ask/<name>")
    @on_site("view")
    def ask(site: str, name: str) -> ResponseReturnValue:
        form = request.args.get("format", "json")
        if name not in ASKED or form not in TYPES:
            abort(404)
        if (request.content_length or 0) > MOST:
            abort(413)
        try:
            question = orjson.loads(request.get_data())
        except orjson.JSONDecodeError:
            raise BadQuestion("The body is no JSON.") from None
        if not isinstance(question, dict):
            raise BadQuestion("The body is a JSON object: a question.")
        asked = {**question, "site_id": access.site().id}
        return Response(written(ASKED[name](opened.store, asked, access.site(), opened.now()), form), content_type=TYPES[form])

    pages.register_error_handler(BadQuestion, lambda error: said(400, error.sentence))
    return pages


def _view(opened: Opened) -> View:
    """Raises BadQuestion for a time or a filter that is none."""
    preferred = [tag for tag, _ in request.accept_languages]
    view = View(opened.store, access.site(), states.read(request.args), Words(locale(preferred)), opened.now())
    assert view.span  # looked at here, before threads share the view
    return view


def _shown(view: View, part: parts.Part) -> str:
    return render_template(part.template, view=view, part=part, **part.content)


def _by_parts(text: Iterator[str]) -> Iterator[str]:
    """What is ready, at once: not in the many small pieces that a template gives."""
    ready: list[str] = []  # joined at last: adding Markup to a text would escape that
    for piece in text:
        ready.append(piece)
        if FLUSH in piece:
            yield "".join(ready).replace(FLUSH, "")
            ready.clear()
    yield "".join(ready)


def _number(text: str, otherwise: int = 1) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else otherwise
