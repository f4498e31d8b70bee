"""A site's settings over a real importer and store: hits are seen to arrive, all is exported, and erased on an owner's word."""

import csv
import html
import io
import json
import re
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.database import open_accounts
from accounts.sites import add_site, find_site
from accounts.users import find_user
from dashboard.app import create_app
from hits.hit import Hit
from hits.redis import connect
from store import open_store
from store.base import KINDS
from tests.real.asked import CHROME, NOON
from tests.real.system import System
from tests.servers import until
from tests.signed_in import person, post, signed_in

SETTINGS = "/sites/a.example/settings"
FORMULA = '=HYPERLINK("https://evil.example")'
receipts = count(1)


def hit(site: str = "a.example", path: str = "/", ip: str = "192.0.2.1", **fields: object) -> Hit:
    n, now = next(receipts), time.time_ns() // 1_000_000
    given = {
        "kind": "event" if "name" in fields else "view",
        "agent": CHROME,
        "language": "de",
        "url": f"https://{site}{path}",
        **fields,
    }
    return Hit(receipt=f"{n:032x}", id=f"id{n}", received=now, way="hit", site=site, ip=ip, **given)  # type: ignore[arg-type]


@pytest.fixture
def one(tmp_path: Path, redis_url: str, redis_prefix: str) -> Iterator[System]:
    system = System(tmp_path / "data", redis_url, redis_prefix, "embedded")
    system.take(
        [
            hit(),
            hit(path="/pricing", title=FORMULA),
            hit(name=FORMULA, data={"plan": FORMULA}),
            hit(ip="192.0.2.2", client_hash="a-customer"),
            hit(ip="192.0.2.3", path="/third"),
            hit("b.example", ip="192.0.2.4"),
        ]
    )
    system.start("import")
    system.imported()
    store = open_store(system.settings, write=False)
    until(lambda: [store.count(kind) for kind in KINDS] == [4, 4, 5, 1], "all to be found")
    store.close()
    yield system
    system.kill()


@pytest.fixture
def app(one: System) -> Flask:
    return create_app(one.settings)


@pytest.fixture
def owner(app: Flask, one: System) -> FlaskClient:
    return signed_in(app, one.settings)


def rows(owner: FlaskClient, kind: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(owner.get(f"{SETTINGS}/export/{kind}.csv").text)))


def numbers(owner: FlaskClient) -> list[int]:
    """Of clients, visits, views, events."""
    return [len(rows(owner, kind)) for kind in KINDS]


def documents(owner: FlaskClient, kind: str, settings: str = SETTINGS) -> list[dict[str, object]]:
    return [json.loads(line) for line in owner.get(f"{settings}/export/{kind}.ndjson").text.splitlines()]


def when_done(owner: FlaskClient, answer: object) -> str:
    """What the page of an order says in the end."""
    place = answer.headers["Location"]  # type: ignore[attr-defined]
    assert re.fullmatch(r"/orders/[0-9a-f,]+", place), place
    said = until(lambda: "Done." in (page := owner.get(place).text) and page, "the order to be carried out")
    return html.unescape(str(said))


def test_all_that_is_stored_of_a_site_is_exported_and_nothing_of_another(owner: FlaskClient, one: System) -> None:
    answer = owner.get(f"{SETTINGS}/export/view.ndjson")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.example view.ndjson"'
    stored = [source for source in one.documents("view") if source["site"] == "a.example"]
    told = [{name: value for name, value in line.items() if name != "_id"} for line in documents(owner, "view")]
    assert told == stored
    assert len(told) == 4
    assert {row["url.path"] for row in rows(owner, "view")} == {"/", "/pricing", "/third"}
    assert numbers(owner) == [3, 3, 4, 1]
    assert [one["visit"]["pages"] for one in one.documents("visit") if one["site"] == "a.example"] == [
        json.loads(row["visit.pages"]) for row in rows(owner, "visit")
    ]
    page = owner.get(f"{SETTINGS}/export").text
    assert re.findall(r"<li><span>(\w+) <span class=\"quiet\">(\d+)</span>", page) == [
        ("Views", "4"),
        ("Events", "1"),
        ("Visits", "3"),
        ("Visitors", "3"),
    ]
    assert owner.get(f"{SETTINGS}/export/settings.json").json["id"] == "a.example"
    assert owner.get(f"{SETTINGS}/export/users.csv").status_code == 404


