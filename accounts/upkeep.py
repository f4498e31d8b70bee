"""Keeps the snapshot in Redis when Redis was emptied: importer and dashboard call on it. An empty database says nothing,
since a machine without accounts of its own must not put its nothing in the place of what another machine published."""

import logging
from threading import Event

import redis
from sqlalchemy import select

from accounts.database import open_accounts
from accounts.errors import AccountsAway
from accounts.tables import Key, Site
from hits.redis import QueueAway, connect
from hits.snapshot import is_published
from settings import Settings

log = logging.getLogger("fizzstat.accounts")

EVERY = 10.0  # seconds between looks


def keep_published(settings: Settings, stop: Event) -> None:
    """Look now and then until `stop` is set; what is away is looked for again."""
    client = connect(settings)
    while not stop.is_set():
        try:
            ensure_published(settings, client)
        except QueueAway as error:
            log.debug("Redis is away: %s", error)
        except AccountsAway as error:
            log.warning("sites and keys are not published: %s", error)
        stop.wait(EVERY)


def ensure_published(settings: Settings, client: redis.Redis) -> bool:
    """Publish if Redis has no snapshot and there is something to say; whether it was done. Raises QueueAway, AccountsAway."""
    if is_published(client, settings.redis_prefix):
        return False
    accounts = open_accounts(settings, client)
    with accounts.read() as session:
        if not session.scalars(select(Site.id).limit(1)).all() and not session.scalars(select(Key.name).limit(1)).all():
            return False
    with accounts.change():
        pass
    log.info("sites and keys are published again")
    return True
