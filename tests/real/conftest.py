"""Fixtures of a whole FizzStat: `system` starts one, `store_url` runs a test on each store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.system import Start, System


@pytest.fixture(params=["embedded", "elasticsearch_8", "elasticsearch_9"])
def store_url(request: pytest.FixtureRequest) -> str:
    return "embedded" if request.param == "embedded" else str(request.getfixturevalue(request.param))


@pytest.fixture
def system(tmp_path: Path, redis_url: str, redis_prefix: str) -> Iterator[Start]:
    """`system(store_url)`: a System on the shared Redis, or on `redis_url=`; more settings as keywords."""
    systems: list[System] = []

    def start(store_url: str, redis_url: str = redis_url, **more: str) -> System:
        n = len(systems)
        systems.append(System(tmp_path / f"data{n}", redis_url, f"{redis_prefix}-{n}", store_url, **more))
        return systems[-1]

    yield start
    for one in systems:
        one.kill()
