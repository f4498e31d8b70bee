"""What every command is handed: settings, and on asking what they lead to. Nothing is read or opened before."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

import click

from hits.ledger import Ledger
from hits.queue import Queue, open_queue
from hits.redis import connect
from settings import Settings, load

if TYPE_CHECKING:
    from accounts.database import Accounts
    from store.base import Store


class App:
    """Of one run of the CLI. Accounts and stores are imported when they are wanted: that halves the time of `--help`."""

    @cached_property
    def settings(self) -> Settings:
        """Raises SettingError."""
        return load()

    @cached_property
    def queue(self) -> Queue:
        """With all partitions that were ever in use. Raises QueueAway."""
        queue = open_queue(self.settings)
        queue.keep_all_partitions()
        return queue

    @cached_property
    def accounts(self) -> "Accounts":
        """Raises AccountsAway."""
        from accounts.database import open_accounts

        return open_accounts(self.settings, connect(self.settings))

    @contextmanager
    def store(self, write: bool = False) -> Iterator["Store"]:
        """For reading: all that was stored so far is found. Raises StoreError."""
        from store import open_store

        store = open_store(self.settings, write=write)
        try:
            if not write:
                store.refresh()
            yield store
        finally:
            store.close()

    def ledger(self, site: str | None = None, day: str | None = None) -> Ledger:
        """Raises QueueAway."""
        from hits import ledger
        from hits.drain import spooled
        from hits.spool import spool_folder

        return ledger.read(self.queue, spooled(self.queue, spool_folder(self.settings.data_dir)), site, day)

    def site_id(self, text: str | None) -> str | None:
        """The id of the site that a host belongs to; what belongs to none is taken for an id. Raises AccountsAway."""
        if text is None:
            return None
        from accounts.sites import id_of

        with self.accounts.read() as session:
            return id_of(session, text)


pass_app = click.make_pass_decorator(App)
