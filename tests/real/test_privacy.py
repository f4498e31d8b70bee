"""An address is on disk until its hit is imported and Redis has rewritten its file; a dead salt is nowhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hits.hit import Hit
from hits.keys import salt_key
from importer.salts import Salts, end, period_of
from tests.real.system import Start, System, redis_is_there
from tests.real.test_crashes import GOOGLEBOT, NOON, first_hits, hit, later_hits
from tests.servers import RedisServer, until

HOUR = 3_600_000
DAY = period_of(NOON, "daily")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis whose files lie in the data folder, as the private one's do."""
    folder = tmp_path / "data0" / "redis"
    folder.mkdir(parents=True)
    server = RedisServer(folder)
    server.start()
    yield server
    server.kill()


def found_in(folder: Path, what: bytes) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and what in path.read_bytes()]


def fill(one: System, server: RedisServer) -> bytes:
    """Hits by Redis and by the spool; one whose document is refused, one bot; the salt that they were told apart by."""
    importer, drain = one.start("import"), one.start("drain")
    one.take(first_hits())
    one.imported()
    server.stop()
    one.take(later_hits())
    assert found_in(one.settings.data_dir / "spool", b"203.0.113.")
    server.start()
    until(lambda: redis_is_there(one.client), "Redis")
    one.take([unreadable(), hit("view", 7, 3, "bot", agent=GOOGLEBOT)])
    one.client.rpush(one.queue.partitions[0].queue, b'{"v":9,"ip":"203.0.113.66"}')
    one.imported()
    until(lambda: not list((one.settings.data_dir / "spool").glob("*.spool")), "the spool's files to be deleted")
    for process in (importer, drain):
        process.terminate()
        assert process.wait(30) == 0
    salt = one.client.get(salt_key(one.settings.redis_prefix, DAY))
    assert isinstance(salt, bytes)
    return salt


def unreadable() -> Hit:
    one = hit("view", 8, 3, "future")
    one.v = 99
    return one


def rewritten(one: System) -> None:
    def done() -> bool:
        info = one.client.info("persistence")
        return not info["aof_rewrite_in_progress"] and not info["aof_rewrite_scheduled"]

    until(done, "Redis to have rewritten its file")


def test_after_a_salts_death_neither_it_nor_an_address_is_in_any_file(system: Start, server: RedisServer) -> None:
    one = system("embedded", server.url)
    folder = one.settings.data_dir
    salt = fill(one, server)
    assert found_in(folder, salt)
    assert found_in(folder, b"203.0.113.")
    died = Salts(one.queue).bury(end(DAY) + 24 * HOUR)
    assert DAY in died
    rewritten(one)
    assert found_in(folder, salt) == []
    assert found_in(folder, b"203.0.113.") == []
    assert one.client.get(salt_key(one.settings.redis_prefix, DAY)) is None
    assert len(one.documents("view")) == 6


def test_a_salt_lives_on_while_its_visits_may_go_on_or_its_hits_wait(system: Start, redis_server) -> None:
    one = system("embedded", redis_server().url)
    salts = Salts(one.queue)
    salts.take({DAY}, NOON)
    assert salts.bury(end(DAY) + 23 * HOUR) == []
    assert salts.bury(end(DAY) + 25 * HOUR, oldest_spooled=NOON) == []
    one.take([hit("view", 1, 0, "a")])
    assert salts.bury(end(DAY) + 25 * HOUR) == []
    one.client.delete(*(keys.queue for keys in one.queue.partitions))
    assert salts.bury(end(DAY) + 25 * HOUR) == [DAY]


def test_a_salt_that_is_made_again_marks_its_day(system: Start, redis_server) -> None:
    one = system("embedded", redis_server().url)
    salts = Salts(one.queue)
    (first,) = salts.take({DAY}, NOON).values()
    assert salts.take({DAY}, NOON) == {DAY: first}
    assert salts.resalted() == []
    salts.bury(end(DAY) + 25 * HOUR)
    (second,) = salts.take({DAY}, NOON).values()
    assert second != first
    assert salts.resalted() == [DAY]


def test_a_past_days_salt_stays_a_day_after_its_last_hit(system: Start, redis_server) -> None:
    one = system("embedded", redis_server().url)
    salts = Salts(one.queue)
    now = NOON + 400 * 24 * HOUR
    salts.take({DAY}, now)
    assert salts.bury(now) == []
    left = one.client.pexpiretime(salt_key(one.settings.redis_prefix, DAY))
    assert left == now + 24 * HOUR


def test_a_permanent_salt_never_dies(system: Start, redis_server) -> None:
    one = system("embedded", redis_server().url)
    salts = Salts(one.queue)
    salts.take({"permanent"}, NOON)
    assert salts.bury(NOON + 5000 * 24 * HOUR) == []
