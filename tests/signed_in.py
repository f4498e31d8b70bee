"""Accounts of a dashboard's tests: clients and browsers that are signed in, with a role or with roles on sites alone."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from accounts.database import open_accounts
from accounts.logins import begin_login
from accounts.users import add_user, user_called
from dashboard.cookies import SESSION
from hits.redis import connect
from settings import Settings

PASSWORD = "a long password"
numbers = count(1)


def person(settings: Settings, role: str = "owner", sites: Mapping[str, str] | None = None) -> str:
    """Somebody new; the name."""
    name = f"{role or 'guest'} {next(numbers)}"
    with open_accounts(settings, connect(settings)).write() as session:
        add_user(session, name, PASSWORD, now=datetime.now(UTC), role=role, sites=list((sites or {}).items()))
    return name


def login(settings: Settings, name: str) -> str:
    """The cookie of a browser in which this person has just signed in."""
    with open_accounts(settings, connect(settings)).write() as session:
        return begin_login(session, user_called(session, name), "A test", datetime.now(UTC))


def session_of(settings: Settings, role: str = "owner", sites: Mapping[str, str] | None = None) -> str:
    """The cookie of somebody new."""
    return login(settings, person(settings, role, sites))


def signed_in(app: Flask, settings: Settings, role: str = "owner", sites: Mapping[str, str] | None = None) -> FlaskClient:
    client = app.test_client()
    client.set_cookie(SESSION, session_of(settings, role, sites))
    return client


def cookie(settings: Settings, url: str, role: str = "owner", sites: Mapping[str, str] | None = None) -> dict[str, str]:
    """For Playwright: `context.add_cookies([cookie(settings, url)])`."""
    return {"name": SESSION, "value": session_of(settings, role, sites), "url": url, "sameSite": "Lax"}


def csrf_of(page: str) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="csrf_token" value="(\w+)"', page)
    assert found, "the page has no form with a token"
    return found[1]


def post(client: FlaskClient, page: str, path: str, /, **fields: object) -> TestResponse:
    """Send a form as the page at `page` would."""
    return client.post(path, data={"csrf_token": csrf_of(client.get(page).text), **fields})