def test_a_spreadsheet_runs_nothing_of_what_visitors_sent(owner: FlaskClient) -> None:
    (event,) = rows(owner, "event")
    assert (event["event.name"], json.loads(event["event.data"])) == (f"'{FORMULA}", {"plan": FORMULA})
    assert f"'{FORMULA}" in {row["page.title"] for row in rows(owner, "view")}
    cells = [cell for kind in KINDS for row in rows(owner, kind) for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_a_visitor_is_erased_by_id_or_hash_and_no_other_is(owner: FlaskClient, one: System) -> None:
    third = next(source["client"]["id"] for source in one.documents("view") if source["url"]["path"] == "/third")
    others = next(source["client"]["id"] for source in one.documents("view") if source["site"] == "b.example")
    for nobody in (others, "0" * 32, "nobody", "", "%"):
        answer = post(owner, SETTINGS, f"{SETTINGS}/erase/visitor", visitor=nobody)
        assert (answer.status_code, "Nothing of such a visitor" in answer.text) == (404, True)
    for name in (third.upper(), "a-customer"):
        said = when_done(owner, post(owner, SETTINGS, f"{SETTINGS}/erase/visitor", visitor=f" {name} "))
        assert "3 documents and dead hits are erased" in said  # a view, a visit, a client
    until(lambda: numbers(owner) == [1, 1, 2, 1], "searches to know")
    assert len(documents(owner, "view", "/sites/b.example/settings")) == 1


def test_all_data_goes_when_the_id_is_typed_and_settings_stay(owner: FlaskClient, one: System) -> None:
    post(owner, SETTINGS, f"{SETTINGS}/goals", kind="page", path="/thanks")
    for typed in ("", "A.example", "b.example"):
        answer = post(owner, SETTINGS, f"{SETTINGS}/erase/data", data=typed)
        assert (answer.status_code, "To be sure, type a.example." in answer.text) == (400, True)
    assert len(rows(owner, "view")) == 4
    when_done(owner, post(owner, SETTINGS, f"{SETTINGS}/erase/data", data="a.example"))
    until(lambda: numbers(owner) == [0, 0, 0, 0], "searches to know")
    assert "Visit /thanks" in owner.get(f"{SETTINGS}/goals").text
    assert len(documents(owner, "view", "/sites/b.example/settings")) == 1


def test_a_deleted_site_is_gone_with_its_roles(app: Flask, owner: FlaskClient, one: System) -> None:
    accounts = open_accounts(one.settings, connect(one.settings))
    with accounts.change() as session:
        add_site(session, "a.example", now=NOON)
    name = person(one.settings, "", {"a.example": "viewer", "b.example": "viewer"})
    page = when_done(owner, post(owner, SETTINGS, f"{SETTINGS}/erase/site", site="a.example"))
    assert "To the sites" in page
    until(lambda: owner.get(SETTINGS).status_code == 404, "the site to be gone")
    assert "a.example" not in owner.get("/sites").text
    with accounts.read() as session:
        user = find_user(session, name)
        assert user
        assert (find_site(session, "a.example"), [row.site for row in user.sites]) == (None, ["b.example"])


def test_an_order_that_is_none_and_one_that_erases_nothing_are_not_shown(owner: FlaskClient) -> None:
    for wrong in ("nothing", "0" * 32, "0" * 31, ",", ",".join(["0" * 32] * 51)):
        assert owner.get(f"/orders/{wrong}").status_code == 404


def test_the_snippets_page_says_what_became_of_the_hits_that_came(owner: FlaskClient, one: System) -> None:
    page = owner.get(f"{SETTINGS}/snippet").text
    found = re.search(r'data-counted="([^"]*)"', page)
    assert found
    began = html.unescape(found[1])

    def said(state: str) -> str:
        """Without a script, and with it."""
        asked = f"{SETTINGS}/snippet/arrived"
        answer = until(lambda: (told := owner.get(asked, query_string={"counted": began}).json)["state"] == state and told, state)
        sentence = str(answer["sentence"])
        assert html.escape(sentence) in owner.get(f"{SETTINGS}/snippet", query_string={"counted": began}).text.replace(
            "&#39;", "'"
        )
        return sentence

    assert said("waits").startswith("No hit yet")
    one.take([hit("b.example")])
    assert said("waits")
    one.take([hit(agent="Googlebot/2.1 (+http://www.google.com/bot.html)")])
    assert "A bot, a crawler" in said("dropped")
    one.take([hit(path="/again")])
    assert said("counted") == "It works: a hit came, and counted."


def test_a_guest_sees_the_numbers_of_a_public_site_and_nobodys_documents(app: Flask, owner: FlaskClient, one: System) -> None:
    post(owner, SETTINGS, f"{SETTINGS}/sharing/public", public="on")
    guest, site = app.test_client(), "/sites/a.example"
    # buffered: the page is sent part by part, and its request ends with its last one
    pages = [
        guest.get(site + path, buffered=True)
        for path in ("", "/parts/top", "/parts/pages", "/details/pages", "/filter", "/csv/pages")
    ]
    assert [page.status_code for page in pages] == [200] * 6
    assert "/pricing" in pages[2].text
    clients = {source["client"]["id"] for source in one.documents("view")}
    for page in pages:
        assert "/documents" not in page.text, page.request.path
        assert not [client for client in clients if client in page.text], page.request.path
    for path in ("/documents", "/csv/documents", "/settings/export/view.ndjson"):
        assert guest.get(site + path).headers["Location"].startswith("/?next="), path
    asked = guest.post(f"{site}/ask/documents", json={"date_range": "all"}, headers={"Accept": "application/json"})
    assert asked.status_code == 401
