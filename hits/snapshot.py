"""Sites and keys, as accounts/ publishes them in Redis and as collectors and importers read them."""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from typing import Any

import msgspec
import redis

from hits.breaker import Breaker
from hits.redis import QueueAway, redis_errors


class Shields(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose hits of a site are not counted: addresses and networks (CIDR), countries (ISO 3166-1), hosts and paths of its
    pages, with `*` for any characters."""

    ips: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


NO_SHIELDS = Shields()


class SiteRow(msgspec.Struct, frozen=True):
    """`id` is permanent; `hosts` belong to the site; `query` names the URL parameters that it keeps; `currency`
    is that of amounts which come without one, "" where the site has none. `foreign` has its ids in other formats, such as
    `matomo:3`; `identify`: whether its pages may tell traits of a visitor."""

    id: str
    hosts: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    shields: Shields = NO_SHIELDS
    currency: str = ""
    foreign: tuple[str, ...] = ()
    identify: bool = False


class KeyRow(msgspec.Struct, frozen=True):
    """`site` "" is all sites; `rights` are of read, write, admin."""

    name: str
    rights: tuple[str, ...]
    site: str = ""


class Snapshot(msgspec.Struct, dict=True):
    """`keys` is by the SHA-256 of the key, in hex: keys themselves are nowhere."""

    sites: tuple[SiteRow, ...] = ()
    keys: dict[str, KeyRow] = {}

    @cached_property
    def _site_by_host(self) -> dict[str, str]:
        return {host: site.id for site in self.sites for host in (*site.hosts, site.id)}

    def site_of(self, host: str) -> str:
        """The id of the site that a host (or a site's id) belongs to; an unknown one is its own. Case and `www.` are ignored."""
        host = host.lower().removeprefix("www.")
        return self._site_by_host.get(host, host)

    @cached_property
    def currencies(self) -> dict[str, str]:
        """Of the sites that have one, by id."""
        return {site.id: site.currency for site in self.sites if site.currency}

    @cached_property
    def foreign(self) -> dict[str, str]:
        """The sites' ids by theirs in other formats, such as `matomo:3`."""
        return {foreign: site.id for site in self.sites for foreign in site.foreign}

    @cached_property
    def identifying(self) -> frozenset[str]:
        """Sites whose pages may tell traits of a visitor."""
        return frozenset(site.id for site in self.sites if site.identify)


def key_hash(key: str) -> str:
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def publish(client: redis.Redis, prefix: str, snapshot: Snapshot) -> None:
    """Readers see it within a second, and an unknown key at once. Raises QueueAway."""
    with redis_errors(client):
        client.set(f"{prefix}:snapshot", msgspec.json.encode(snapshot))


def is_published(client: redis.Redis, prefix: str) -> bool:
    """Whether Redis has a snapshot. Raises QueueAway."""
    with redis_errors(client):
        return bool(client.exists(f"{prefix}:snapshot"))


class SnapshotReader:
    """Reads the snapshot at most once in `seconds`, and keeps the last one while Redis is away."""

    def __init__(
        self,
        client: redis.Redis,
        prefix: str,
        seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        breaker: Breaker | None = None,
    ):
        self._breaker = breaker or Breaker()
        self._client, self._key, self._seconds, self._clock = client, f"{prefix}:snapshot", seconds, clock
        self._text: bytes | None = None
        self._snapshot = Snapshot()
        self._read_at = -seconds
        self._known = False

    def current(self) -> Snapshot:
        if self._clock() - self._read_at >= self._seconds:
            self._read_at = self._clock()
            with suppress(QueueAway):
                self._read()
        return self._snapshot

    def key(self, token: str) -> KeyRow | None:
        """The row of a key, None if there is none; raises QueueAway when nobody can tell."""
        digest = key_hash(token)
        row = self.current().keys.get(digest)
        if row is None:
            try:
                row = self._read().keys.get(digest)
            except QueueAway:
                if not self._known:
                    raise
        return row

    def _read(self) -> Snapshot:
        with self._breaker.asking(), redis_errors(self._client):
            text: Any = self._client.get(self._key)
        if text != self._text:
            self._text = text
            self._snapshot = msgspec.json.decode(text, type=Snapshot) if text else Snapshot()
        self._known = True
        return self._snapshot
