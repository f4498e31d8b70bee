"""What the ways in share in a process: the settings' decisions, limits, the intake, the sites and keys, the counts."""

import threading
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Protocol, TypeVar

from collect.errors import PastWaits, Refused, TryLater
from collect.limit import Limit
from collect.trust import Sites, Trust
from hits.breaker import Breaker
from hits.hit import Hit
from hits.intake import Intake, IntakeFull, open_intake
from hits.queue import breakers_of, is_past
from hits.snapshot import SnapshotReader
from metrics.table import REFUSED, SPOOLED, TAKEN
from metrics.tally import Tally, tally_folder
from settings import Settings

T = TypeVar("T")


class Takes(Protocol):
    """What hits.intake.Intake promises."""

    def take(self, hits: Sequence[Hit]) -> None: ...

    def past_waits(self) -> bool: ...


class Collector(threading.local):
    """One of each thread, since an intake is; opened at its first hit, which is after the server's fork. All share `limit`
    and, in a process, `breakers`, one a Redis."""

    def __init__(
        self,
        settings: Settings,
        intake: Takes | None = None,
        sites: Sites | None = None,
        limit: Limit | None = None,
        tally: Tally | None = None,
        breakers: Sequence[Breaker] = (),
    ):
        self.settings, self.trust = settings, Trust.of(settings)
        self._intake, self._sites, self._limit, self._tally = intake, sites, limit, tally
        self._breakers = breakers or breakers_of(settings)

    def take(self, hits: Sequence[Hit]) -> None:
        """Every hit is in Redis or in the spool when this returns. Raises OverLimit, PastWaits and TryLater."""
        for hit in hits:
            self.admit(hit)
        self.keep(hits)

    def take_each(
        self, items: Iterable[T], read: Callable[[T], Sequence[Hit]], alone: tuple[type[Refused], ...]
    ) -> dict[int, Refused]:
        """Of a list: all hits that `read` makes of its items are in Redis or in the spool when this returns, but those of items
        that were refused; of these the answer says why, by the item's index.

        `alone` are refusals that harm no other item; all others are raised, and nothing is taken then. What has to wait
        (PastWaits) harms no other either, but is raised where nothing is left to take. Raises TryLater.
        """
        harmless: tuple[type[Refused], ...] = (PastWaits, *alone)
        hits: list[Hit] = []
        refused: dict[int, Refused] = {}
        for index, item in enumerate(items):
            try:
                some = read(item)
                for hit in some:
                    self.admit(hit)
            except harmless as error:
                refused[index] = error
            else:
                hits += some
        if hits:
            self.keep(hits)
        elif late := [why for why in refused.values() if isinstance(why, PastWaits)]:
            raise late[0]
        for why in refused.values():
            self.tally.add(REFUSED, why.reason)
        return refused

    def admit(self, hit: Hit) -> None:
        """Before a hit is kept. Raises OverLimit and PastWaits."""
        if is_past(hit) and (self._intake or self.intake).past_waits():
            raise PastWaits(self.settings.queue_limit)
        if self._limit:
            self._limit.admit(hit)

    def keep(self, hits: Sequence[Hit]) -> None:
        """Take hits that were admitted. Raises TryLater."""
        try:
            (self._intake or self.intake).take(hits)
        except IntakeFull as error:
            raise TryLater("Redis is away and the spool is full", error.retry_after) from None
        for hit in hits:
            self.tally.add(TAKEN, hit.way)

    @cached_property
    def intake(self) -> Intake:
        return open_intake(self.settings, self._breakers, lambda n: self.tally.add(SPOOLED, n=n))

    @cached_property
    def tally(self) -> Tally:
        return self._tally or Tally(tally_folder(self.settings.data_dir), "collect")

    @cached_property
    def sites(self) -> Sites:
        return self._sites or SnapshotReader(self.intake.queue.client, self.settings.redis_prefix, breaker=self._breakers[0])
