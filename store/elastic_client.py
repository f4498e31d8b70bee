"""The way to an Elasticsearch: FIZZSTAT_STORE_URL in; a client, and what its errors mean to whoever uses the store, out."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

import urllib3
from elastic_transport import NodeConfig, TransportError, Urllib3HttpNode
from elasticsearch import ApiError, Elasticsearch, UnsupportedProductError
from elasticsearch.serializer import OrjsonSerializer

from store.base import StoreAway, StoreError

CONNECT_SECONDS = 3
ANSWER_SECONDS = 60
DEFAULT_PORTS = {"http": 9200, "https": 443}


class BadStoreUrl(StoreError, ValueError):
    """FIZZSTAT_STORE_URL cannot be used; the message quotes nothing of it, since it may hold a password."""


class _Node(Urllib3HttpNode):
    """A server that is not there is known soon; one that works may take its time."""

    def __init__(self, config: NodeConfig):
        super().__init__(config)
        self.pool.timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)


def connect(url: str, api_key: str = "") -> tuple[Elasticsearch, str]:
    """A client, and the URL without secrets. `url`: one or several, comma-separated, `http(s)://[USER:PASSWORD@]HOST[:PORT]`.

    A user without a password is an API key, as in `https://KEY@host`; `api_key` is one from a setting of its own, and wins.
    """
    hosts, basic = [], None
    for text in filter(None, map(str.strip, url.split(","))):
        try:
            parts = urlsplit(text)
            port = parts.port or DEFAULT_PORTS[parts.scheme]
        except (ValueError, KeyError):
            parts = urlsplit("")
        if not parts.hostname:
            raise BadStoreUrl("FIZZSTAT_STORE_URL takes `embedded`, or http://host:9200 or https://host, comma-separated")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        hosts.append(f"{parts.scheme}://{host}:{port}{parts.path.rstrip('/')}")
        if parts.password is not None:
            basic = (unquote(parts.username or ""), unquote(parts.password))
        elif parts.username:
            api_key = api_key or unquote(parts.username)
    hosts = list(dict.fromkeys(hosts))
    if not hosts:
        raise BadStoreUrl("FIZZSTAT_STORE_URL is empty: it takes `embedded`, or http://host:9200")
    client = Elasticsearch(
        hosts,
        node_class=_Node,
        serializer=OrjsonSerializer(),
        api_key=api_key or None,
        basic_auth=None if api_key else basic,
        max_retries=len(hosts) - 1,
    )
    return client, ",".join(hosts)


@contextmanager
def talking(url: str, wrong: type[StoreError] = StoreError) -> Iterator[None]:
    """Turn the client's errors into the store's; `wrong` is raised when the server finds the question wrong (400)."""
    try:
        yield
    except UnsupportedProductError:
        raise StoreError(f"{url} answers, but is no Elasticsearch that its own client accepts") from None
    except ApiError as error:
        raise _meaning(url, error.status_code, f"{error.error}: {_root(error)}", wrong) from None
    except TransportError as error:
        raise StoreAway(f"{url} does not answer: {error.message}") from None


def _meaning(url: str, status: int, said: str, wrong: type[StoreError]) -> StoreError:
    if status in (401, 403):
        return StoreAway(f"{url} refuses this user or key, or is read-only: {said}")
    if status == 429 or status >= 500:
        return StoreAway(f"{url} asks to be left alone ({status}): {said}")
    return wrong(said) if status == 400 else StoreError(f"{url} answers {status}: {said}")


def _root(error: ApiError) -> str:
    """The sentence that says what is wrong; a search's stands in `root_cause`."""
    try:
        return str(error.body["error"]["root_cause"][0]["reason"])[:300]
    except (TypeError, KeyError, IndexError):
        return str(error.message)[:300]
