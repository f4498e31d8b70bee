"""How many hits are taken of a client and of a site (FIZZSTAT_LIMIT_CLIENT, _SITE): a Hit in, OverLimit raised, or nothing.

Token buckets: each holds `burst` tokens, a hit takes one, and the rate fills it up. What is kept of a bucket is one number,
when it is full again (the generic cell rate algorithm, ITU-T I.371). They lie in memory that is made before the server
forks, so the processes of a collector share them: under uWSGI a limit holds for a machine, whichever process is asked. In
Redis it would hold for all machines, and cost each hit a round trip: bench/limit.py has the figures of both.

There is room for SLOTS buckets. One that is full again makes room, and where none is, that which will be full first does.
Nothing is locked: two processes that ask for one client within the same microsecond may let one hit more through.

A client is an address, of IPv6 its first 64 bits, which is what a household or a server gets. The memory holds no address
but hashes, under a key that Python makes anew with every start.
"""

import math
import mmap
import struct
import time
from collections.abc import Callable
from socket import AF_INET6, inet_pton
from typing import Self

from collect.errors import OverLimit
from hits.hit import Hit
from settings import Rate, Settings

SLOTS = 1 << 16
WAYS = 4  # places where a bucket may be

_SLOT = struct.Struct("Qd")  # hash, when it is full again


class Buckets:
    """The buckets of one rate."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic, slots: int = SLOTS):
        self._every = 1 / rate.per_second  # seconds that a token takes to come
        self._ahead = (rate.burst - 1) * self._every  # how far behind being full a bucket still has a token
        self._clock, self._groups = clock, slots // WAYS
        memory = memoryview(mmap.mmap(-1, slots * _SLOT.size))
        self._hash, self._full = memory.cast("Q"), memory.cast("d")

    def wait(self, key: object) -> tuple[int, float]:
        """The place of a bucket, and how many seconds it takes until it has a token (0: now)."""
        mark, now = hash(key) & 0xFFFF_FFFF_FFFF_FFFF or 1, self._clock()
        first = oldest = 2 * WAYS * (mark % self._groups)
        for place in range(first, first + 2 * WAYS, 2):
            if self._hash[place] == mark:
                return place, max(0.0, self._full[place + 1] - self._ahead - now)
            if self._full[place + 1] < self._full[oldest + 1]:
                oldest = place
        self._full[oldest + 1] = 0.0
        self._hash[oldest] = mark
        return oldest, 0.0

    def spend(self, place: int) -> None:
        self._full[place + 1] = max(self._full[place + 1], self._clock()) + self._every


class Limit:
    """`clients` or `sites` None: no such limit."""

    def __init__(self, clients: Buckets | None, sites: Buckets | None):
        self._clients, self._sites = clients, sites

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """None when both are off. To be made before the server forks."""
        client, site = settings.limit_client, settings.limit_site
        if not client and not site:
            return None
        return cls(Buckets(client) if client else None, Buckets(site) if site else None)

    def admit(self, hit: Hit) -> None:
        """Take a token of the client's bucket and one of the site's, or neither, and raise OverLimit.

        A server's hit that names no address is nobody's, and is limited as its site's alone.
        """
        client = site = -1
        if self._clients and hit.ip:
            client, seconds = self._clients.wait(_network(hit.ip))
            if seconds:
                raise OverLimit("client", math.ceil(seconds))
        if self._sites:
            site, seconds = self._sites.wait(hit.site)
            if seconds:
                raise OverLimit("site", math.ceil(seconds))
        if self._clients and client >= 0:
            self._clients.spend(client)
        if self._sites:
            self._sites.spend(site)


def _network(ip: str) -> str | bytes:
    return inet_pton(AF_INET6, ip)[:8] if ":" in ip else ip
