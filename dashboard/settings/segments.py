"""A site's segments: what each is about in words, a new name, and a button that drops one. They are made on the site's page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from accounts.segments import drop_segment, rename_segment
from dashboard import access
from dashboard.access import on_site
from dashboard.settings.desk import NONE, Desk, Problem, done
from dashboard.site.filters import OPERATORS, Filter, of_question
from query.errors import BadQuestion


@dataclass(frozen=True)
class Shown:
    id: int
    name: str
    words: tuple[str, ...]


def segments(pages: Blueprint, desk: Desk) -> None:
    @pages.get("/sites/<site>/settings/segments")
    @on_site("edit")
    def segments(site: str) -> ResponseReturnValue:
        return _page()

    @pages.post("/sites/<site>/settings/segments/<int:id>")
    @on_site("edit")
    def rename_a_segment(site: str, id: int) -> ResponseReturnValue:
        problem = desk.change(lambda session, row: rename_segment(row, id, request.form.get("name", "")))
        return _page(problem, id) if problem.sentence else done("site_settings.segments", "changed")

    @pages.post("/sites/<site>/settings/segments/<int:id>/drop")
    @on_site("edit")
    def drop_a_segment(site: str, id: int) -> ResponseReturnValue:
        name = next((segment.name for segment in access.site().segments if segment.id == id), "")
        problem = desk.change(lambda session, row: drop_segment(session, row.id, name))
        return _page(problem) if problem.sentence else done("site_settings.segments", "dropped")

    def _page(problem: Problem = NONE, wrong: int = 0) -> ResponseReturnValue:
        shown = [Shown(one.id, one.name, tuple(words(part) for part in one.filters)) for one in access.site().segments]
        return desk.show("segments", problem, segments=shown, wrong=wrong)


def words(question: Sequence[Any]) -> str:
    """A filter as people read it; one of several parts as it is asked."""
    try:
        return _words(of_question(question))
    except BadQuestion:
        return orjson.dumps(question).decode()


def _words(one: Filter) -> str:
    return f"{one.label} {OPERATORS[one.operator]} {' or '.join(one.values)}"
