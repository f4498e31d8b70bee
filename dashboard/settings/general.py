"""What a site is called, which hosts are its own, its time zone, currency and week, and which parameters of URLs it keeps."""

from functools import cache
from zoneinfo import available_timezones

from babel import Locale
from babel.numbers import list_currencies
from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from accounts.sites import FORMATS, WEEK_DAYS, set_site
from accounts.tables import Site as Row
from dashboard import access
from dashboard.access import on_site, viewer
from dashboard.settings.desk import NONE, Desk, Problem, done, parts


def general(pages: Blueprint, desk: Desk) -> None:
    @pages.get("/sites/<site>/settings")
    @on_site("view")
    def page(site: str) -> ResponseReturnValue:
        return _page()

    @pages.post("/sites/<site>/settings")
    @on_site("admin")
    def save(site: str) -> ResponseReturnValue:
        problem = desk.change(_change)
        return _page(problem) if problem.status != 200 else done("site_settings.page", "saved")

    def _page(problem: Problem = NONE) -> ResponseReturnValue:
        row = desk.row()
        values = request.form if request.method == "POST" else _values(row)
        lists = {
            "zones": zones(),
            "currencies": currencies(),
            "days": [(day, day.capitalize()) for day in WEEK_DAYS],
            "formats": FORMATS,
        }
        server = desk.opened.settings.time_zone
        may = viewer().may("admin", access.site().id)
        return desk.show("general", problem, values=values, server_zone=server, may=may, **lists)


def _values(row: Row | None) -> dict[str, str]:
    if row is None:
        return {"name": access.site().id, "hosts": access.site().id, "week_start": "monday"}
    return {
        "name": row.name,
        "hosts": "\n".join(host.name for host in row.hosts),
        "time_zone": row.time_zone,
        "currency": row.currency,
        "week_start": row.week_start,
        "query": "\n".join(row.query),
        "foreign": "\n".join(foreign.id for foreign in row.foreign),
        "identify": "on" if row.identify else "",
    }


def _change(session: Session, row: Row) -> None:
    given = request.form
    set_site(
        session,
        row,
        name=given.get("name", ""),
        hosts=parts(given.get("hosts", "")),
        time_zone=given.get("time_zone", "").strip(),
        currency=given.get("currency", "").strip(),
        week_start=given.get("week_start", ""),
        query=parts(given.get("query", "")),
        foreign=parts(given.get("foreign", "")),
        identify=bool(given.get("identify")),
    )


@cache
def zones() -> list[str]:
    """IANA's names, but for those that are kept for old programs alone."""
    old = ("Etc/", "SystemV/", "US/", "Canada/", "Brazil/", "Chile/", "Mexico/")
    return sorted(name for name in available_timezones() if name == "UTC" or ("/" in name and not name.startswith(old)))


@cache
def currencies() -> list[tuple[str, str]]:
    """Code and name."""
    names = Locale("en").currencies
    return sorted((code, str(names.get(code, code))) for code in list_currencies())
