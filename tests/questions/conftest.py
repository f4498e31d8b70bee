"""Fixtures of the questions' tests, per process: `world` has the traffic in all stores, beside the oracles."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.questions.world import World, filled, oracles
from tests.stores import STORES


@pytest.fixture(scope="session")
def urls(elasticsearch_8: str, elasticsearch_9: str) -> dict[str, str]:
    return dict(zip(STORES, ("embedded", elasticsearch_8, elasticsearch_9), strict=True))


@pytest.fixture(scope="session")
def world(urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with ExitStack() as open_stores:
        stores = {name: open_stores.enter_context(filled(url, tmp_path_factory.mktemp("world"))) for name, url in urls.items()}
        yield World(stores, oracles())
