"""A site's funnels: their names and steps, a form for a new one. The site's page counts them."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from accounts.funnels import add_funnel, drop_funnel, set_funnel
from dashboard.access import on_site
from dashboard.settings.desk import NONE, Desk, Problem, done

SHOWN = 5  # steps of a form; a funnel that has more has one free


def funnels(pages: Blueprint, desk: Desk) -> None:
    @pages.get("/sites/<site>/settings/funnels")
    @on_site("edit")
    def funnels(site: str) -> ResponseReturnValue:
        return _page()

    @pages.post("/sites/<site>/settings/funnels")
    @on_site("edit")
    def add_a_funnel(site: str) -> ResponseReturnValue:
        problem = desk.change(lambda session, row: add_funnel(session, row, *_given()))
        return _page(problem) if problem.sentence else done("site_settings.funnels", "added")

    @pages.post("/sites/<site>/settings/funnels/<int:id>")
    @on_site("edit")
    def change_a_funnel(site: str, id: int) -> ResponseReturnValue:
        problem = desk.change(lambda session, row: set_funnel(row, id, *_given()))
        return _page(problem, id) if problem.sentence else done("site_settings.funnels", "changed")

    @pages.post("/sites/<site>/settings/funnels/<int:id>/drop")
    @on_site("edit")
    def drop_a_funnel(site: str, id: int) -> ResponseReturnValue:
        problem = desk.change(lambda session, row: drop_funnel(row, id))
        return _page(problem) if problem.sentence else done("site_settings.funnels", "dropped")

    def _page(problem: Problem = NONE, wrong: int = 0) -> ResponseReturnValue:
        return desk.show("funnels", problem, wrong=wrong, fields=fields)


def fields(steps: list[str] | tuple[str, ...]) -> list[str]:
    """Those of a form: of some steps, and free ones."""
    return [*steps, *[""] * max(1, SHOWN - len(steps))]


def _given() -> tuple[str, list[str]]:
    return request.form.get("name", ""), request.form.getlist("step")
