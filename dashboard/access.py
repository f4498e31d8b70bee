"""Who is asking, and whether that one may. In: a request's cookie, and the right that its route declares. Out: `viewer()`, or a
form to sign in, "not allowed" (403), "not found" (404).

A route declares one of these, nearest to its function; an app with a route that declares none does not start:

    @open_to_all                 anybody
    @signed_in                   whoever is signed in
    @on_fizzstat("admin")        who has this right on all of FizzStat
    @on_site("edit")             who has this right on the site that its path names as <site>

Whoever may not even view a site is told what is told of a site that there is not. FOR_GUESTS are shown without an account too,
of a site that is public or that a shared link was opened of; `is_guest()` says so.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from flask import Flask, Response, abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from accounts.asked import asked_site, site_asked_of
from accounts.logins import LASTS, find_login, note_use, to_be_noted
from accounts.roles import Right, greater, has
from accounts.shared import opens
from accounts.sites import find_site, id_of
from accounts.tables import Login
from dashboard import csrf
from dashboard.cookies import SESSION, SHARED, set_cookie
from dashboard.opened import Opened
from query.site import Site

View = TypeVar("View", bound=Callable[..., object])
#: What asks for no session, but for keys or for nothing: assets, /api, what machines ask.
WITHOUT_SESSION = ("static", "api", "health")
#: Numbers, and no documents.
FOR_GUESTS = ("site.page", "site.one_part", "site.details", "site.edit_filter", "site.csv")


@dataclass(frozen=True)
class Viewer:
    """A person who is signed in. `role` is on all of FizzStat, `sites` a role by a site's id; accounts/roles.py knows them."""

    id: int
    name: str
    role: str
    sites: Mapping[str, str]
    login: int

    def may(self, right: Right, site: str | None = None) -> bool:
        """On a site, by its id, or on all of FizzStat."""
        return has(self.role if site is None else greater(self.role, self.sites.get(site, "")), right)


@dataclass(frozen=True)
class Needs:
    """`where` is `site`, `fizzstat`, or "" where it is enough to be signed in (`right`) or nothing is needed (None)."""

    right: Right | None
    where: str = ""


def _declare(needs: Needs) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.needs = needs  # type: ignore[attr-defined]
        return view

    return mark


open_to_all = _declare(Needs(None))
signed_in = _declare(Needs("view"))


def on_fizzstat(right: Right) -> Callable[[View], View]:
    return _declare(Needs(right, "fizzstat"))


def on_site(right: Right) -> Callable[[View], View]:
    return _declare(Needs(right, "site"))


def declared(app: Flask) -> Iterator[tuple[str, str, Needs]]:
    """(path, endpoint, needs) of every route that has to do with sessions. Raises TypeError for one that declares no right."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] in WITHOUT_SESSION:
            continue
        needs = getattr(app.view_functions[rule.endpoint], "needs", None)
        if needs is None or (needs.where == "site") != ("site" in rule.arguments):
            raise TypeError(f"the route {rule.rule} does not say who may: see dashboard/access.py")
        yield rule.rule, rule.endpoint, needs


def guard(app: Flask, opened: Opened) -> None:
    """Hold every request of `app` to what its route declares. To be called when all routes are there."""
    needed = {endpoint: needs for _, endpoint, needs in declared(app)}

    @app.before_request
    def check() -> ResponseReturnValue | None:
        needs = needed.get(request.endpoint or "")
        if needs is None:
            return None  # without a session, or no route at all
        _find_viewer(opened)
        if needs.right is not None and not _as_guest(needs, opened):
            if viewer_or_none() is None:
                return _sign_in_first()
            _check_right(needs, opened)
        if request.method not in csrf.SAFE and not csrf.is_ours():
            abort(403, "This form was open for too long, or was not ours. Go back, load the page anew, and try again.")
        return None

    app.after_request(_renew)
    app.after_request(csrf.keep_forms_cookie)


def viewer() -> Viewer:
    """Of a route that needs one."""
    found = viewer_or_none()
    assert found
    return found


def viewer_or_none() -> Viewer | None:
    found: Viewer | None = g.get("viewer")
    return found


def site() -> Site:
    """The site that the path of this @on_site route names, as questions take it."""
    found: Site = g.site
    return found


def wants_json() -> bool:
    """Whether a script asks, and not a person."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html") == "application/json"


def _find_viewer(opened: Opened) -> None:
    token = request.cookies.get(SESSION, "")
    if not token:
        return
    with opened.accounts.read() as session:
        login = find_login(session, token, opened.now())
        if login is None:
            return
        g.login = login.id
        g.viewer = _viewer(login)
    if to_be_noted(login, opened.now()):
        with opened.accounts.write() as session:
            note_use(session, login.id, opened.now())
        g.renew = token


def _viewer(login: Login) -> Viewer:
    user = login.user
    return Viewer(user.id, user.name, user.role, {row.site: row.role for row in user.sites}, login.id)


def _renew(response: Response) -> Response:
    if token := g.get("renew"):
        set_cookie(response, SESSION, token, LASTS)
    return response


def is_guest() -> bool:
    """Whether the page at hand is seen without a role on its site."""
    return bool(g.get("guest"))


def _as_guest(needs: Needs, opened: Opened) -> bool:
    asked = request.view_args or {}
    if needs != Needs("view", "site") or request.endpoint not in FOR_GUESTS or asked.get("what") == "documents":
        return False
    with opened.accounts.read() as session:
        row, viewer = find_site(session, asked["site"]), viewer_or_none()
        if row is None or (viewer and viewer.may("view", row.id)):
            return False
        kept = request.cookies.get(SHARED, "")
        g.guest = row.public or bool(kept and opens(session, row.id, kept, opened.now()))
        if g.guest:
            g.site = site_asked_of(row, opened.settings)
    return is_guest()


def _sign_in_first() -> ResponseReturnValue:
    if wants_json() or request.method not in csrf.SAFE:
        abort(401, "You are not signed in any more: load the page anew.")
    return redirect(url_for("door.home", next=request.full_path.rstrip("?")))


def _check_right(needs: Needs, opened: Opened) -> None:
    assert needs.right
    if needs.where == "site":
        g.site = _site_seen(str((request.view_args or {})["site"]), opened)
        if not viewer().may(needs.right, g.site.id):
            abort(403, f"Your role on this site does not allow this: it takes {WORDS[needs.right]}.")
    elif needs.where == "fizzstat" and not viewer().may(needs.right):
        abort(403, f"Your role does not allow this: it takes {WORDS[needs.right]}.")


WORDS: Mapping[Right, str] = {"view": "a viewer", "edit": "an editor", "admin": "an admin", "owner": "an owner"}


def _site_seen(text: str, opened: Opened) -> Site:
    """Raises 404 for a site that there is not, and for one that the viewer may not see."""
    with opened.accounts.read() as session:
        if viewer().may("view", id_of(session, text)) and (found := asked_site(session, opened.store, text, opened.settings)):
            return found
    raise NotFound(NO_SITE)


NO_SITE = "There is no such site here, or you may not see it."
