"""The dashboard's door: the first account, signing in and out, sessions and their cookies, guesses."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from accounts.first import first_token
from dashboard.app import create_app
from dashboard.cookies import SESSION
from settings import Settings, load
from tests.signed_in import PASSWORD, login, person, post, session_of

Client = Callable[..., FlaskClient]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Redis is away: nobody needs it to sign in."""
    return load({"FIZZSTAT_DATA_DIR": str(tmp_path), "FIZZSTAT_REDIS_URL": "redis://127.0.0.1:1"}, Path("/nowhere"))


@pytest.fixture
def client(settings: Settings) -> Client:
    """A browser of its own, each time; `proxies` stand in front."""

    def client(proxies: int = 0) -> FlaskClient:
        settings.__dict__["proxy_count"] = proxies
        return create_app(settings).test_client()

    return client


def sign_in(client: FlaskClient, name: str, password: str = PASSWORD, **more: object) -> TestResponse:
    return post(client, "/", "/sign-in", name=name, password=password, **more)


def session_cookie(answer: TestResponse) -> str:
    (found,) = [text for text in answer.headers.getlist("Set-Cookie") if text.startswith(SESSION + "=")]
    return found


def make_first(client: FlaskClient, token: str, name: str = "ann", password: str = PASSWORD) -> TestResponse:
    return post(client, "/", "/first", token=token, name=name, password=password)


def test_the_first_account_is_made_with_the_token_and_owns_all(client: Client, settings: Settings, tmp_path: Path) -> None:
    browser = client()
    page = browser.get("/")
    assert page.status_code == 200
    assert set(re.findall(r'<input[^>]* name="(\w+)"', page.text)) == {"csrf_token", "token", "name", "password"}
    token = (tmp_path / "first-account").read_text()
    answer = make_first(browser, token)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sites")
    assert browser.get("/", follow_redirects=True).request.path == "/sites"
    assert "owner" in browser.get("/users").text
    assert not (tmp_path / "first-account").exists()


def test_without_the_token_there_is_no_first_account(client: Client, settings: Settings) -> None:
    browser, token = client(), first_token(settings.data_dir)
    for wrong in ("", token[:-1], token.upper()):
        answer = make_first(browser, wrong)
        assert (answer.status_code, "This is not the token" in answer.text) == (403, True)
    answer = make_first(browser, token, password="short")
    assert (answer.status_code, "8 to 1000 characters" in answer.text, 'value="ann"' in answer.text) == (400, True, True)
    assert "The first account" in browser.get("/").text


def test_a_token_opens_once(client: Client, settings: Settings) -> None:
    browser, late, token = client(), client(), first_token(settings.data_dir)
    late_form = late.get("/").text
    assert make_first(browser, token).status_code == 303
    found = re.search(r'name="csrf_token" value="(\w+)"', late_form)
    assert found
    fields = {"csrf_token": found[1], "token": token, "name": "eve", "password": PASSWORD}
    answer = late.post("/first", data=fields)
    assert (answer.status_code, "There is an account already" in answer.text) == (409, True)


def test_the_token_cannot_be_guessed_for_long(client: Client, settings: Settings) -> None:
    browser = client()
    answers = [make_first(browser, "guess").status_code for _ in range(12)]
    assert answers == [403] * 10 + [429] * 2


def test_who_signs_in_comes_to_the_page_that_was_asked_for(client: Client, settings: Settings) -> None:
    name, browser = person(settings), client()
    page = browser.get("/users?done=added", follow_redirects=True)
    assert (page.status_code, page.request.path) == (200, "/")
    answer = post(browser, page.request.full_path, "/sign-in", name=name.upper(), password=PASSWORD, next="/users?done=added")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/users?done=added")


@pytest.mark.parametrize(
    "evil", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:x"]
)
def test_nobody_is_sent_to_another_site_by_signing_in(client: Client, settings: Settings, evil: str) -> None:
    assert sign_in(client(), person(settings), next=evil).headers["Location"] == "/sites"


def test_a_wrong_name_and_a_wrong_password_are_answered_alike(client: Client, settings: Settings) -> None:
    name = person(settings)
    answers = [sign_in(client(), *asked) for asked in ((name, "wrong password"), ("somebody else", PASSWORD), ("", ""))]
    assert [answer.status_code for answer in answers] == [403] * 3
    texts = {re.sub(r'value="[^"]*"|autofocus', "", answer.text).replace("  ", " ") for answer in answers[:2]}
    assert len(texts) == 1


def test_an_unknown_name_takes_as_long_as_a_wrong_password(client: Client, settings: Settings) -> None:
    browser = client()
    names = [person(settings) for _ in range(5)]

    def took(name: str) -> float:
        begun = time.process_time()
        assert sign_in(browser, name, "wrong password").status_code == 403
        return time.process_time() - begun

    took("nobody")  # what is made once is made
    known, unknown = median(map(took, names)), median(took(f"nobody {n}") for n in range(5))
    assert 0.5 < known / unknown < 2


