"""What a limit and the counters cost a hit, in microseconds: `.venv/bin/python -m bench.limit [REDIS_URL]`.

Beside the limit as it is, in shared memory, stands the same bucket as a Lua script in a Redis (one of its own, unless one is
named), which would be exact over several machines.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import redis

from collect.arrival import Answer
from collect.figures import count
from collect.limit import Buckets, Limit
from hits.hit import Hit
from metrics.table import TAKEN
from metrics.tally import Tally
from settings import Rate
from tests.servers import RedisServer

RATE = Rate("1000000/s burst 1000000", 1e6, 1_000_000)
HITS = [
    Hit(receipt="", received=0, way="hit", kind="view", site=f"{n % 50}.example", ip=f"203.0.{n >> 8 & 255}.{n & 255}")
    for n in range(20_000)
]
LUA = """
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
if full - now > tonumber(ARGV[2]) then
  return 0
end
redis.call('SET', KEYS[1], full + tonumber(ARGV[1]), 'EX', 60)
return 1
"""


def microseconds(act: Callable[[Hit], object]) -> float:
    """The least of seven rounds: what others do on the machine is no cost of a hit."""
    rounds = []
    for _ in range(7):
        began = time.perf_counter()
        for hit in HITS:
            act(hit)
        rounds.append((time.perf_counter() - began) / len(HITS) * 1e6)
    return min(rounds)


def counted(tally: Tally) -> Callable[[Hit], object]:
    """All that a hit adds to a collector's tally."""
    given = Answer(202)

    def act(hit: Hit) -> None:
        began = time.perf_counter()
        tally.add(TAKEN, hit.way)
        count(tally, "/hit", given, time.perf_counter() - began)

    return act


def main(url: str) -> None:
    client = redis.Redis.from_url(url, single_connection_client=True)
    script = client.register_script(LUA)
    with TemporaryDirectory() as folder:
        figures = {
            "a loop alone": microseconds(lambda hit: None),
            "counters": microseconds(counted(Tally(Path(folder), "collect"))),
            "limit, client": microseconds(Limit(Buckets(RATE), None).admit),
            "limit, client and site": microseconds(Limit(Buckets(RATE), Buckets(RATE)).admit),
            "limit, client, in Redis": microseconds(lambda hit: script(keys=[f"bench:{hit.ip}"], args=[1e-6, 1.0])),
        }
    for name, us in figures.items():
        print(f"{name:26} {us:8.2f} µs a hit")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with TemporaryDirectory() as own:
            server = RedisServer(Path(own))
            server.start()
            try:
                main(server.url)
            finally:
                server.kill()
