"""What may go wrong, as one sentence that says what to do. Anything else is a bug, and shows as one."""

from urllib.parse import urlsplit

from accounts.errors import AccountError, AccountsAway
from commands.app import App
from hits.redis import QueueAway, redis_url
from importer.watched import Unreadable
from settings import SettingError
from store.base import StoreAway, StoreError, StoreTaken

EXPECTED = (AccountError, AccountsAway, QueueAway, SettingError, StoreError, Unreadable)


def sentence(error: Exception, app: App) -> str:
    """For a person."""
    match error:
        case QueueAway() if app.settings.own_redis:
            return (
                f"Redis is away ({error}). The private one runs while ./fizzstat run does: start that, or set FIZZSTAT_REDIS_URL."
            )
        case QueueAway():
            url = without_secrets(redis_url(app.settings))
            return f"Redis is away at {url} ({error}). Start it, or correct FIZZSTAT_REDIS_URL."
        case StoreTaken():
            return f"The store is held by another process ({error}). An importer that runs has set it up already."
        case StoreAway():
            url = without_secrets(app.settings.store_url)
            return f"The store is away at {url} ({error}). Start it, or correct FIZZSTAT_STORE_URL; hits wait meanwhile."
        case StoreError():
            return f"The store cannot do that: {error}"
        case AccountsAway():
            return f"{str(error)[:1].upper()}{str(error)[1:]}. Look at FIZZSTAT_ACCOUNTS_URL or FIZZSTAT_DATA_DIR."
    return str(error)


def without_secrets(text: str) -> str:
    """URLs, comma-separated, without user, password and parameters."""
    return ",".join(_without_secrets(url) for url in text.split(","))


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    if not parts.netloc:
        return url.split("?")[0]
    host = parts.netloc.rpartition("@")[2]
    hidden = "***@" if "@" in parts.netloc else ""
    return f"{parts.scheme}://{hidden}{host}{parts.path}" + ("?***" if parts.query else "")
