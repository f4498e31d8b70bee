"""One's own account: the password, and the browsers that are signed in. GET /account, and its forms."""

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts import attempts
from accounts.errors import AccountError
from accounts.logins import LASTS, begin_login, end_login, end_others, list_logins
from accounts.passwords import is_it
from accounts.tables import User
from accounts.users import set_password
from collect.trust import Trust
from dashboard.access import signed_in, viewer
from dashboard.cookies import SESSION, set_cookie
from dashboard.opened import Opened
from dashboard.pages.door import browser
from dashboard.proxies import address_of

DONE = {
    "password": "The password is changed, and every other browser is signed out.",
    "ended": "That browser is signed out.",
    "others": "Every other browser is signed out.",
}


def account(opened: Opened) -> Blueprint:
    pages = Blueprint("account", __name__)
    address = address_of(Trust.of(opened.settings))

    @pages.get("/account")
    @signed_in
    def account() -> ResponseReturnValue:
        return _page()

    @pages.post("/account/password")
    @signed_in
    def password() -> ResponseReturnValue:
        me = viewer()
        try:
            with opened.accounts.write() as session:
                attempts.admit(session, me.name, address(), opened.now())
        except attempts.TooOften as often:
            return _page(f"That was tried too often. Come back in {-(-often.seconds // 60)} min.", "old", 429)
        try:
            with opened.accounts.write() as session:
                user = session.get_one(User, me.id)
                if not is_it(request.form.get("old", ""), user.password):
                    return _page("This is not your password.", "old", 403)
                set_password(session, user, request.form.get("password", ""))
                attempts.forget(session, me.name, address())
                token = begin_login(session, user, browser(), opened.now())
        except AccountError as error:
            return _page(str(error), error.field, 400)
        answer = _done("password")
        set_cookie(answer, SESSION, token, LASTS)
        return answer

    @pages.post("/account/sessions/<int:id>/end")
    @signed_in
    def end(id: int) -> Response:
        with opened.accounts.write() as session:
            end_login(session, viewer().id, id)
        return _done("ended")

    @pages.post("/account/sessions/end-others")
    @signed_in
    def end_all_others() -> Response:
        with opened.accounts.write() as session:
            end_others(session, viewer().id, viewer().login)
        return _done("others")

    def _page(problem: str = "", field: str = "", status: int = 200) -> ResponseReturnValue:
        with opened.accounts.read() as session:
            logins = list_logins(session, viewer().id, opened.now())
        done = DONE.get(request.args.get("done", ""), "")
        return render_template("account.html", logins=logins, problem=problem, field_of_problem=field, done=done), status

    def _done(what: str) -> Response:
        return Response(status=303, headers={"Location": url_for("account.account", done=what)})

    return pages
