"""API keys, for admins of all of FizzStat. GET /keys, and its forms; a key itself is shown once."""

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.errors import AccountError
from accounts.keys import RIGHTS, add_key, drop_key, list_keys, new_key
from accounts.sites import list_sites
from dashboard.access import on_fizzstat
from dashboard.opened import Opened
from hits.redis import QueueAway

DONE = {"dropped": "The key is dropped: it opens nothing any more."}
REDIS_AWAY = "Redis is away, and collectors are told of keys through it: try again when it is back."


def keys(opened: Opened) -> Blueprint:
    pages = Blueprint("keys", __name__)

    @pages.get("/keys")
    @on_fizzstat("admin")
    def all_keys() -> ResponseReturnValue:
        return _page()

    @pages.post("/keys")
    @on_fizzstat("admin")
    def add() -> ResponseReturnValue:
        given, key = request.form, new_key()
        try:
            with opened.accounts.change() as session:
                site = given.get("site", "").strip() or None
                row = add_key(session, given.get("name", ""), key, rights=given.getlist("rights"), site=site, now=opened.now())
        except AccountError as error:
            return _page(str(error), error.field, 400)
        except QueueAway:
            return _page(REDIS_AWAY, "", 503)
        return _page(shown=(row.name, key))

    @pages.post("/keys/drop")
    @on_fizzstat("admin")
    def drop() -> ResponseReturnValue:
        try:
            with opened.accounts.change() as session:
                drop_key(session, request.form.get("name", ""))
        except AccountError as error:
            return _page(str(error), "", 400)
        except QueueAway:
            return _page(REDIS_AWAY, "", 503)
        return Response(status=303, headers={"Location": url_for("keys.all_keys", done="dropped")})

    def _page(problem: str = "", field: str = "", status: int = 200, shown: tuple[str, str] | None = None) -> ResponseReturnValue:
        with opened.accounts.read() as session:
            rows, sites = list_keys(session), [site.id for site in list_sites(session)]
        done = DONE.get(request.args.get("done", ""), "")
        given = {"problem": problem, "field_of_problem": field, "form": request.form if field else {}, "shown": shown}
        return render_template("keys.html", keys=rows, sites=sites, rights=RIGHTS, done=done, **given), status

    return pages
