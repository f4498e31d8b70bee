"""Shields of a site, made ready: what accounts/ published in, a Shield that says whether it is against something out."""

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_network

from hits.snapshot import Shields
from importer.steps.address import read_address

Block = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Shield:
    """Blocks of addresses are (mask, what an address has under it) as numbers; None for no pattern."""

    four: tuple[Block, ...]
    six: tuple[Block, ...]
    countries: frozenset[str]
    hosts: re.Pattern[str] | None
    paths: re.Pattern[str] | None

    def hides_address(self, ip: str) -> bool:
        if not self.four and not self.six:
            return False
        try:
            number = int.from_bytes(socket.inet_pton(socket.AF_INET, ip), "big")
        except (OSError, ValueError):
            address = read_address(ip)
            if address is None:
                return False
            number, blocks = int(address), self.four if address.version == 4 else self.six
        else:
            blocks = self.four
        return any(number & mask == base for mask, base in blocks)

    def hides_page(self, host: str, path: str) -> bool:
        """A hit without host or path, as a server's event may be, is on no page."""
        if self.paths and path and self.paths.fullmatch(path):
            return True
        return bool(self.hosts and host and self.hosts.fullmatch(host))


@lru_cache(4096)
def shield_of(rows: Shields) -> Shield:
    """The same rows give the same Shield."""
    networks = [ip_network(text) for text in rows.ips]
    blocks = [(network.version, (int(network.netmask), int(network.network_address))) for network in networks]
    return Shield(
        four=tuple(block for version, block in blocks if version == 4),
        six=tuple(block for version, block in blocks if version == 6),
        countries=frozenset(rows.countries),
        hosts=_any_of(rows.hosts),
        paths=_any_of(rows.paths),
    )


def _any_of(patterns: Sequence[str]) -> re.Pattern[str] | None:
    """`*` is any characters, `/` too."""
    written = (re.escape(pattern).replace(r"\*", ".*") for pattern in patterns)
    return re.compile("|".join(f"(?:{pattern})" for pattern in written), re.DOTALL) if patterns else None
