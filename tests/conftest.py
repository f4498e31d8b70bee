"""Fixtures of real servers. A server that cannot start fails the tests that want it; nothing is skipped.

Per session:
- `redis_url`: the URL of a Redis that the tests of one process share; use `redis_prefix` for all keys.
- `elasticsearch_8`, `elasticsearch_9`: the URL of an Elasticsearch that all test processes share; use `index_prefix`.

Per test:
- `redis_prefix`: a prefix for keys that no other test has.
- `index_prefix`: a prefix for indices that no other test has; what was made under it is deleted afterwards.
- `elasticsearch_url`: runs the test with `elasticsearch_8`, then with `elasticsearch_9`.
- `stores`: runs the test with the embedded store, then with both Elasticsearches: `store = stores(write=True)` opens it,
  set up or not as the test likes; `stores.document("view", "1", {…})` makes a document for it.
- `redis_server`: a function that starts a Redis of the test's own: `server = redis_server(unix=True, maxmemory="8mb")`;
  then `server.url`, `.client()`, `.stop()`, `.kill()`, `.start()`, `.restart()`, `.freeze()`, `.thaw()`.
- `elasticsearch_server`: a function that starts an Elasticsearch of the test's own, in some seconds:
  `server = elasticsearch_server("9.2.0")`; methods as above.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from tests.servers import (
    ELASTICSEARCH_8,
    ELASTICSEARCH_9,
    ElasticsearchServer,
    RedisServer,
    open_folder,
    shared_elasticsearch,
)
from tests.stores import STORES, Opener


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server.url
    server.kill()


@pytest.fixture
def redis_prefix() -> str:
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[Callable[..., RedisServer]]:
    servers: list[RedisServer] = []

    def start(**options: str | bool) -> RedisServer:
        # a unix socket's path has room for 107 bytes, which pytest's folders may exceed
        server = RedisServer(folders.enter_context(open_folder("redis")), **options)  # type: ignore[arg-type]
        servers.append(server)
        server.start()
        return server

    with ExitStack() as folders:
        yield start
        for server in servers:
            server.kill()


@pytest.fixture(scope="session")
def _elasticsearch_urls() -> list[str]:
    """Those that this process uses."""
    return []


@pytest.fixture(scope="session")
def elasticsearch_8(_elasticsearch_urls: list[str]) -> Iterator[str]:
    with shared_elasticsearch(ELASTICSEARCH_8) as url:
        _elasticsearch_urls.append(url)
        yield url


@pytest.fixture(scope="session")
def elasticsearch_9(_elasticsearch_urls: list[str]) -> Iterator[str]:
    with shared_elasticsearch(ELASTICSEARCH_9) as url:
        _elasticsearch_urls.append(url)
        yield url


@pytest.fixture(params=["elasticsearch_8", "elasticsearch_9"])
def elasticsearch_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def index_prefix(_elasticsearch_urls: list[str]) -> Iterator[str]:
    with own_prefix(_elasticsearch_urls) as prefix:
        yield prefix


@contextmanager
def own_prefix(urls: list[str]) -> Iterator[str]:
    """A prefix for indices; what was made under it in these Elasticsearches is deleted afterwards."""
    prefix = f"t{uuid.uuid4().hex[:12]}"
    yield prefix
    for url in urls:
        with Elasticsearch(url) as client:
            indices = client.indices.get(index=f"{prefix}-*", expand_wildcards="all")
            if indices.body:
                client.indices.delete(index=list(indices.body))
            client.options(ignore_status=404).indices.delete_index_template(name=f"{prefix}-*")


@pytest.fixture(params=STORES)
def stores(request: pytest.FixtureRequest, tmp_path: Path, index_prefix: str) -> Iterator[Opener]:
    url = "embedded" if request.param == "embedded" else request.getfixturevalue(request.param)
    opener = Opener(url, index_prefix, tmp_path)
    yield opener
    opener.close()


@pytest.fixture
def elasticsearch_server() -> Iterator[Callable[..., ElasticsearchServer]]:
    servers: list[ElasticsearchServer] = []

    def start(version: str = ELASTICSEARCH_9, **options: str) -> ElasticsearchServer:
        server = ElasticsearchServer(folders.enter_context(open_folder("elasticsearch")), version, **options)
        servers.append(server)
        server.start()
        return server

    with ExitStack() as folders:
        yield start
        for server in servers:
            server.kill()
