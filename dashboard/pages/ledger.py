"""The ledger, for who runs this FizzStat: what was received and what became of it, the last hits and visits, how the parts are.
GET /ledger, of which ?site= and ?day= show a part, and the fragment of it that its script asks for every few seconds."""

from collections.abc import Callable
from datetime import date

from flask import Blueprint, render_template, request

from accounts.sites import id_of, list_sites
from collect.snippet import snippet
from dashboard.access import on_fizzstat
from dashboard.addresses import collector
from dashboard.opened import Opened
from dashboard.overview import Overview
from hits.ledger import Ledger

NAMED = 500  # sites that are offered to choose from


def ledger(opened: Opened, ask: Callable[[], Overview], ask_part: Callable[[str | None, str | None], Ledger | None]) -> Blueprint:
    """`ask_part` tells the ledger of a site, of a day, or of both."""
    pages = Blueprint("ledger", __name__)

    @pages.get("/ledger")
    @on_fizzstat("admin")
    def page() -> str:
        return show("ledger_page.html")

    @pages.get("/ledger/live")
    @on_fizzstat("admin")
    def live() -> str:
        return show("live.html")

    def show(template: str) -> str:
        overview, address = ask(), collector(opened.settings)
        site, day = request.args.get("site", "").strip(), _day(request.args.get("day", ""))
        known = overview.ledger
        names: list[str] = []
        with opened.accounts.read() as session:
            if site or day:
                known = ask_part(id_of(session, site) if site else None, day or None)
            if template == "ledger_page.html":
                names = [row.id for row in list_sites(session)[:NAMED]]
        asked = {"site": site, "day": day, "names": names}
        addresses = {"demo": f"{address}/demo", "snippet": snippet(address)}
        return render_template(template, overview=overview, ledger=known, **asked, **addresses)

    return pages


def _day(text: str) -> str:
    """What is no day is none."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""
