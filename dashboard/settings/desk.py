"""What all settings' pages share. In: an @on_site request. Out: a page with the menu of settings; a change of the site's row, or
the problem with it; where to go after one."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from accounts.errors import AccountError
from accounts.roles import Right
from accounts.sites import adopt, find_site
from accounts.tables import Site as Row
from dashboard import access
from dashboard.access import viewer
from dashboard.opened import Opened
from hits.redis import QueueAway

#: Title, endpoint, and the right on the site that it takes.
SECTIONS: tuple[tuple[str, str, Right], ...] = (
    ("General", "site_settings.page", "view"),
    ("Snippet", "site_settings.snippet", "view"),
    ("Goals", "site_settings.goals", "edit"),
    ("Funnels", "site_settings.funnels", "edit"),
    ("Segments", "site_settings.segments", "edit"),
    ("Shields", "site_settings.shields", "admin"),
    ("Sharing", "site_settings.sharing", "admin"),
    ("Export", "site_settings.export", "admin"),
    ("Erase", "site_settings.erase", "owner"),
)
DONE = {
    "saved": "It is saved. What comes in from now on is counted so.",
    "added": "It is there, and counts what was before, too.",
    "changed": "It is changed.",
    "closed": "It is gone, and opens nothing any more.",
    "dropped": "It is gone. What was recorded stays.",
}
REDIS_AWAY = "Redis is away, and collectors are told of changes through it: nothing is changed. Try again when it is back."


@dataclass(frozen=True)
class Problem:
    """`field` is the field of the form that it is about, "" for none."""

    sentence: str = ""
    field: str = ""
    status: int = 200

    def at(self, *fields: str) -> str:
        """The sentence, for the place beside one of these fields."""
        return self.sentence if self.field in fields else ""


NONE = Problem()


class Desk:
    def __init__(self, opened: Opened):
        self.opened = opened

    def row(self) -> Row | None:
        """None for a site that only hits have named. Its goals, segments and funnels are in `access.site()`."""
        with self.opened.accounts.read() as session:
            return find_site(session, access.site().id)

    def change(self, do: Callable[[Session, Row], object]) -> Problem:
        """NONE when it is done; a site without a row gets one."""
        try:
            with self.opened.accounts.change() as session:
                do(session, made_row(session, access.site().id, self.opened.now()))
        except AccountError as error:
            return Problem(str(error), error.field, 400)
        except QueueAway:
            return Problem(REDIS_AWAY, "", 503)
        return NONE

    def show(self, template: str, problem: Problem = NONE, **more: object) -> ResponseReturnValue:
        site, row = access.site(), self.row()
        menu = [(title, endpoint) for title, endpoint, right in SECTIONS if viewer().may(right, site.id)]
        said = {
            "site": site,
            "name": row.name if row else site.id,
            "row": row,
            "menu_of_settings": menu,
            "section": f"site_settings.{'page' if template == 'general' else template}",
            "done": DONE.get(request.args.get("done", ""), ""),
            "problem": problem,
            "form": request.form,
        }
        return render_template(f"settings/{template}.html", **{**said, **more}), problem.status or 200


def done(endpoint: str, what: str = "") -> Response:
    """To the page of this endpoint, which says so."""
    return Response(status=303, headers={"Location": url_for(endpoint, site=access.site().id, done=what or None)})


def made_row(session: Session, id: str, now: datetime) -> Row:
    """The site's row; made where there is none, also for an id that is no host, as hits may have named it."""
    row = find_site(session, id)
    if row is None:
        adopt(session, {id: sys.maxsize}, now)
        session.flush()
        row = session.get_one(Row, id)
    return row


def parts(text: str) -> Sequence[str]:
    """What stands on lines of its own, or between commas."""
    return lines(text.replace(",", "\n"))


def lines(text: str) -> Sequence[str]:
    """Those that are not empty."""
    return [line.strip() for line in text.splitlines() if line.strip()]
