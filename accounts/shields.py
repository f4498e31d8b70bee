"""Shields of a site: what a person wrote in, the rows that importers read out. AccountError names what cannot be."""

from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network

import ada_url
from babel import Locale

from accounts.errors import AccountError
from accounts.tables import Shield, Site
from hits.snapshot import Shields

MOST = 500  # of a kind and site
LONGEST = 500  # characters
_TERRITORIES: Mapping[str, str] = Locale("en").territories
_COUNTRIES = frozenset(code for code in _TERRITORIES if len(code) == 2) - {"ZZ", "EU", "EZ", "UN"}


def set_shields(site: Site, given: Mapping[str, Sequence[str]]) -> None:
    """Replace the lists that are given: of `ips`, `countries`, `hosts` and `paths`. Raises AccountError."""
    for kind, texts in given.items():
        values = list(dict.fromkeys(_CHECKS[kind](text.strip()) for text in texts))
        if len(values) > MOST:
            raise AccountError(f"shield_{kind}", f"A site has at most {MOST} shields of a kind, and these are {len(values)}.")
        kept = {shield.value: shield for shield in site.shields if shield.kind == kind}
        rest = [shield for shield in site.shields if shield.kind != kind]
        site.shields = rest + [kept.get(value) or Shield(kind=kind, value=value) for value in values]


def shields_of(site: Site) -> Shields:
    return Shields(**{kind: tuple(sorted(shield.value for shield in site.shields if shield.kind == kind)) for kind in _CHECKS})


def _ip(text: str) -> str:
    """An address or network; an address in a network stands for the whole network."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise AccountError(
            "shield_ips", f"{text!r} is no address; give one as in 192.0.2.7 or 2001:db8::7, or a network as in 192.0.2.0/24."
        ) from None
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _country(text: str) -> str:
    if text.upper() not in _COUNTRIES:
        raise AccountError("shield_countries", f"{text!r} is no country; give a code of two letters such as AT.")
    return text.upper()


def _host(text: str) -> str:
    host = text.lower().removeprefix("www.").removesuffix(".")
    if not host or len(host) > 253 or any(letter in " /:?#@" or not letter.isprintable() for letter in host):
        raise AccountError("shield_hosts", f"{text!r} is no host; give it as in staging.example.com or *.example.com.")
    return ".".join(label if label.isascii() else ada_url.idna.encode(label).decode() for label in host.split("."))


def _path(text: str) -> str:
    """As documents have it: as browsers write it (WHATWG), percent-encoded."""
    if not text.startswith(("/", "*")) or any(letter in text for letter in "?#"):
        raise AccountError("shield_paths", f"{text!r} is no path; it begins with / and has no query, as in /admin/*.")
    path = ada_url.URL("https://host/" + text.removeprefix("/")).pathname
    path = path if text.startswith("/") else path.removeprefix("/")
    if len(path) > LONGEST:
        raise AccountError("shield_paths", f"A path in a shield has at most {LONGEST} characters.")
    return path


_CHECKS: Mapping[str, Callable[[str], str]] = {"ips": _ip, "countries": _country, "hosts": _host, "paths": _path}
