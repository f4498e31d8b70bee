"""The Lua scripts in hits/lua/: what must not be torn apart. Each works on keys of one hash tag, so a Redis Cluster runs them.

A Redis at maxmemory refuses hits, but an importer must go on, or it would stay full. A script is refused only where its first
write is one that may take memory (scriptVerifyOOM in Redis 7's script.c; 6.2 and Valkey alike). So what an importer needs begins
with LPOP, HDEL, or PERSIST of a key that never expires, which changes nothing; `push` and `drain` do not. `ledger` only reads.
"""

from collections.abc import Sequence
from hashlib import sha1
from pathlib import Path
from typing import Any

from redis.exceptions import NoScriptError

from hits.redis import redis_errors


class Script:
    """`sha` is the name under which Redis knows it once it has run."""

    def __init__(self, text: str):
        self.text, self.sha = text, sha1(text.encode()).hexdigest()

    def run(self, client: Any, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """What it answers. Raises QueueAway."""
        with redis_errors(client):
            try:
                return client.evalsha(self.sha, len(keys), *keys, *arguments)
            except NoScriptError:
                return client.eval(self.text, len(keys), *keys, *arguments)


SCRIPTS = {path.stem: Script(path.read_text()) for path in sorted((Path(__file__).parent / "lua").glob("*.lua"))}
