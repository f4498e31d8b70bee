"""Pages of people and keys: who may give which role, what is shown once, and names that want to be markup."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.database import open_at
from accounts.keys import add_key
from accounts.sites import add_site
from accounts.users import find_user
from dashboard.app import create_app
from dashboard.pages.sites import sparkline
from settings import Settings, load
from tests.signed_in import PASSWORD, person, post, signed_in
from tests.unit.test_accounts import NOW

EVIL = '"><script>alert(1)</script>'


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"FIZZSTAT_DATA_DIR": str(tmp_path), "FIZZSTAT_REDIS_URL": "redis://127.0.0.1:1"}, Path("/nowhere"))


@pytest.fixture
def app(settings: Settings) -> Flask:
    return create_app(settings)


@pytest.fixture
def owner(app: Flask, settings: Settings) -> FlaskClient:
    return signed_in(app, settings)


@pytest.fixture
def admin(app: Flask, settings: Settings, owner: FlaskClient) -> FlaskClient:
    return signed_in(app, settings, "admin")


def id_of(page: str, name: str) -> str:
    """The number of a person on the page of people."""
    found = re.search(rf"<bdi>{name}</bdi>.*?/users/(\d+)/roles", page, re.DOTALL)
    assert found
    return found[1]


def test_an_admin_lets_somebody_in_who_then_sees_only_what_the_role_shows(app: Flask, admin: FlaskClient) -> None:
    given = {"name": "bob", "password": PASSWORD, "role": "", "sites": "a.example=viewer, b.example=editor"}
    assert post(admin, "/users", "/users", **given).headers["Location"] == "/users?done=added"
    bob = app.test_client()
    assert post(bob, "/", "/sign-in", name="bob", password=PASSWORD).status_code == 303
    for path, status in (("/sites", 200), ("/account", 200), ("/users", 403), ("/keys", 403), ("/ledger", 403)):
        assert bob.get(path).status_code == status
    menu = bob.get("/account").text
    assert "Ledger" not in menu
    assert "People" not in menu


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(admin: FlaskClient) -> None:
    for field, given in (
        ("name", {"name": ""}),
        ("password", {"password": "short"}),
        ("role", {"role": ""}),
        ("sites", {"sites": "a.example=king"}),
    ):
        all_given = {"name": "bob", "password": PASSWORD, "role": "viewer", "sites": "", **given}
        answer = post(admin, "/users", "/users", **all_given)
        assert (answer.status_code, 'class="problem"' in answer.text) == (400, True), field
        assert PASSWORD not in answer.text
        if field != "name":
            assert 'value="bob"' in answer.text


def test_nobody_gives_or_takes_a_greater_role_than_his_own(admin: FlaskClient, settings: Settings) -> None:
    name = person(settings, "owner")
    number = id_of(admin.get("/users").text, name)
    sites_owner = person(settings, "", {"a.example": "owner"})
    others = id_of(admin.get("/users").text, sites_owner)
    for path, fields in (
        ("/users", {"name": "eve", "password": PASSWORD, "role": "owner"}),
        (f"/users/{number}/roles", {"role": "viewer"}),
        (f"/users/{number}/password", {}),
        (f"/users/{number}/drop", {}),
        ("/users", {"name": "eve", "password": PASSWORD, "role": "viewer", "sites": "a.example=owner"}),
        (f"/users/{others}/roles", {"role": "viewer", "sites": ""}),
        (f"/users/{others}/password", {}),
        (f"/users/{others}/drop", {}),
    ):
        answer = post(admin, "/users", path, **fields)
        assert (answer.status_code, "Only an owner" in answer.text) == (403, True), path


def test_a_new_password_is_shown_once_and_opens(app: Flask, owner: FlaskClient, settings: Settings) -> None:
    name = person(settings, "viewer")
    number = id_of(owner.get("/users").text, name)
    shown = post(owner, "/users", f"/users/{number}/password").text
    found = re.search(r'aria-label="The new password">([^<]+)</pre>', shown)
    assert found
    assert found[1] not in owner.get("/users").text
    assert post(app.test_client(), "/", "/sign-in", name=name, password=found[1]).status_code == 303


def test_roles_are_changed_and_accounts_dropped(app: Flask, owner: FlaskClient, settings: Settings) -> None:
    name = person(settings, "viewer")
    number = id_of(owner.get("/users").text, name)
    post(owner, "/users", f"/users/{number}/roles", role="admin", sites="a.example=editor")
    with open_at(f"sqlite:///{settings.data_dir / 'accounts.db'}", print).read() as session:
        user = find_user(session, name)
        assert user
        assert (user.role, [(row.site, row.role) for row in user.sites]) == ("admin", [("a.example", "editor")])
    post(owner, "/users", f"/users/{number}/drop")
    assert name not in owner.get("/users").text
    mine = re.search(r"you</span>.*?/users/(\d+)/roles", owner.get("/users").text, re.DOTALL)
    assert mine
    answer = post(owner, "/users", f"/users/{mine[1]}/drop")
    assert (answer.status_code, "last owner" in answer.text) == (400, True)


def test_without_redis_no_key_is_made_and_that_is_said(owner: FlaskClient) -> None:
    answer = post(owner, "/keys", "/keys", name="shop", rights=["read"])
    assert (answer.status_code, "Redis is away" in answer.text) == (503, True)
    assert "shop" not in owner.get("/keys").text


def test_hostile_names_are_text_on_every_page(app: Flask, settings: Settings) -> None:
    with open_at(f"sqlite:///{settings.data_dir / 'accounts.db'}", lambda snapshot: None).change() as session:
        add_site(session, "a.example", now=NOW, name=EVIL)
        add_key(session, EVIL, "k", rights=["read"], now=NOW)
    owner = signed_in(app, settings)
    assert post(owner, "/users", "/users", name=EVIL, password=PASSWORD, role="viewer", sites=f"{EVIL}=viewer").status_code == 303
    evil = app.test_client()
    assert post(evil, "/", "/sign-in", name=EVIL, password=PASSWORD).status_code == 303
    wrong = post(app.test_client(), "/", "/sign-in", name=EVIL, password=EVIL, next=EVIL)
    paths = ("/sites", f"/sites?q={EVIL}", f"/sites?added={EVIL}", "/users", "/keys", f"/users?done={EVIL}")
    pages = [owner.get(path) for path in paths]
    pages += [evil.get("/account"), evil.get(f"/{EVIL}"), wrong, post(owner, "/users", "/users", name=EVIL, sites=EVIL)]
    for page in pages:
        assert "<script>alert" not in page.text, page.request.path
    assert sum("&lt;script&gt;alert(1)" in page.text for page in pages) >= 7


def test_a_sparkline_goes_from_left_to_right_within_its_box() -> None:
    assert sparkline([0, 2, 1]) == "0,23 50,1 100,12"
    assert sparkline([0] * 3) == "0,23 50,23 100,23"
