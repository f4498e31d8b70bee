"""Who sees a site without an account: anybody, where it is public, or who has a link, which may have a password and an end.

GET /share/<token> lets a browser in, after its password if it has one; what it may see then dashboard/access.py knows.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts import attempts
from accounts.errors import AccountError
from accounts.passwords import is_it
from accounts.shared import add_link, drop_link, find_link, has_ended, list_links, new_token, pass_of
from accounts.sites import set_site
from accounts.tables import SharedLink
from collect.trust import Trust
from dashboard import access
from dashboard.access import on_site, open_to_all
from dashboard.cookies import SHARED, set_cookie
from dashboard.proxies import address_of
from dashboard.settings.desk import NONE, Desk, Problem, done

NO_LINK = "There is no such link, or it has ended."


def sharing(pages: Blueprint, desk: Desk) -> None:
    opened = desk.opened
    address = address_of(Trust.of(opened.settings))

    @pages.get("/sites/<site>/settings/sharing")
    @on_site("admin")
    def sharing(site: str) -> ResponseReturnValue:
        return _page()

    @pages.post("/sites/<site>/settings/sharing/public")
    @on_site("admin")
    def make_public(site: str) -> ResponseReturnValue:
        problem = desk.change(lambda session, row: set_site(session, row, public=bool(request.form.get("public"))))
        return _page(problem) if problem.sentence else done("site_settings.sharing", "changed")

    @pages.post("/sites/<site>/settings/sharing")
    @on_site("admin")
    def add_a_link(site: str) -> ResponseReturnValue:
        given, token = request.form, new_token()
        try:
            ends = _end(given.get("expires", "").strip(), ZoneInfo(access.site().zone))
        except AccountError as error:
            return _page(Problem(str(error), error.field, 400))
        name, password, now = given.get("name", ""), given.get("password", ""), opened.now()
        problem = desk.change(lambda session, row: add_link(session, row, name, token, now=now, password=password, expires=ends))
        return _page(problem) if problem.sentence else _page(shown=url_for("site_settings.shared", token=token, _external=True))

    @pages.post("/sites/<site>/settings/sharing/<int:id>/drop")
    @on_site("admin")
    def drop_a_link(site: str, id: int) -> ResponseReturnValue:
        problem = desk.change(lambda session, row: drop_link(session, row.id, id))
        return _page(problem) if problem.sentence else done("site_settings.sharing", "closed")

    def _page(problem: Problem = NONE, shown: str = "") -> ResponseReturnValue:
        with opened.accounts.read() as session:
            links = [(link, has_ended(link, opened.now())) for link in list_links(session, access.site().id)]
        return desk.show("sharing", problem, links=links, shown=shown)

    @pages.get("/share/<token>")
    @open_to_all
    def shared(token: str) -> ResponseReturnValue:
        link = _link(token)
        return render_template("settings/shared.html", problem="") if link.password else _let_in(link, token)

    @pages.post("/share/<token>")
    @open_to_all
    def shared_with_password(token: str) -> ResponseReturnValue:
        link = _link(token)
        who = f"shared link {link.id}"
        try:
            with opened.accounts.write() as session:
                attempts.admit(session, who, address(), opened.now())
        except attempts.TooOften as often:
            minutes = -(-often.seconds // 60)
            page = render_template("settings/shared.html", problem=f"That was tried too often. Come back in {minutes} min.")
            return page, 429, {"Retry-After": str(often.seconds)}
        if link.password and not is_it(request.form.get("password", ""), link.password):
            return render_template("settings/shared.html", problem="This is not its password."), 403
        with opened.accounts.write() as session:
            attempts.forget(session, who, address())
        return _let_in(link, token)

    def _link(token: str) -> SharedLink:
        with opened.accounts.read() as session:
            link = find_link(session, token, opened.now())
        if link is None:
            abort(404, NO_LINK)
        return link


def _let_in(link: SharedLink, token: str) -> Response:
    answer = Response(status=303, headers={"Location": url_for("site.page", site=link.site)})
    set_cookie(answer, SHARED, pass_of(link, token))
    return answer


def _end(text: str, zone: ZoneInfo) -> datetime | None:
    """The end of a day in the site's time zone, None for no day. Raises AccountError."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=1), datetime.min.time(), zone)
    except (ValueError, OverflowError):
        raise AccountError("expires", f"{text!r} is no day; give it as in 2027-01-31.") from None
