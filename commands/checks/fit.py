"""Do the settings fit together?"""

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from commands.checks.finding import Finding, Ward, note, warning
from settings import HOME, SETTINGS


def settings_fit_together(ward: Ward) -> Iterator[Finding]:
    """No setting is without effect beside another, or undoes it."""
    settings = ward.settings
    if settings.store_url == "embedded" and settings.store_api_key:
        yield warning("FIZZSTAT_STORE_API_KEY is set, and the store is the embedded one.", "FIZZSTAT_STORE_URL=https://host:9200")
    if bool(settings.maxmind_account) != bool(settings.maxmind_key):
        yield warning("One of FIZZSTAT_MAXMIND_ACCOUNT and FIZZSTAT_MAXMIND_KEY is set without the other.")
    if settings.identity != "daily":
        yield note(f"FIZZSTAT_IDENTITY is {settings.identity}: in many countries your visitors must agree to that first.")


def what_the_network_reaches_is_meant(ward: Ward) -> Iterator[Finding]:
    """The collector and the dashboard are open to no more than they should be."""
    settings = ward.settings
    if is_local(settings.bind):
        return
    if settings.proxy_count:
        yield warning(
            f"FIZZSTAT_BIND is {settings.bind}: whoever comes past the proxy may say any address in X-Forwarded-For.",
            "FIZZSTAT_BIND=127.0.0.1, or a firewall",
        )
    yield warning(f"FIZZSTAT_BIND is {settings.bind}: without a proxy, HTTPS is nobody's work.", "FIZZSTAT_BIND=127.0.0.1")
    if not settings.allowed_hosts:
        yield note(
            "FIZZSTAT_ALLOWED_HOSTS is any: whoever reaches the collector may count pages of any site.",
            "FIZZSTAT_ALLOWED_HOSTS=example.com",
        )


def secrets_travel_safely(ward: Ward) -> Iterator[Finding]:
    """No password goes over a network in the clear."""
    for variable, urls in (("FIZZSTAT_STORE_URL", ward.settings.store_url), ("FIZZSTAT_REDIS_URL", ward.settings.redis_url)):
        for parts in map(urlsplit, filter(None, urls.split(","))):
            secret = parts.password or (variable == "FIZZSTAT_STORE_URL" and ward.settings.store_api_key)
            if parts.scheme in ("http", "redis", "redis+cluster") and secret and not is_local(parts.hostname or ""):
                yield warning(f"{variable} sends a password or key to {parts.hostname} in the clear.", "https:// or rediss://")


def secrets_are_their_owners(ward: Ward) -> Iterator[Finding]:
    """Nobody else on this machine reads a file with secrets in it."""
    file = HOME / "settings_ext.py"
    written = [row.variable for row in SETTINGS if row.secret and ward.settings.origin[row.name] == file.name]
    if written and file.exists() and file.stat().st_mode & 0o007:
        yield warning(f"Other users can read {file}, which sets {', '.join(written)}.", f"chmod o-rwx {file}")


def is_local(host: str) -> bool:
    """Whether a host is this machine, by its name or number."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


CHECKS = (settings_fit_together, what_the_network_reaches_is_meant, secrets_travel_safely, secrets_are_their_owners)
