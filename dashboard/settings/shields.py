"""Whose hits of a site are not counted: addresses, countries, hosts, paths. From then on: what was counted stays."""

from collections.abc import Sequence

import msgspec
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from accounts.shields import set_shields, shields_of
from collect.trust import Trust
from dashboard.access import on_site
from dashboard.proxies import address_of
from dashboard.settings.desk import NONE, Desk, Problem, done, lines, parts

#: Kind, label, hint.
KINDS = (
    ("ips", "Addresses and networks", "192.0.2.7, 2001:db8::/32"),
    ("countries", "Countries", "Codes of two letters: AT"),
    ("hosts", "Hosts", "Pages of staging.example.com, *.example.net"),
    ("paths", "Paths", "Pages below /admin/*; a star is any text"),
)


def shields(pages: Blueprint, desk: Desk) -> None:
    address = address_of(Trust.of(desk.opened.settings))

    @pages.get("/sites/<site>/settings/shields")
    @on_site("admin")
    def shields(site: str) -> ResponseReturnValue:
        return _page()

    @pages.post("/sites/<site>/settings/shields")
    @on_site("admin")
    def save_shields(site: str) -> ResponseReturnValue:
        given = {kind: _split(kind, request.form.get(kind, "")) for kind, _, _ in KINDS}
        problem = desk.change(lambda session, row: set_shields(row, given))
        return _page(problem) if problem.sentence else done("site_settings.shields", "saved")

    def _page(problem: Problem = NONE) -> ResponseReturnValue:
        row = desk.row()
        now = msgspec.structs.asdict(shields_of(row)) if row else {}
        values = {kind: "\n".join(now.get(kind, ())) for kind, _, _ in KINDS}
        if request.method == "POST":
            values |= {kind: request.form.get(kind, "") for kind in values}
        keeps_bots = desk.opened.settings.keep_bots
        return desk.show("shields", problem, kinds=KINDS, values=values, address=address(), keeps_bots=keeps_bots)


def _split(kind: str, text: str) -> Sequence[str]:
    """A path may have commas in it."""
    return lines(text) if kind == "paths" else parts(text)
