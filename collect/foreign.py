"""What ways in of other trackers' formats share.

`foreign_site(sites, "matomo", "3")` is the site whose id in that format was set (`./fizzstat sites set SITE --foreign matomo:3`),
None where none was; what to do then is the format's own. `is_bot(agent)` is for answers only, where an original tells its bots
that they are: their hits are taken all the same, since the importer decides, and counts. `revenue_of` reads a sum of money that
may be none.
"""

from typing import Any

from collect import clean
from collect.errors import BadField
from collect.fields import SentRevenue
from hits.agents import is_bot
from hits.snapshot import Snapshot

__all__ = ["foreign_site", "is_bot", "revenue_of"]


def foreign_site(sites: Snapshot, format: str, id: str) -> str | None:
    return sites.foreign.get(f"{format}:{id.strip().lower()}")


def revenue_of(amount: Any, currency: Any) -> SentRevenue | None:
    """None for what is no revenue, which these formats let go: the event counts."""
    if not isinstance(amount, str | int | float) or isinstance(amount, bool) or not isinstance(currency, str):
        return None
    try:
        return SentRevenue(clean.amount(amount), clean.currency(currency))
    except BadField:
        return None
