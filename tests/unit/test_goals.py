"""Goals and segments of a site, in SQLite: what may be asked for, and what is kept."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from accounts.asked import site_asked_of
from accounts.database import Accounts, open_at
from accounts.errors import AccountError
from accounts.goals import MOST, add_goal, drop_goal, list_goals
from accounts.segments import add_segment, drop_segment, list_segments
from accounts.sites import add_site, adopt, drop_site, set_site, site_called
from query.site import Goal, Segment
from settings import load

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SETTINGS = load({"FIZZSTAT_TIME_ZONE": "Europe/Vienna", "FIZZSTAT_IDENTITY": "monthly"}, Path("/nowhere"))


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    accounts = open_at(f"sqlite:///{tmp_path / 'accounts.db'}", lambda snapshot: None)
    with accounts.change() as session:
        add_site(session, "a.example", now=NOW)
    return accounts


def add(accounts: Accounts, site: str = "a.example", **given: Any) -> Goal:
    """The goal as questions are told of it."""
    with accounts.change() as session:
        name = add_goal(session, site_called(session, site), **given).name
    with accounts.read() as session:
        goals = site_asked_of(site_called(session, site), SETTINGS).goals
    return next(goal for goal in goals if goal.name == name)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"path": "/blog/**"}, "Visit /blog/**"),
        ({"event": "signup"}, "signup"),
        ({"path": "/blog/*", "percent": 75}, "Scroll 75% on /blog/*"),
        ({"path": "/blog/*", "name": "Reads us"}, "Reads us"),
    ],
)
def test_a_goal_without_a_name_gets_the_one_that_plausible_gives(accounts: Accounts, given: Mapping[str, Any], name: str) -> None:
    assert add(accounts, **given).name == name


def test_questions_are_told_all_of_a_goal(accounts: Accounts) -> None:
    goal = add(accounts, event="buy", properties={"plan": "pro", "seats": "5"}, currency="eur", name="Bought")
    assert goal == Goal(goal.id, "Bought", "event", event="buy", properties={"plan": "pro", "seats": "5"}, currency="EUR")
    assert add(accounts, path="/b", percent=50).percent == 50


def test_a_goals_page_is_written_as_documents_have_it(accounts: Accounts) -> None:
    assert add(accounts, path="/über uns/*").path == "/%C3%BCber%20uns/*"


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("path", {}),
        ("path", {"path": "/a", "event": "b"}),
        ("path", {"path": "blog"}),
        ("path", {"path": "/blog?page=2"}),
        ("path", {"path": "/" + "a" * 2048}),
        ("event", {"event": "e" * 129}),
        ("event", {"event": " "}),
        ("event", {"path": "/a", "currency": "EUR"}),
        ("event", {"path": "/a", "properties": {"plan": "pro"}}),
        ("percent", {"path": "/a", "percent": 0}),
        ("percent", {"path": "/a", "percent": 101}),
        ("percent", {"event": "a", "percent": 50}),
        ("properties", {"event": "a", "properties": {"": "pro"}}),
        ("properties", {"event": "a", "properties": {str(n): "" for n in range(11)}}),
        ("currency", {"event": "a", "currency": "EURO"}),
        ("name", {"event": "a", "name": "n" * 201}),
        ("name", {"event": "a", "name": "a\x1b[31m"}),
    ],
)
def test_what_a_goal_cannot_be_is_refused_by_the_fields_name(accounts: Accounts, field: str, given: dict[str, Any]) -> None:
    with pytest.raises(AccountError) as refused:
        add(accounts, **given)
    assert refused.value.field == field
    with accounts.read() as session:
        assert list_goals(session) == []


def test_a_site_has_one_goal_of_a_name_and_another_site_may_have_it_too(accounts: Accounts) -> None:
    with accounts.change() as session:
        add_site(session, "b.example", now=NOW)
    add(accounts, event="signup")
    with pytest.raises(AccountError, match="already"):
        add(accounts, path="/signup", name="signup")
    assert add(accounts, "b.example", event="signup").name == "signup"


def test_a_site_has_a_bounded_number_of_goals(accounts: Accounts) -> None:
    with accounts.change() as session:
        for n in range(MOST):
            add_goal(session, site_called(session, "a.example"), event=f"event {n}")
    with pytest.raises(AccountError, match=f"at most {MOST} goals"):
        add(accounts, event="one more")


def test_a_dropped_goal_is_gone(accounts: Accounts) -> None:
    add(accounts, event="signup")
    with accounts.change() as session:
        drop_goal(session, "a.example", "signup")
    with pytest.raises(AccountError, match="has no goal 'signup'"), accounts.change() as session:
        drop_goal(session, "a.example", "signup")


def test_a_segment_keeps_its_filters_as_they_were_written(accounts: Accounts) -> None:
    filters = [["or", [["is", "visit:country", ["AT"]], ["contains", "event:page", ["/über"], {"case_sensitive": False}]]]]
    with accounts.change() as session:
        id = add_segment(session, site_called(session, "a.example"), " Ours ", filters).id
    with accounts.read() as session:
        assert site_asked_of(site_called(session, "a.example"), SETTINGS).segments == (Segment(id, "Ours", filters),)
    with accounts.change() as session:
        drop_segment(session, "a.example", "Ours")
        assert list_segments(session) == []


@pytest.mark.parametrize(
    ("field", "name", "filters"), [("name", "", [["is"]]), ("name", "n" * 201, [["is"]]), ("filters", "a", [])]
)
def test_what_a_segment_cannot_be_is_refused(accounts: Accounts, field: str, name: str, filters: list[Any]) -> None:
    with pytest.raises(AccountError) as refused, accounts.change() as session:
        add_segment(session, site_called(session, "a.example"), name, filters)
    assert refused.value.field == field


def test_a_site_that_is_dropped_and_comes_back_has_no_goals(accounts: Accounts) -> None:
    add(accounts, event="signup")
    with accounts.change() as session:
        add_segment(session, site_called(session, "a.example"), "Ours", [["is", "visit:country", ["AT"]]])
        drop_site(session, site_called(session, "a.example"), received=0)
    with accounts.change() as session:
        adopt(session, {"a.example": 1}, NOW)
        assert list_goals(session) == list_segments(session) == []


def test_questions_are_told_a_sites_time_zone_and_week_or_the_servers(accounts: Accounts) -> None:
    with accounts.change() as session:
        site = site_called(session, "a.example")
        told = site_asked_of(site, SETTINGS)
        assert (told.zone, told.week_starts, told.currency, told.identity) == ("Europe/Vienna", "monday", "", "monthly")
        set_site(session, site, time_zone="America/New_York", week_start="sunday", currency="usd")
        told = site_asked_of(site, SETTINGS)
        assert (told.zone, told.week_starts, told.currency) == ("America/New_York", "sunday", "USD")
