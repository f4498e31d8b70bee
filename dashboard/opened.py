"""What pages and API ask: the accounts' database and the store, opened when they are first asked for, since uWSGI forks after
the app was made. In: settings. Out: both, shared by all threads."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from threading import Lock

from accounts.database import Accounts, open_accounts
from hits.redis import connect
from settings import Settings
from store import open_store
from store.base import Store

Clock = Callable[[], datetime]


class Opened:
    def __init__(self, settings: Settings, clock: Clock = lambda: datetime.now(UTC)):
        self.settings, self.now = settings, clock
        self._opening = Lock()

    @property
    def store(self) -> Store:
        """Raises StoreError."""
        with self._opening:
            return self._store

    @property
    def accounts(self) -> Accounts:
        """Raises AccountsAway."""
        with self._opening:
            return self._accounts

    @cached_property
    def _store(self) -> Store:
        return open_store(self.settings, write=False)

    @cached_property
    def _accounts(self) -> Accounts:
        return open_accounts(self.settings, connect(self.settings))
