"""The door: GET / has the form for the first account while there is none, then the one to sign in, and sends who is signed in on.

A wrong name and a wrong password are answered alike, and take as long. Each sign-in begins a new session.
"""

from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from accounts import attempts
from accounts.errors import AccountError
from accounts.first import drop_first_token, first_token, is_first_token
from accounts.logins import LASTS, begin_login, end_login
from accounts.tables import User
from accounts.users import add_user, any_user, right_user
from collect.trust import Trust
from dashboard.access import open_to_all, signed_in, viewer, viewer_or_none
from dashboard.cookies import SESSION, end_cookie, set_cookie
from dashboard.opened import Opened
from dashboard.proxies import address_of
from importer.steps.agent import read_agent

WRONG = "No account has this name and this password."
WRONG_TOKEN = "This is not the token: it stands where ./fizzstat run was started, and ./fizzstat users token prints it."
LATE = "There is an account already: sign in with it."


def door(opened: Opened) -> Blueprint:
    pages = Blueprint("door", __name__)
    folder = opened.settings.data_dir
    address = address_of(Trust.of(opened.settings))

    @pages.get("/")
    @open_to_all
    def home() -> ResponseReturnValue:
        if viewer_or_none():
            return redirect(url_for("sites.all_sites"))
        with opened.accounts.read() as session:
            begun = any_user(session)
        if not begun:
            first_token(folder)  # so that it can be read there, however the dashboard was started
        return _sign_in_form() if begun else _first_form()

    @pages.post("/first")
    @open_to_all
    def first() -> ResponseReturnValue:
        given = request.form
        name, password = given.get("name", ""), given.get("password", "")
        try:
            with opened.accounts.write() as session:
                if any_user(session):
                    return _sign_in_form(LATE, 409)
                attempts.admit(session, "", address(), opened.now())
                right = is_first_token(folder, given.get("token", ""))
                user = add_user(session, name, password, now=opened.now(), role="owner") if right else None
                token = _begin(session, user) if user else ""
        except AccountError as error:
            return _first_form(str(error), error.field, 400)
        except attempts.TooOften as often:
            return _later(_first_form, often)
        if not token:
            return _first_form(WRONG_TOKEN, "token", 403)
        drop_first_token(folder)
        return _let_in(token)

    @pages.post("/sign-in")
    @open_to_all
    def sign_in() -> ResponseReturnValue:
        name, password = request.form.get("name", ""), request.form.get("password", "")
        try:
            with opened.accounts.write() as session:
                attempts.admit(session, name, address(), opened.now())
        except attempts.TooOften as often:
            return _later(_sign_in_form, often)
        with opened.accounts.read() as session:
            user = right_user(session, name, password)
        if user is None:
            return _sign_in_form(WRONG, 403)
        with opened.accounts.write() as session:
            attempts.forget(session, name, address())
            if before := viewer_or_none():
                end_login(session, before.id, before.login)
            token = _begin(session, session.get_one(User, user.id))
        return _let_in(token)

    @pages.post("/sign-out")
    @signed_in
    def sign_out() -> Response:
        with opened.accounts.write() as session:
            end_login(session, viewer().id, viewer().login)
        answer = _to(url_for("door.home"))
        end_cookie(answer, SESSION)
        return answer

    def _begin(session: Session, user: User) -> str:
        return begin_login(session, user, browser(), opened.now())

    return pages


def browser() -> str:
    """Such as `Firefox, Linux`, for the list of sessions."""
    agent = read_agent(request.headers.get("User-Agent", ""))
    return ", ".join(filter(None, (agent.get("name"), agent.get("os", {}).get("name"))))


def _first_form(problem: str = "", field: str = "", status: int = 200) -> ResponseReturnValue:
    return render_template("first.html", problem=problem, field_of_problem=field, name=request.form.get("name", "")), status


def _sign_in_form(problem: str = "", status: int = 200) -> ResponseReturnValue:
    form = {"name": request.form.get("name", ""), "next": request.values.get("next", "")}
    return render_template("sign_in.html", problem=problem, form=form), status


def _later(form: "object", often: attempts.TooOften) -> ResponseReturnValue:
    minutes = -(-often.seconds // 60)
    answer, _ = form(f"That was tried too often. Come back in {minutes} min.", status=429)  # type: ignore[operator]
    return answer, 429, {"Retry-After": str(often.seconds)}


def _let_in(token: str) -> Response:
    answer = _to(_local(request.form.get("next", "")) or url_for("sites.all_sites"))
    set_cookie(answer, SESSION, token, LASTS)
    return answer


def _to(path: str) -> Response:
    return Response(status=303, headers={"Location": path})


def _local(path: str) -> str:
    """A path of ours; "" for all else, so that nobody is sent elsewhere by a link to this page."""
    parts = urlsplit(path)
    fits = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and not parts.netloc
    return path if fits and "\\" not in path else ""
