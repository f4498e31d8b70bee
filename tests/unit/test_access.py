"""Who may do what: every route of the dashboard is asked by everybody, and no change is made without a page's token."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from accounts.database import open_at
from accounts.sites import add_site
from dashboard.access import NO_SITE, WITHOUT_SESSION, Needs, declared, open_to_all
from dashboard.app import create_app
from dashboard.cookies import SESSION
from settings import Settings, load
from tests.signed_in import csrf_of, login, person

#: What stands for the arguments of a path; rights are looked at before any other.
PATHS = {
    "site": "a.example",
    "part": "sources",
    "tab": "pages",
    "what": "pages",
    "name": "query",
    "kind": "view",
    "form": "csv",
    "id": 999,
}
RANKS = {"view": 1, "edit": 2, "admin": 3, "owner": 4}


class Who(NamedTuple):
    """A role on everything and one on a.example, as ranks: 1 is a viewer, 4 an owner; `name` None is signed out."""

    name: str | None
    all: int = 0
    site: int = 0


class Dashboard(NamedTuple):
    app: Flask
    settings: Settings
    people: dict[str, Who]
    cookies: dict[str, str]

    def cookie(self, name: str, fresh: bool = False) -> str:
        if fresh or name not in self.cookies:
            self.cookies[name] = login(self.settings, name)
        return self.cookies[name]


ROLES = ("viewer", "editor", "admin", "owner")


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Dashboard:
    folder = tmp_path_factory.mktemp("access")
    settings = load({"FIZZSTAT_DATA_DIR": str(folder), "FIZZSTAT_REDIS_URL": "redis://127.0.0.1:1"}, Path("/nowhere"))
    with open_at(f"sqlite:///{folder / 'accounts.db'}", lambda snapshot: None).change() as session:
        for id in ("a.example", "b.example"):
            add_site(session, id, now=datetime(2026, 11, 25, tzinfo=UTC))
    people = {"nobody": Who(None), "other": Who(person(settings, "", {"b.example": "owner"}))}
    for n, role in enumerate(ROLES, 1):
        people[role] = Who(person(settings, role), n, n)
        people[f"site's {role}"] = Who(person(settings, "", {"a.example": role}), 0, n)
    return Dashboard(create_app(settings), settings, people, {})


def routes(app: Flask) -> Iterator[tuple[str, str, Needs]]:
    """(method, path, what it declares) of all that ask for a session."""
    needs = {endpoint: needs for _, endpoint, needs in declared(app)}
    for rule in app.url_map.iter_rules():
        if rule.endpoint in needs:
            given = {name: PATHS.get(name, "nothing") for name in rule.arguments}
            with app.test_request_context():
                path = str(app.url_map.bind("localhost").build(rule.endpoint, given))
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield method, path, needs[rule.endpoint]


def asked(dashboard: Dashboard, who: Who, method: str, path: str, json: bool = False) -> TestResponse:
    """As somebody who is signed in; with the right token, which not even that opens."""
    client = dashboard.app.test_client()
    if who.name:
        client.set_cookie(SESSION, dashboard.cookie(who.name, fresh=method != "GET"))  # a change may end it
    headers = {"Accept": "application/json"} if json else {}
    if method == "GET":
        return client.get(path, headers=headers)
    page = client.get("/account" if who.name else "/").text
    return client.open(path, method=method, headers=headers, data={"csrf_token": csrf_of(page)})


def test_every_route_lets_in_who_may_and_nobody_else(dashboard: Dashboard) -> None:
    checked = 0
    for method, path, needs in routes(dashboard.app):
        for role, who in dashboard.people.items():
            answer, case = asked(dashboard, who, method, path, json=True), f"{method} {path} by {role}"
            if method != "GET":
                dashboard.cookies.pop(str(who.name), None)
            refusal = (answer.json or {}).get("error", "") if answer.is_json else ""
            signed_out = answer.status_code == 401 and "not signed in" in refusal
            not_allowed = answer.status_code == 403 and "role" in refusal and "it takes" in refusal
            not_there = answer.status_code == 404 and refusal == NO_SITE
            if needs.right is None:
                expected = (False, False, False)
            elif who.name is None:
                expected = (True, False, False)
            elif needs.where == "site":
                expected = (False, 0 < who.site < RANKS[needs.right], who.site == 0)
            else:
                expected = (False, needs.where == "fizzstat" and who.all < RANKS[needs.right], False)
            assert (signed_out, not_allowed, not_there) == expected, f"{case}: {answer.status_code} {refusal}"
            checked += 1
    assert checked > 100


def test_every_change_needs_the_token_of_a_page(dashboard: Dashboard) -> None:
    owner = dashboard.people["owner"]
    assert owner.name
    for method, path, needs in routes(dashboard.app):
        if method == "GET":
            continue
        client = dashboard.app.test_client()
        client.set_cookie(SESSION, login(dashboard.settings, owner.name))
        others = asked(dashboard, dashboard.people["admin"], "GET", "/account").text
        for data in ({}, {"csrf_token": ""}, {"csrf_token": csrf_of(others)}):
            answer = client.open(path, method=method, data=data)
            assert (answer.status_code, "was not ours" in answer.text) == (403, True), (method, path, data, needs)


def test_a_change_from_another_site_is_refused_whatever_it_sends(dashboard: Dashboard) -> None:
    name = str(dashboard.people["owner"].name)
    client = dashboard.app.test_client()
    client.set_cookie(SESSION, login(dashboard.settings, name))
    data = {"csrf_token": csrf_of(client.get("/account").text)}
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ):
        assert client.post("/account/sessions/end-others", data=data, headers=headers).status_code == 403
    ours = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    assert client.post("/account/sessions/end-others", data=data, headers=ours).status_code == 303
    answer = client.post("/account/sessions/end-others", headers={"X-CSRF-Token": data["csrf_token"]})
    assert answer.status_code == 303


def test_a_site_that_may_not_be_seen_looks_as_one_that_there_is_not(dashboard: Dashboard) -> None:
    paths = {rule.rule for rule in dashboard.app.url_map.iter_rules() if rule.endpoint not in WITHOUT_SESSION}
    for path in sorted(path for path in paths if path == "/sites/<site>"):
        other = dashboard.people["other"]
        hidden = asked(dashboard, other, "GET", path.replace("<site>", "a.example"))
        absent = asked(dashboard, other, "GET", path.replace("<site>", "c.example"))
        assert (hidden.status_code, absent.status_code) == (404, 404)
        assert hidden.text.replace(csrf(hidden), "") == absent.text.replace(csrf(absent), "")


def csrf(answer: TestResponse) -> str:
    return csrf_of(answer.text)


def test_who_is_signed_out_is_brought_back_after_signing_in(dashboard: Dashboard) -> None:
    answer = asked(dashboard, Who(None), "GET", "/users?done=added")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/?next=/users?done%3Dadded")


def test_an_app_with_a_route_that_declares_no_right_does_not_start() -> None:
    app = Flask("forgetful")
    app.add_url_rule("/open", "open", open_to_all(lambda: ""))
    assert [path for path, _, _ in list(declared(app))] == ["/open"]
    app.add_url_rule("/secrets", "secrets", lambda: "")
    with pytest.raises(TypeError, match="/secrets does not say who may"):
        list(declared(app))


def test_the_api_needs_no_token_and_looks_at_no_session(dashboard: Dashboard) -> None:
    client = dashboard.app.test_client()
    client.set_cookie(SESSION, login(dashboard.settings, str(dashboard.people["owner"].name)))
    answer = client.post("/api/v2/query", json={"site_id": "a.example"})
    assert (answer.status_code, "needs an API key" in answer.text) == (401, True)
    assert client.get("/api/nowhere").json == {"error": "The requested URL was not found on the server.", "field": ""}
    assert client.get("/healthz").json == {"ok": True}
