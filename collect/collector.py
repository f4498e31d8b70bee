"""What the ways in share in a process: the settings' decisions, the intake, the sites and keys."""

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

from collect.errors import TryLater
from collect.trust import Sites, Trust
from hits.hit import Hit
from hits.intake import Intake, IntakeFull, open_intake
from hits.snapshot import SnapshotReader
from settings import Settings


class Takes(Protocol):
    """What hits.intake.Intake promises."""

    def take(self, hits: Sequence[Hit]) -> None: ...


class Collector(threading.local):
    """One of each thread, since an intake is; opened at its first hit, which is after the server's fork."""

    def __init__(self, settings: Settings, intake: Takes | None = None, sites: Sites | None = None):
        self.settings, self.trust = settings, Trust.of(settings)
        self._intake, self._sites = intake, sites

    def take(self, hits: Sequence[Hit]) -> None:
        """Every hit is in Redis or in the spool when this returns. Raises TryLater."""
        try:
            (self._intake or self.intake).take(hits)
        except IntakeFull as error:
            raise TryLater("Redis is away and the spool is full", error.retry_after) from None

    @cached_property
    def intake(self) -> Intake:
        return open_intake(self.settings)

    @cached_property
    def sites(self) -> Sites:
        return self._sites or SnapshotReader(self.intake.queue.client, self.settings.redis_prefix)
