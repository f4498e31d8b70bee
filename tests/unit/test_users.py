"""People of the accounts' database: their names, roles, passwords and sessions, and how often may be tried to be one of them."""

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from accounts import attempts
from accounts.database import Accounts, open_at
from accounts.errors import AccountError
from accounts.first import drop_first_token, first_token, is_first_token
from accounts.logins import LASTS, begin_login, end_login, end_others, find_login, list_logins, note_use, to_be_noted
from accounts.users import add_user, drop_user, find_user, list_users, right_user, set_password, set_roles

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PASSWORD = "correct horse"


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return open_at(f"sqlite:///{tmp_path / 'accounts.db'}", lambda snapshot: None)


@pytest.fixture
def session(accounts: Accounts) -> Iterator[Session]:
    with accounts.write() as session:
        yield session


def test_a_name_is_one_persons_however_it_is_typed(session: Session) -> None:
    ann = add_user(session, " Ann Ünder ", PASSWORD, now=NOW, role="owner")
    assert (ann.name, find_user(session, "ANN U\u0308NDER")) == ("Ann Ünder", ann)
    with pytest.raises(AccountError) as refused:
        add_user(session, "ann ünder", PASSWORD, now=NOW, role="viewer")
    assert refused.value.field == "name"


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("name", {"name": " "}),
        ("name", {"name": "n" * 101}),
        ("name", {"name": "a\u202eb"}),
        ("password", {"password": "1234567"}),
        ("password", {"password": "x" * 1001}),
        ("role", {"role": "king"}),
        ("role", {"role": ""}),
        ("site", {"sites": [("a.example", "king")]}),
        ("site", {"sites": [("", "viewer")]}),
    ],
)
def test_what_a_person_cannot_be_is_refused_by_the_fields_name(session: Session, field: str, asked: dict[str, Any]) -> None:
    with pytest.raises(AccountError) as refused:
        add_user(session, **{"name": "ann", "password": PASSWORD, "role": "viewer", **asked}, now=NOW)
    assert refused.value.field == field
    session.rollback()


def test_a_password_is_kept_as_a_hash_alone(accounts: Accounts, tmp_path: Path) -> None:
    with accounts.write() as session:
        add_user(session, "ann", PASSWORD, now=NOW, role="owner")
        assert right_user(session, "Ann", PASSWORD)
        assert right_user(session, "ann", PASSWORD + " ") is None
        assert right_user(session, "bob", PASSWORD) is None
    assert PASSWORD.encode() not in (tmp_path / "accounts.db").read_bytes()


def test_the_last_owner_stays(session: Session) -> None:
    ann = add_user(session, "ann", PASSWORD, now=NOW, role="owner")
    bob = add_user(session, "bob", PASSWORD, now=NOW, role="admin")
    for lose in (lambda: drop_user(session, ann), lambda: set_roles(session, ann, "admin", [])):
        with pytest.raises(AccountError, match="last owner"):
            lose()
    set_roles(session, bob, "owner", [])
    drop_user(session, ann)
    assert [user.name for user in list_users(session)] == ["bob"]


def test_a_session_is_found_by_its_token_until_it_ends(session: Session) -> None:
    ann = add_user(session, "ann", PASSWORD, now=NOW, role="owner")
    token = begin_login(session, ann, "Firefox, Linux", NOW)
    found = find_login(session, token, NOW)
    assert found
    assert (found.user, found.agent) == (ann, "Firefox, Linux")
    assert find_login(session, token + "x", NOW) is None
    assert find_login(session, found.sha256, NOW) is None
    assert find_login(session, token, NOW + LASTS) is None


def test_a_session_that_is_used_lasts_longer_but_not_for_ever(session: Session) -> None:
    ann = add_user(session, "ann", PASSWORD, now=NOW, role="owner")
    token = begin_login(session, ann, "", NOW)
    now = NOW
    for _ in range(40):
        login = find_login(session, token, now)
        if login is None:
            break
        assert not to_be_noted(login, now)
        now += timedelta(days=20)
        assert to_be_noted(login, now)
        note_use(session, login.id, now)
    assert timedelta(days=365) <= now - NOW < timedelta(days=400)


def test_sessions_are_ended_one_by_one_and_all_but_one_and_only_ones_own(session: Session) -> None:
    ann, bob = (add_user(session, name, PASSWORD, now=NOW, role="owner") for name in ("ann", "bob"))
    tokens = [begin_login(session, ann, str(n), NOW + timedelta(minutes=n)) for n in range(4)]
    bobs = begin_login(session, bob, "", NOW)
    logins = list_logins(session, ann.id, NOW)
    assert [login.agent for login in logins] == ["3", "2", "1", "0"]
    end_login(session, bob.id, logins[0].id)
    end_login(session, ann.id, logins[1].id)
    assert [find_login(session, token, NOW) is not None for token in tokens] == [True, True, False, True]
    end_others(session, ann.id, logins[0].id)
    assert [find_login(session, token, NOW) is not None for token in (*tokens, bobs)] == [False, False, False, True, True]


def test_a_new_password_and_the_accounts_end_sign_out_everywhere(session: Session) -> None:
    ann, bob = (add_user(session, name, PASSWORD, now=NOW, role="owner") for name in ("ann", "bob"))
    tokens = [begin_login(session, user, "", NOW) for user in (ann, bob)]
    set_password(session, ann, "another one")
    drop_user(session, bob)
    assert [find_login(session, token, NOW) for token in tokens] == [None, None]
    assert right_user(session, "ann", "another one") is ann


def admitted(session: Session, name: str, address: str, now: datetime = NOW) -> bool:
    try:
        attempts.admit(session, name, address, now)
    except attempts.TooOften as often:
        return not 0 < often.seconds <= 900
    return True


def test_who_guesses_at_a_name_is_stopped_and_its_owner_elsewhere_is_not(session: Session) -> None:
    tries = [admitted(session, "Ann", "192.0.2.1") for _ in range(12)]
    assert tries == [True] * 10 + [False] * 2
    assert admitted(session, "ann", "192.0.2.2")
    assert not admitted(session, "ANN", "192.0.2.1")
    assert admitted(session, "ann", "192.0.2.1", NOW + timedelta(minutes=16))


def test_who_tries_many_names_is_stopped_and_in_ipv6_a_household_is_one(session: Session) -> None:
    tries = [admitted(session, f"name{n}", f"2001:db8::{n:x}") for n in range(1, 53)]
    assert tries == [True] * 50 + [False] * 2
    assert admitted(session, "name1", "2001:db8:0:1::1")


def test_who_has_many_addresses_is_stopped_too(session: Session) -> None:
    tries = [admitted(session, "ann", f"192.0.2.{n}") for n in range(202)]
    assert tries == [True] * 200 + [False] * 2


def test_who_got_in_may_come_again(session: Session) -> None:
    for _ in range(30):
        assert admitted(session, "ann", "192.0.2.1")
        attempts.forget(session, "ann", "192.0.2.1")


def test_the_first_token_is_its_owners_alone_and_one_however_many_ask_for_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _: first_token(tmp_path), range(16)))
    (token,) = tokens
    assert [stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()] == [0o600]
    assert is_first_token(tmp_path, f" {token}\n")
    assert not is_first_token(tmp_path, token[:-1])
    drop_first_token(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert first_token(tmp_path) != token
