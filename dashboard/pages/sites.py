"""All sites, with their numbers of some days: GET /sites, of which ?q= is searched for, ?days= is 7 or 30, ?page= counts from 1;
and the form that adds one."""

from dataclasses import dataclass
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.asked import known_sites
from accounts.errors import AccountError
from accounts.sites import add_site, list_sites
from collect.snippet import snippet
from dashboard.access import on_fizzstat, signed_in, viewer
from dashboard.addresses import collector
from dashboard.opened import Opened
from hits.redis import QueueAway
from query.overview import overview

DAYS = (7, 30)
A_PAGE = 100
MOST = 10_000  # sites that have documents and no row
REDIS_AWAY = "Redis is away, and collectors are told of sites through it: try again when it is back."


@dataclass(frozen=True)
class Row:
    """`line` are the points of a sparkline in a box of 100 by 24, views a day from left to right."""

    id: str
    name: str
    visitors: int
    views: int
    days: list[int]
    line: str

    @property
    def path(self) -> str:
        return f"/sites/{quote(self.id, safe='')}"


def sites(opened: Opened) -> Blueprint:
    pages = Blueprint("sites", __name__)

    @pages.get("/sites")
    @signed_in
    def all_sites() -> ResponseReturnValue:
        return _page()

    @pages.post("/sites")
    @on_fizzstat("admin")
    def add() -> ResponseReturnValue:
        try:
            with opened.accounts.change() as session:
                id = add_site(session, request.form.get("host", ""), now=opened.now()).id
        except AccountError as error:
            return _page(str(error), 400)
        except QueueAway:
            return _page(REDIS_AWAY, 503)
        return Response(status=303, headers={"Location": url_for("sites.all_sites", added=id, q=id)})

    def _page(problem: str = "", status: int = 200) -> ResponseReturnValue:
        days = 30 if request.args.get("days") == "30" else 7
        wanted = request.args.get("q", "").strip()
        names = _seen()
        zones = {id: zone for id, (name, zone) in names.items() if wanted.casefold() in f"{name} {id}".casefold()}
        numbers = overview(opened.store, zones, days, opened.now())
        rows = [
            Row(id, names[id][0], of["visitors"], of["views"], of["days"], sparkline(of["days"])) for id, of in numbers.items()
        ]
        rows.sort(key=lambda row: (-row.visitors, -row.views, row.id))
        last = max(1, -(-len(rows) // A_PAGE))
        page = min(max(1, request.args.get("page", 1, type=int)), last)
        address = collector(opened.settings)
        shown = {
            "rows": rows[(page - 1) * A_PAGE : page * A_PAGE],
            "number": len(rows),
            "all": len(names),
            "page": page,
            "last": last,
            "days": days,
            "q": wanted,
        }
        told = {"problem": problem, "added": request.args.get("added", ""), "host": request.form.get("host", "")}
        addresses = {"demo": f"{address}/demo", "snippet": snippet(address)}
        return render_template("sites.html", choices=DAYS, **shown, **told, **addresses), status

    def _seen() -> dict[str, tuple[str, str]]:
        """(name, time zone) by id, of the sites that the viewer may see."""
        zone = opened.settings.time_zone
        with opened.accounts.read() as session:
            names = {row.id: (row.name, row.time_zone or zone) for row in list_sites(session)}
            ids = known_sites(session, opened.store, MOST)
        return {id: names.get(id, (id, zone)) for id in ids if viewer().may("view", id)}

    return pages


def sparkline(days: list[int]) -> str:
    """Points of a polyline in a box of 100 by 24: [0, 2] -> 0,23 100,1"""
    most, step = max([1, *days]), 100 / max(1, len(days) - 1)
    return " ".join(f"{n * step:.4g},{23 - 22 * value / most:.4g}" for n, value in enumerate(days))
