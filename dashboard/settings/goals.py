"""A site's goals: what there is, three forms for a new one, and a button that drops one."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from accounts.errors import AccountError
from accounts.goals import add_goal, drop_goal
from accounts.tables import Site as Row
from dashboard.access import on_site
from dashboard.settings.desk import Desk, done, lines


def goals(pages: Blueprint, desk: Desk) -> None:
    @pages.get("/sites/<site>/settings/goals")
    @on_site("edit")
    def goals(site: str) -> ResponseReturnValue:
        return desk.show("goals")

    @pages.post("/sites/<site>/settings/goals")
    @on_site("edit")
    def add_a_goal(site: str) -> ResponseReturnValue:
        problem = desk.change(_add)
        return desk.show("goals", problem) if problem.sentence else done("site_settings.goals", "added")

    @pages.post("/sites/<site>/settings/goals/drop")
    @on_site("edit")
    def drop_a_goal(site: str) -> ResponseReturnValue:
        problem = desk.change(lambda session, row: drop_goal(session, row.id, request.form.get("goal", "")))
        return desk.show("goals", problem) if problem.sentence else done("site_settings.goals", "dropped")


def _add(session: Session, row: Row) -> None:
    given = request.form
    kind, name = given.get("kind", ""), given.get("name", "").strip()
    if kind == "event":
        event, currency = given.get("event", "").strip(), given.get("currency", "").strip()
        if not event:
            raise AccountError("event", "Which event is it?")
        properties = _properties(given.get("properties", ""))
        add_goal(session, row, name=name, event=event, properties=properties, currency=currency)
        return
    path = given.get("path", "").strip()
    if not path:
        raise AccountError("path", "Which page is it?")
    add_goal(session, row, name=name, path=path, percent=_percent(given.get("percent", "")) if kind == "scroll" else None)


def _properties(text: str) -> dict[str, str]:
    """`plan=pro` on each line."""
    pairs = [part.partition("=") for part in lines(text)]
    if wrong := [key for key, sign, _ in pairs if not sign]:
        raise AccountError("properties", f"{wrong[0]!r} is no property: give it as in plan=pro.")
    return {key.strip(): value.strip() for key, _, value in pairs}


def _percent(text: str) -> int:
    text = text.strip().removesuffix("%").strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 4):
        raise AccountError("percent", "How far, in percent? 1 to 100.")
    return int(text)
