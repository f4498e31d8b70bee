"""People and their roles, for admins of all of FizzStat. GET /users, and its forms.

Nobody gives, changes or takes away a role that is greater than his own.
"""

import secrets
from collections.abc import Sequence

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from accounts.errors import AccountError
from accounts.roles import ROLES, greater, rank
from accounts.tables import User
from accounts.users import add_user, drop_user, list_users, set_password, set_roles
from dashboard.access import on_fizzstat, viewer
from dashboard.opened import Opened

DONE = {"added": "The account is made.", "changed": "The roles are changed.", "dropped": "The account is gone."}
TOO_GREAT = "Only an owner can make, change or drop an owner, of a site too."


def users(opened: Opened) -> Blueprint:
    pages = Blueprint("users", __name__)

    @pages.get("/users")
    @on_fizzstat("admin")
    def people() -> ResponseReturnValue:
        return _page()

    @pages.post("/users")
    @on_fizzstat("admin")
    def add() -> ResponseReturnValue:
        given = request.form
        role, sites = given.get("role", ""), sites_given(given.get("sites", ""))
        _check(role, sites)
        try:
            with opened.accounts.write() as session:
                add_user(session, given.get("name", ""), given.get("password", ""), now=opened.now(), role=role, sites=sites)
        except AccountError as error:
            return _page(str(error), error.field, 400)
        return _done("added")

    @pages.post("/users/<int:id>/roles")
    @on_fizzstat("admin")
    def change(id: int) -> ResponseReturnValue:
        role, sites = request.form.get("role", ""), sites_given(request.form.get("sites", ""))
        _check(role, sites)
        try:
            with opened.accounts.write() as session:
                set_roles(session, _person(session, id), role, sites)
        except AccountError as error:
            return _page(str(error), "", 400)
        return _done("changed")

    @pages.post("/users/<int:id>/password")
    @on_fizzstat("admin")
    def reset(id: int) -> ResponseReturnValue:
        password = secrets.token_urlsafe(12)
        with opened.accounts.write() as session:
            user = _person(session, id)
            set_password(session, user, password)
        return _page(shown=(user.name, password))

    @pages.post("/users/<int:id>/drop")
    @on_fizzstat("admin")
    def drop(id: int) -> ResponseReturnValue:
        try:
            with opened.accounts.write() as session:
                drop_user(session, _person(session, id))
        except AccountError as error:
            return _page(str(error), "", 400)
        return _done("dropped")

    def _page(problem: str = "", field: str = "", status: int = 200, shown: tuple[str, str] | None = None) -> ResponseReturnValue:
        with opened.accounts.read() as session:
            rows = list_users(session)
        done = DONE.get(request.args.get("done", ""), "")
        roles = [role for role in ROLES if rank(role) <= rank(viewer().role)]
        given = {"problem": problem, "field_of_problem": field, "form": request.form if field else {}}
        return render_template("users.html", users=rows, roles=roles, done=done, shown=shown, **given), status

    def _done(what: str) -> Response:
        return Response(status=303, headers={"Location": url_for("users.people", done=what)})

    return pages


def sites_given(text: str) -> Sequence[tuple[str, str]]:
    """`example.com=viewer, b.example=editor` -> pairs"""
    pairs = [part.partition("=") for part in text.replace("\n", ",").split(",") if part.strip()]
    return [(site.strip(), role.strip()) for site, _, role in pairs]


def _check(role: str, sites: Sequence[tuple[str, str]]) -> None:
    """Refuse what is greater than the viewer's own roles."""
    mine = viewer()
    greater_there = any(rank(given) > rank(greater(mine.role, mine.sites.get(site, ""))) for site, given in sites)
    if rank(role) > rank(mine.role) or greater_there:
        abort(403, TOO_GREAT)


def _person(session: Session, id: int) -> User:
    user = session.get(User, id)
    if user is None:
        abort(404, "There is nobody of this number any more.")
    _check(user.role, [(row.site, row.role) for row in user.sites])
    return user
