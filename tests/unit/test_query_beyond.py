"""Funnels, journeys, flows and retention count right; what comes in is plain ways of visits, without a store."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from query import flows, funnel, journeys, retention, steps
from query.asked import choice, flag, rate, whole
from query.dates import Bucket
from query.documents import _after, _next
from query.errors import BadQuestion
from query.properties import flat
from query.site import Goal, Site
from query.terms import page_test

SITE = Site("a.example", goals=(Goal(7, "Sign up", "event", event="signup"), Goal(8, "Blog", "page", path="/blog/**")))

BITS = st.lists(st.integers(0, 7), max_size=8)
WAYS = st.lists(st.tuples(st.integers(1, 4), BITS), max_size=12)


def reached(bits: list[int], n_steps: int) -> int:
    """The plainest way: try every choice of hits for the first one, two, … steps."""
    for n in range(n_steps, 0, -1):
        for chosen in combinations(bits, n):
            if all(bit >> step & 1 for step, bit in enumerate(chosen)):
                return n
    return 0


@given(WAYS)
def test_a_funnel_finds_the_farthest_step_of_every_visit_and_visitor(ways: list[tuple[int, list[int]]]) -> None:
    counted = funnel.count(((str(n), client, bits) for n, (client, bits) in enumerate(ways)), 3)
    farthest = [reached(bits, 3) for _, bits in ways]
    assert counted.visits == [sum(one > n for one in farthest) for n in range(3)]
    of_clients = [{client for (client, _), one in zip(ways, farthest, strict=True) if one > n} for n in range(3)]
    assert counted.visitors() == [len(clients) for clients in of_clients]
    assert counted.begun == [str(n) for n, one in enumerate(farthest) if one]


def test_one_hit_is_one_step_of_a_funnel_at_most() -> None:
    assert funnel.count([("a", 1, [0b11])], 2).visits == [1, 0]
    assert funnel.count([("a", 1, [0b11, 0b11])], 2).visits == [1, 1]


def test_a_funnel_tells_who_dropped_off_and_percentages_with_one_decimal() -> None:
    rows = funnel.rows(["/", "/pricing", "signup"], [3, 2, 0], [4, 2, 0])
    assert [row["dimensions"] for row in rows] == [[1, "/"], [2, "/pricing"], [3, "signup"]]
    assert [row["metrics"] for row in rows] == [[3, 4, 0, 100.0, 100.0], [2, 2, 1, 66.7, 66.7], [0, 0, 2, 0.0, 0.0]]
    assert [row["metrics"][3:] for row in funnel.rows(["a", "b"], [0, 0], [0, 0])] == [[0.0, 0.0], [0.0, 0.0]]


def hits(text: str, at: str = "*", events: bool = True) -> list[journeys.Hit]:
    """`a b! c*`: ! is an event, * is what is looked at."""
    words = text.split()
    kinds = [(0.0, "event" if "!" in word else "view", word.strip("!*")) for word in words]
    return list(journeys.hits(kinds, [int(at in word) for word in words], events))


@pytest.mark.parametrize(
    ("visit", "around"),
    [
        ("a b c* d e f", ("a", "b", "at", "d", "e")),
        ("c* d", (None, "(entry)", "at", "d", "(exit)")),
        ("b c*", ("(entry)", "b", "at", "(exit)", None)),
        ("a b c* d c* e", ("a", "b", "at", "d", "c")),
        ("a b", None),
        ("a a a c* c* d", ("(entry)", "a", "at", "d", "(exit)")),
        ("a x! c* y!", ("a", "x", "at", "y", "(exit)")),
        ("a vitals! c* error!", ("(entry)", "a", "at", "(exit)", None)),
        ("a c c* d", ("a", "c", "at", "d", "(exit)")),
    ],
)
def test_journeys_are_what_is_around_the_first_hit_that_is_looked_at(visit: str, around: journeys.Way | None) -> None:
    assert journeys.way(hits(visit), "at", 2, 2) == around


def test_events_are_steps_of_journeys_only_if_wished_but_for_the_one_that_is_looked_at() -> None:
    assert journeys.way(hits("a x! c!* y! d", events=False), "c", 1, 1) == ("a", "c", "d")


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=8), st.integers(0, 3), st.integers(0, 3))
def test_journeys_are_the_window_around_the_first(names: list[str], before: int, after: int) -> None:
    seen = [("view", name, name == "c") for name in names]
    found = journeys.way(seen, "c", before, after)
    if "c" not in names:
        assert found is None
        return
    padded: list[str | None] = [*[None] * 9, "(entry)", *names, "(exit)", *[None] * 9]
    middle = padded.index("c")
    assert found == tuple(padded[middle - before : middle + after + 1])


def test_journeys_are_counted_by_offset_or_as_whole_ways() -> None:
    ways: list[tuple[int, journeys.Way]] = [(1, ("a", "at", "b")), (1, ("a", "at", "(exit)")), (2, ("(entry)", "at", "b"))]
    places, total = journeys.count(ways, 1, whole_ways=False)
    assert total == 3
    assert places == {(-1, "a"): ({1}, 2), (1, "b"): ({1, 2}, 2), (1, "(exit)"): ({1}, 1), (-1, "(entry)"): ({2}, 1)}
    assert journeys.count(ways, 1, whole_ways=True)[0][("a", "at", "b")] == ({1}, 1)


@given(st.lists(st.lists(st.sampled_from(["/a", "/b", "/b/1"]), max_size=7), max_size=6), st.booleans())
def test_flows_are_the_moves_between_unlike_pages(ways: list[list[str]], narrowed: bool) -> None:
    wanted = page_test("/b/*") if narrowed else None
    of_visits, made = flows.count(ways, wanted)
    moves: list[tuple[int, str, str]] = []
    for n, pages in enumerate(ways):
        way = ["(entry)", *pages, "(exit)"] if pages else []
        moves += [(n, way[i], way[i + 1]) for i in range(len(way) - 1) if way[i] != way[i + 1]]
    moves = [move for move in moves if not narrowed or "/b/1" in move]
    assert made == {move[1:]: sum(other[1:] == move[1:] for other in moves) for move in moves}
    assert of_visits == {move[1:]: len({other[0] for other in moves if other[1:] == move[1:]}) for move in moves}


def test_visitors_are_of_the_period_that_their_visits_began_in() -> None:
    assert retention.who([(1, 5), (1, 12), (2, 10), (3, 29)], [10, 20]) == [{1, 2}, {3}]


def test_retention_follows_those_who_were_new() -> None:
    came = [{1, 2, 3}, {2, 4, 9}, {1, 2}]
    yes = [[True] * 3] * 3
    assert list(retention.matrix(came, {9}, yes)) == [
        *((0, 0, 3, 3), (0, 1, 1, 3), (0, 2, 2, 3)),
        *((1, 0, 1, 1), (1, 1, 0, 1)),
        (2, 0, 0, 0),
    ]


def weeks() -> list[Bucket]:
    starts = [datetime(2026, 11, day, tzinfo=UTC) for day in (16, 23)] + [datetime(2026, 11, 30, tzinfo=UTC)]
    ms = [round(start.timestamp() * 1000) for start in starts]
    return [Bucket(str(n), start, start + 7 * 86_400_000) for n, start in enumerate(ms)]


@pytest.mark.parametrize(
    ("identity", "known"),
    [("daily", "100 010 001"), ("monthly", "110 110 001"), ("permanent", "111 111 111")],
)
def test_who_came_again_is_told_as_far_as_visitors_are_known(identity: str, known: str) -> None:
    told = retention.known(weeks(), identity)
    assert " ".join("".join(str(int(one)) for one in row) for row in told) == known


@pytest.mark.parametrize(
    ("value", "name", "goal"),
    [
        ("/pricing", "/pricing", Goal(0, "/pricing", "page", path="/pricing")),
        ("**/end", "**/end", Goal(0, "**/end", "page", path="**/end")),
        ("Sign up", "Sign up", SITE.goals[0]),
        ("signup", "signup", Goal(0, "signup", "event", event="signup")),
        ({"goal": 8}, "Blog", SITE.goals[1]),
        ({"goal": "Blog", "name": "read"}, "read", SITE.goals[1]),
        (
            {"event": "buy", "properties": {"plan": "pro"}},
            "buy",
            Goal(0, "buy", "event", event="buy", properties={"plan": "pro"}),
        ),
    ],
)
def test_a_step_is_a_page_an_event_or_a_goal(value: Any, name: str, goal: Goal) -> None:
    assert steps.read(value, SITE, "steps.0") == steps.Step(name, goal)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (7, "s"),
        ({}, "s"),
        ({"page": "/", "event": "x"}, "s"),
        ({"page": "/", "color": 1}, "s.color"),
        ({"page": "/", "properties": {}}, "s.properties"),
        ({"page": ""}, "s.page"),
        ({"page": "\ud800"}, "s.page"),
        ({"event": "buy", "properties": {"plan": 7}}, "s.properties.plan"),
        ({"event": "buy", "properties": []}, "s.properties"),
        ({"event": "pageview"}, "s.event"),
        ({"goal": "nothing"}, "s.goal"),
        ({"goal": True}, "s.goal"),
        ({"goal": []}, "s.goal"),
        ({"page": "/", "name": 1}, "s.name"),
    ],
)
def test_a_step_that_is_none_is_refused_with_its_place(value: Any, place: str) -> None:
    with pytest.raises(BadQuestion) as refused:
        steps.read(value, SITE, "s")
    assert refused.value.place == place


@pytest.mark.parametrize(
    "read",
    [
        lambda: whole({"limit": 0}, "limit", 10, 1, 100),
        lambda: whole({"limit": True}, "limit", 10, 1, 100),
        lambda: whole({"limit": 1.0}, "limit", 10, 1, 100),
        lambda: choice({"limit": []}, "limit", "a", ("a", "b")),
        lambda: flag({"limit": 1}, "limit"),
    ],
)
def test_what_is_no_number_word_or_flag_is_refused_with_its_name(read: Callable[[], object]) -> None:
    with pytest.raises(BadQuestion) as refused:
        read()
    assert refused.value.place == "limit"


def test_a_percentage_of_nothing_is_0() -> None:
    assert (rate(0, 0), rate(1, 3)) == (0.0, 33.3)


def test_the_keys_of_properties_are_dotted_paths() -> None:
    assert list(flat({"plan": "pro", "cart": {"size": 3, "items": ["a"]}, "no": None, "none": [], "empty": {}})) == [
        "plan",
        "cart.size",
        "cart.items",
    ]


def hit(id: str, time: int, client: int) -> dict[str, Any]:
    return {"_id": id, "_source": {"@timestamp": time, "client": {"num": client}}}


def test_a_cursor_names_the_documents_that_tie_with_the_last_one() -> None:
    after = _after(_next([hit("a", 2, 1), hit("b", 1, 5), hit("c", 1, 5)], None))
    assert after
    assert (after.time, after.client, after.told) == (1, 5, ["b", "c"])
    further = _after(_next([hit("d", 1, 5)], after))
    assert further
    assert further.told == ["b", "c", "d"]


@given(st.text() | st.integers() | st.lists(st.text()) | st.booleans())
def test_what_is_no_cursor_is_refused(value: Any) -> None:
    with pytest.raises(BadQuestion) as refused:
        _after(value)
    assert refused.value.place == "after"
