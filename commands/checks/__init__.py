"""What `./fizzstat doctor` looks at. A check is a function: its name and its sentence are what people see.

In: a Ward, which leads to all parts. Out: Findings, none where all is well. A check may raise QueueAway or StoreError: then it
could not look, and the check of Redis or of the store says why.

finding.py   what a check finds, and what it looks through
redis.py, spool.py, elastic.py or embedded.py, importers.py, places.py, machine.py, fit.py, public.py   the checks, in that order
"""

from collections.abc import Callable, Iterator, Sequence

from commands.checks import elastic, embedded, fit, importers, machine, places, public, redis, spool
from commands.checks.finding import Finding, Ward

Check = Callable[[Ward], Iterator[Finding]]


def checks_for(ward: Ward) -> Sequence[Check]:
    """Those that make sense with these settings, in the order in which one would look."""
    store = embedded.CHECKS if ward.settings.store_url == "embedded" else elastic.CHECKS
    outside = public.CHECKS if ward.public_url else ()
    parts = (redis.CHECKS, spool.CHECKS, store, importers.CHECKS, places.CHECKS, machine.CHECKS, fit.CHECKS, outside)
    return [check for checks in parts for check in checks]


def name_of(check: Check) -> str:
    return check.__name__.replace("_", " ")


def sentence_of(check: Check) -> str:
    return (check.__doc__ or "").split("\n")[0]
