"""What happens to a hit before it meets its visit, in reading order. A hit comes in; facts come out, or why there are none.

`drop_*` may end a hit, `put_*` adds to its facts. What a visit is takes all of a batch, and comes after: visits.py.
"""

from collections.abc import Callable
from hashlib import blake2b

from hits.hit import Hit
from importer.facts import Context, Drop, Facts
from importer.steps.agent import put_agent
from importer.steps.bot import drop_bot, put_bot
from importer.steps.event import put_event
from importer.steps.headers import put_headers
from importer.steps.page import drop_bad_url, put_page
from importer.steps.place import put_place
from importer.steps.screen import put_screen
from importer.steps.shield import drop_shielded, drop_shielded_country
from importer.steps.source import put_source
from importer.steps.spam import drop_spam
from importer.steps.visitor import drop_erased, put_visitor

Step = Callable[[Hit, Facts, Context], Drop | None]

STEPS: tuple[Step, ...] = (
    drop_bot,
    put_bot,
    drop_bad_url,
    put_page,
    drop_shielded,
    drop_spam,
    put_event,
    put_source,
    put_agent,
    put_place,
    drop_shielded_country,
    put_screen,
    put_headers,
    put_visitor,
    drop_erased,
)

#: What documents say of these, engagement's view has said.
TOLD_BY_THE_VIEW = (put_event, put_source, put_agent, put_screen, put_headers)
STEPS_OF_ENGAGEMENT = tuple(step for step in STEPS if step not in TOLD_BY_THE_VIEW)


def run(hit: Hit, context: Context) -> Facts | Drop:
    facts = named(hit)
    for step in STEPS if hit.kind != "engagement" else STEPS_OF_ENGAGEMENT:
        dropped = step(hit, facts, context)
        if dropped:
            return dropped
    return facts


def named(hit: Hit) -> Facts:
    """Facts that know who they are, and no more."""
    own = digest(hit.site, hit.name_of_its_own)
    view = digest(hit.site, "view", hit.view) if hit.view else own if hit.kind == "view" else ""
    return Facts(
        id=own,
        receipt=hit.receipt,
        kind=hit.kind,
        way=hit.way,
        site=hit.site,
        time=hit.at,
        received=hit.received,
        view=view,
        engaged=hit.engaged,
        engaged_more=hit.engaged_more,
        scroll=hit.scroll,
        activity=hit.activity,
    )


def digest(*words: str) -> str:
    """32 hex digits."""
    return blake2b("\n".join(words).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
