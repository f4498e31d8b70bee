"""What may go wrong, as one sentence that says what to do. Anything else is a bug, and shows as one."""

from accounts.errors import AccountError, AccountsAway
from commands.app import App
from hits.redis import QueueAway, without_secrets
from importer.watched import Unreadable
from query.errors import BadQuestion
from settings import SettingError
from store.base import StoreAway, StoreError, StoreTaken

EXPECTED = (AccountError, AccountsAway, BadQuestion, QueueAway, SettingError, StoreError, Unreadable)


def sentence(error: Exception, app: App) -> str:
    """For a person."""
    match error:
        case QueueAway() if app.settings.own_redis:
            return (
                f"Redis is away ({error}). The private one runs while ./fizzstat run does: start that, or set FIZZSTAT_REDIS_URL."
            )
        case QueueAway():
            url = error.where or without_secrets(app.settings.redis_url)
            return f"Redis is away at {url} ({error}). Start it, or correct FIZZSTAT_REDIS_URL."
        case StoreTaken():
            return f"The store is held by another process ({error}). An importer that runs has set it up already."
        case StoreAway():
            url = without_secrets(app.settings.store_url)
            return f"The store is away at {url} ({error}). Start it, or correct FIZZSTAT_STORE_URL; hits wait meanwhile."
        case StoreError():
            return f"The store cannot do that: {error}"
        case BadQuestion() if error.place:
            return f"{error.sentence} ({error.place})"
        case AccountsAway():
            return f"{str(error)[:1].upper()}{str(error)[1:]}. Look at FIZZSTAT_ACCOUNTS_URL or FIZZSTAT_DATA_DIR."
    return str(error)
