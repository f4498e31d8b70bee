"""What is-bot says of an agent: a regular expression of some 200 parts, whose verdicts are remembered."""

from functools import lru_cache

from is_bot import Bots

_bots = Bots()


@lru_cache(8192)
def is_bot(agent: str) -> bool:
    return bool(_bots.is_bot(agent))
