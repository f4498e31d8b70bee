"""Every decision of trust: whose address counts, whose hits are left out, which hosts and keys are taken."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

from collect.clean import address, ascii_host
from collect.errors import HostNotAllowed, NoKey, NoRight, TryLater
from hits.redis import QueueAway
from hits.snapshot import KeyRow, Snapshot
from settings import Settings

Headers = Callable[[str], str]


class Sites(Protocol):
    """What hits.snapshot.SnapshotReader promises."""

    def current(self) -> Snapshot: ...
    def key(self, token: str) -> KeyRow | None: ...


@dataclass(frozen=True)
class Trust:
    """`hosts` () takes all; `gpc` and `dnt`: whether these wishes are honoured."""

    proxies: int = 0
    hosts: tuple[str, ...] = ()
    gpc: bool = True
    dnt: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Self:
        hosts = tuple(ascii_host(host) for host in settings.allowed_hosts)
        return cls(settings.proxy_count, hosts, settings.honour_gpc, settings.honour_dnt)

    def client_address(self, peer: str, header: Headers) -> str:
        """The address that our outermost proxy saw: with n proxies, the n-th of X-Forwarded-For from the right.

        What stands left of it was written by the sender. With fewer entries somebody came past a proxy, and an entry that is
        no address cannot be used: then it is the peer that counts.
        """
        if self.proxies:
            forwarded = header("X_FORWARDED_FOR").split(",")
            if len(forwarded) >= self.proxies and (found := address(forwarded[-self.proxies])):
                return found
        return address(peer)

    def left_out(self, header: Headers) -> str:
        """Why a browser's hit is not to be counted: `gpc`, `dnt`, `prefetch`; "" if it is.

        https://w3c.github.io/gpc/, https://www.w3.org/TR/tracking-dnt/, https://wicg.github.io/nav-speculation/ (Sec-Purpose);
        Purpose, X-Purpose and X-Moz are what browsers sent before it.
        """
        if self.gpc and header("SEC_GPC") == "1":
            return "gpc"
        if self.dnt and header("DNT") == "1":
            return "dnt"
        purpose = header("SEC_PURPOSE") or header("PURPOSE") or header("X_PURPOSE") or header("X_MOZ")
        return "prefetch" if purpose.lower().startswith(("prefetch", "prerender", "preview")) else ""

    def check_host(self, host: str, field: str) -> None:
        """Raises HostNotAllowed. `*.example.com` takes example.com and all hosts below it; `www.` makes no difference."""
        if self.hosts and not any(_matches(host.removeprefix("www."), pattern) for pattern in self.hosts):
            raise HostNotAllowed(host, field)


def _matches(host: str, pattern: str) -> bool:
    domain = pattern.removeprefix("*.")
    return host == domain or (domain != pattern and host.endswith("." + domain))


def writer(header: Headers, sites: Sites) -> KeyRow:
    """The API key of a request that wants to write. Raises NoKey, NoRight, and TryLater when nobody can tell."""
    scheme, _, token = header("AUTHORIZATION").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NoKey("this needs an API key: Authorization: Bearer KEY (./fizzstat keys add makes one)")
    return write_key(token.strip(), sites)


def check_bound(key: KeyRow, site: str, field: str) -> None:
    """Raises NoRight if the key is for another site alone."""
    if key.site and site != key.site:
        raise NoRight(f"the key {key.name} is for {key.site} alone, and this is for {site}", field)


def write_key(token: str, sites: Sites) -> KeyRow:
    """The key itself, of a sender that puts it elsewhere. Raises as `writer` does."""
    try:
        key = sites.key(token)
    except QueueAway:
        raise TryLater("Redis is away, and the key cannot be looked up without it", 5) from None
    if key is None:
        raise NoKey("nobody knows this API key")
    if "write" not in key.rights:
        raise NoRight(f"the key {key.name} has no right to write")
    return key
