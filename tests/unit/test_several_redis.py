"""What FIZZSTAT_REDIS_URL may say, and where hits and keys go when it names several Redis."""

from collections import Counter
from pathlib import Path

import pytest

from hits.hit import Hit
from hits.queue import Queue, open_queue
from hits.redis import connect, redis_urls
from settings import SettingError, Settings, load

ONE, OTHER = "redis://a:6379", "redis://b:6379"


def settings(url: str, **more: str) -> Settings:
    return load({"FIZZSTAT_REDIS_URL": url, **more}, Path("/nowhere"))


def queue(*urls: str) -> Queue:
    return open_queue(settings(",".join(urls)))


def hits(n: int) -> list[Hit]:
    return [Hit(receipt="", received=0, way="hit", kind="view", site="a.example", ip=f"10.0.{i % 7}.{i}") for i in range(n)]


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        (ONE, [ONE]),
        (f"{ONE}, {OTHER}", [ONE, OTHER]),
        (f"{ONE}/0,{ONE}/1", [f"{ONE}/0", f"{ONE}/1"]),
        ("unix:///run/redis.sock,rediss://b", ["unix:///run/redis.sock", "rediss://b"]),
        ("redis+cluster://a:1,redis+cluster://b:1", ["redis+cluster://a:1,redis+cluster://b:1"]),
    ],
)
def test_several_redis_are_one_url_each_and_a_cluster_is_one_redis(text: str, urls: list[str]) -> None:
    assert redis_urls(settings(text)) == urls


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{ONE},{ONE}", "names a Redis twice"),
        (f"redis://:secret@a:6379,{ONE}", "names a Redis twice"),
        (f"{ONE},redis+cluster://b:1", "not both"),
        (f"{ONE},", "takes redis://host:6379"),
        (f"{ONE},http://b", "takes redis://host:6379"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_no_password_quoted(text: str, said: str) -> None:
    with pytest.raises(SettingError, match=said) as refused:
        settings(text)
    assert "FIZZSTAT_REDIS_URL" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_nothing_is_connected_before_it_is_asked() -> None:
    """And so a collector starts without any of them."""
    assert queue(ONE, OTHER).shards[1].where == OTHER
    assert "where" in vars(connect(settings("redis+cluster://nowhere.invalid:1")))


def test_another_redis_leaves_the_keys_of_the_first_as_they_are() -> None:
    alone, both = queue(ONE), queue(ONE, OTHER)
    assert [keys.queue for keys in alone.partitions] == [keys.queue for keys in both.partitions if keys.redis == 0]
    assert [keys.queue for keys in alone.partitions] == [keys.queue for keys in both.partitions if keys.redis == 1]
    assert [keys.title for keys in alone.partitions][:3] == ["0", "1", "2"]
    assert [keys.title for keys in both.partitions][:4] == ["0", "0.1", "1", "1.1"]


def test_visitors_spread_evenly_and_each_stays_with_one_redis() -> None:
    three = queue(ONE, OTHER, "redis://c:6379")
    of_each = [0, 0, 0]
    for hit in hits(3000):
        number = three.partition_of(hit)
        assert number == three.partition_of(hit)
        of_each[three.partition(number).redis] += 1
        assert three.client_of(number) is three.shards[three.partition(number).redis].client
    assert min(of_each) > 900
    of_partitions = Counter(three.partition_of(hit) for hit in hits(30_000))
    assert len(of_partitions) == 48
    assert min(of_partitions.values()) > 500


def test_another_redis_takes_its_share_of_visitors_and_all_others_stay_where_they_are() -> None:
    urls = [f"redis://{host}:6379" for host in "abcd"]
    for n in (1, 2, 3):
        before, after = queue(*urls[:n]), queue(*urls[: n + 1])
        places = [(before.partition(before.partition_of(hit)), after.partition(after.partition_of(hit))) for hit in hits(4000)]
        moved = [new for old, new in places if old.title != new.title]
        assert {keys.redis for keys in moved} == {n}
        assert len(moved) / len(places) == pytest.approx(1 / (n + 1), abs=0.03)