def test_guesses_are_stopped_for_known_and_unknown_names_alike(client: Client, settings: Settings) -> None:
    for name in (person(settings), "nobody"):
        browser = client()
        answers = [sign_in(browser, name, "a guess") for _ in range(11)]
        assert [answer.status_code for answer in answers] == [403] * 10 + [429]
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 900
        assert sign_in(browser, name).status_code == 429


def test_a_guesser_behind_our_proxy_does_not_lock_others_out(client: Client, settings: Settings) -> None:
    name, browser = person(settings), client(proxies=1)
    browser.get("/")

    def tried(password: str, address: str) -> int:
        page = browser.get("/").text
        found = re.search(r'name="csrf_token" value="(\w+)"', page)
        assert found
        fields = {"csrf_token": found[1], "name": name, "password": password}
        return browser.post("/sign-in", data=fields, headers={"X-Forwarded-For": f"10.9.9.9, {address}"}).status_code

    assert [tried("a guess", "192.0.2.1") for _ in range(11)][-2:] == [403, 429]
    assert tried(PASSWORD, "192.0.2.2") == 303


def test_a_session_begins_anew_with_each_sign_in(client: Client, settings: Settings) -> None:
    name, browser = person(settings), client()
    browser.set_cookie(SESSION, "a-value-that-somebody-else-knows")
    first = session_cookie(sign_in(browser, name))
    assert "a-value-that-somebody-else-knows" not in first
    known = client()
    known.set_cookie(SESSION, "a-value-that-somebody-else-knows")
    assert known.get("/account").status_code == 302


def test_the_cookie_is_for_the_server_alone_and_secure_over_https(client: Client, settings: Settings) -> None:
    name = person(settings)
    plain = session_cookie(sign_in(client(), name))
    assert "; HttpOnly" in plain
    assert "; SameSite=Lax" in plain
    assert "; Path=/" in plain
    assert "Secure" not in plain
    for proxies, said, secure in ((1, "https", True), (1, "http", False), (1, "http, https", True), (0, "https", False)):
        browser = client(proxies)
        page = browser.get("/", headers={"X-Forwarded-Proto": said})
        cookies = page.headers.getlist("Set-Cookie")
        assert ["; Secure" in text for text in cookies] == [secure], (proxies, said)


def test_signing_out_ends_the_session_and_not_only_its_cookie(client: Client, settings: Settings) -> None:
    browser, other, cookie = client(), client(), session_of(settings)
    for one in (browser, other):
        one.set_cookie(SESSION, cookie)
    assert other.get("/account").status_code == 200
    answer = post(browser, "/account", "/sign-out")
    assert (answer.status_code, "Max-Age=0" in session_cookie(answer)) == (303, True)
    assert other.get("/account").status_code == 302


def test_a_new_password_signs_every_other_browser_out(client: Client, settings: Settings) -> None:
    name = person(settings)
    browsers = [client() for _ in range(2)]
    for browser in browsers:
        browser.set_cookie(SESSION, login(settings, name))
    answer = post(browsers[0], "/account", "/account/password", old="wrong", password="another one")
    assert (answer.status_code, "This is not your password." in answer.text) == (403, True)
    answer = post(browsers[0], "/account", "/account/password", old=PASSWORD, password="another one")
    assert answer.headers["Location"] == "/account?done=password"
    assert [browser.get("/account").status_code for browser in browsers] == [200, 302]
    assert sign_in(client(), name).status_code == 403
    assert sign_in(client(), name, "another one").status_code == 303


def test_sessions_are_listed_and_ended_from_afar(client: Client, settings: Settings) -> None:
    name = person(settings)
    browsers = [client() for _ in range(3)]
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
    for browser in browsers:
        page = browser.get("/").text
        found = re.search(r'name="csrf_token" value="(\w+)"', page)
        assert found
        fields = {"csrf_token": found[1], "name": name, "password": PASSWORD}
        assert browser.post("/sign-in", data=fields, headers={"User-Agent": firefox}).status_code == 303
    page = browsers[0].get("/account").text
    assert page.count("Firefox, Linux</bdi>") == 3
    end = re.findall(r'action="(/account/sessions/\d+/end)"', page)
    assert len(end) == 2
    post(browsers[0], "/account", end[0])
    assert sorted(browser.get("/account").status_code for browser in browsers) == [200, 200, 302]
    post(browsers[0], "/account", "/account/sessions/end-others")
    assert [browser.get("/account").status_code for browser in browsers] == [200, 302, 302]


def test_a_database_that_is_away_is_said_in_a_page(tmp_path: Path) -> None:
    (tmp_path / "accounts.db").mkdir()
    settings = load({"FIZZSTAT_DATA_DIR": str(tmp_path), "FIZZSTAT_REDIS_URL": "redis://127.0.0.1:1"}, Path("/nowhere"))
    answer = create_app(settings).test_client().get("/")
    assert (answer.status_code, "does not answer" in answer.text) == (503, True)
