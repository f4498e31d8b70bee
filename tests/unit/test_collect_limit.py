"""Limits per client and per site: what is let through, what is refused and how, on every way in."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collect.errors import OverLimit
from collect.limit import WAYS, Buckets, Limit
from hits.hit import Hit
from settings import Rate, SettingError, load
from tests.unit.collecting import Collected


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def hit(ip: str = "203.0.113.7", site: str = "a.example") -> Hit:
    return Hit(receipt="", received=0, way="hit", kind="view", site=site, ip=ip)


def taken(limit: Limit, one: Hit, n: int) -> int:
    """How many of n hits at once are let through."""
    let_through = 0
    for _ in range(n):
        try:
            limit.admit(one)
        except OverLimit:
            continue
        let_through += 1
    return let_through


def test_a_burst_is_let_through_and_then_the_rate() -> None:
    clock = Clock()
    limit = Limit(Buckets(Rate("", 2.0, 10), clock), None)
    assert taken(limit, hit(), 50) == 10
    clock.now += 3
    assert taken(limit, hit(), 50) == 6
    clock.now += 1000
    assert taken(limit, hit(), 50) == 10


def test_a_refusal_says_when_to_come_back_and_then_a_hit_is_let_through() -> None:
    clock = Clock()
    limit = Limit(Buckets(Rate("", 1 / 60, 1), clock), None)
    limit.admit(hit())
    with pytest.raises(OverLimit) as refused:
        limit.admit(hit())
    headers = dict(refused.value.headers)
    assert headers == {"Retry-After": "60", "X-FizzStat-Refused": "limit_client"}
    clock.now += int(headers["Retry-After"])
    limit.admit(hit())


def test_one_client_does_not_use_up_what_another_may_send() -> None:
    limit = Limit(Buckets(Rate("", 1.0, 3), Clock()), None)
    assert taken(limit, hit("203.0.113.7"), 5) == 3
    assert taken(limit, hit("203.0.113.8"), 5) == 3


def test_the_addresses_of_an_ipv6_network_are_one_client() -> None:
    limit = Limit(Buckets(Rate("", 1.0, 3), Clock()), None)
    assert taken(limit, hit("2001:db8::1"), 2) == 2
    assert taken(limit, hit("2001:db8::ffff:1"), 5) == 1
    assert taken(limit, hit("2001:db8:0:1::1"), 5) == 3


def test_a_hit_of_no_address_counts_for_its_site_alone() -> None:
    limit = Limit(Buckets(Rate("", 1.0, 1), Clock()), Buckets(Rate("", 1.0, 5), Clock()))
    assert taken(limit, hit(""), 9) == 5


def test_what_the_site_refuses_costs_the_client_nothing() -> None:
    clock = Clock()
    limit = Limit(Buckets(Rate("", 1.0, 5), clock), Buckets(Rate("", 1.0, 2), clock))
    assert taken(limit, hit(site="a.example"), 9) == 2
    assert taken(limit, hit(site="b.example"), 9) == 2
    assert taken(limit, hit(site="c.example"), 9) == 1


def test_with_more_clients_than_there_is_room_for_nobody_is_locked_out_for_longer() -> None:
    clock = Clock()
    limit = Limit(Buckets(Rate("", 1.0, 2), clock, slots=4 * WAYS), None)
    clients = [hit(f"10.0.{n}.1") for n in range(200)]
    assert all(taken(limit, one, 9) == 2 for one in clients)
    clock.now += 2
    assert all(taken(limit, one, 9) == 2 for one in clients)


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 8), st.sampled_from([0.1, 0.5, 1.0, 4.0]))
def test_it_lets_through_what_a_bucket_of_tokens_would(pauses: list[float], burst: int, rate: float) -> None:
    clock = Clock()
    clock.now = 0.0
    limit = Limit(Buckets(Rate("", rate, burst), clock), None)
    tokens = float(burst)
    for pause in pauses:
        clock.now += pause
        tokens = min(float(burst), tokens + pause * rate)
        if abs(tokens - 1) < 1e-6:
            return  # both are right
        expected = tokens >= 1
        assert taken(limit, hit(), 1) == expected
        tokens -= expected


@pytest.mark.parametrize(
    ("text", "per_second", "burst"), [("20/s burst 100", 20, 100), ("600/m", 10, 600), ("1800/h burst 5", 0.5, 5)]
)
def test_a_rate_is_written_in_words(text: str, per_second: float, burst: int) -> None:
    rate = load({"FIZZSTAT_LIMIT_SITE": text}, Path("/nowhere")).limit_site
    assert (rate.per_second, rate.burst, str(rate)) == (per_second, burst, text)


@pytest.mark.parametrize("text", ["", "20", "0/s", "20/d", "20/s burst 0", "-1/s", "20/s, burst 3", "٣/s"])
def test_a_rate_that_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingError, match=r"FIZZSTAT_LIMIT_CLIENT takes off, or a rate such as 20/s .*burst 100"):
        load({"FIZZSTAT_LIMIT_CLIENT": text}, Path("/nowhere"))


def test_without_limits_everything_is_taken() -> None:
    collected = Collected()
    assert {collected.post().status_code for _ in range(300)} == {202}


@pytest.mark.parametrize("way", ["hit", "pixel", "event"])
def test_on_every_way_in_what_is_over_the_limit_is_refused_and_not_taken(way: str) -> None:
    collected = Collected(LIMIT_CLIENT="2/h", LIMIT_SITE="3/h", PROXY_COUNT="1")

    def send(ip: str) -> object:
        if way == "event":
            return collected.event(ip_addr=ip)
        headers = {"X-Forwarded-For": ip}
        return collected.post(headers=headers) if way == "hit" else collected.pixel("url=https://example.com/", headers)

    answers = [send(ip) for ip in ("203.0.113.1", "203.0.113.1", "203.0.113.1", "203.0.113.2", "203.0.113.3")]
    assert [answer.status_code < 300 for answer in answers] == [True, True, False, True, False]
    by_client, by_site = answers[2], answers[4]
    assert (by_client.status_code, by_client.headers["X-FizzStat-Refused"]) == (429, "limit_client")
    assert (by_site.status_code, by_site.headers["X-FizzStat-Refused"]) == (429, "limit_site")
    assert 1100 < int(by_site.headers["Retry-After"]) <= 1200
    assert "FIZZSTAT_LIMIT_SITE" in by_site.json["error"]
    assert len(collected.hits) == 3


def test_each_item_of_a_list_counts_and_those_over_the_limit_are_refused_one_by_one() -> None:
    collected = Collected(LIMIT_SITE="3/h")
    answer = collected.event([{"url": "https://example.com/"}] * 2 + [{"name": "no url"}] + [{"url": "https://example.com/"}] * 3)
    assert answer.status_code == 202
    assert answer.json["accepted"] == 3
    assert [item["index"] for item in answer.json["refused"]] == [2, 4, 5]
    assert "FIZZSTAT_LIMIT_SITE" in answer.json["refused"][1]["error"]
    assert len(collected.hits) == 3
