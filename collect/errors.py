"""How the collector says no.

Refused               a request is not taken; its answer is {"error": sentence, "field": name}
├─ BadField       400 a field cannot be used
├─ Unreadable     400 the body or query is not what this way in reads
├─ NoKey          401 no API key, or one that nobody knows
├─ NoRight        403 the key does not allow this
├─ HostNotAllowed 403 FIZZSTAT_ALLOWED_HOSTS does not name the host
├─ NoLength       411 the server in front of the app hands over no end of the body
├─ TooLarge       413 more than this way in takes
├─ OverLimit      429 more hits of a client or site than FIZZSTAT_LIMIT_CLIENT and FIZZSTAT_LIMIT_SITE let through
└─ TryLater       503 hits cannot be taken now, nor in the spool, or a key cannot be looked up
   └─ PastWaits   503 a hit of the past, while more hits wait than FIZZSTAT_QUEUE_LIMIT
"""


class Refused(Exception):
    """`field` is the body's field that is at fault, "" where it is none; `reason` is what metrics count it as."""

    status = 400
    reason = "unreadable"
    headers: tuple[tuple[str, str], ...] = ()

    def __init__(self, sentence: str, field: str = ""):
        super().__init__(sentence)
        self.sentence, self.field = sentence, field


class BadField(Refused):
    reason = "field"

    def __init__(self, field: str, sentence: str):
        super().__init__(sentence, field)


class Unreadable(Refused):
    pass


class NoKey(Refused):
    status = 401
    reason = "no_key"
    headers = (("WWW-Authenticate", 'Bearer realm="FizzStat"'),)


class NoRight(Refused):
    status = 403
    reason = "no_right"


class HostNotAllowed(Refused):
    status = 403
    reason = "host"
    headers = (("X-FizzStat-Refused", "host"),)

    def __init__(self, host: str, field: str):
        super().__init__(f"hits of {host} are not taken here: FIZZSTAT_ALLOWED_HOSTS does not name it", field)


class NoLength(Refused):
    status = 411
    reason = "no_length"


class TooLarge(Refused):
    status = 413
    reason = "too_large"


class OverLimit(Refused):
    """`whose`: client or site."""

    status = 429

    def __init__(self, whose: str, seconds: int):
        super().__init__(f"more hits of this {whose} than FIZZSTAT_LIMIT_{whose.upper()} lets through: come back in {seconds} s")
        self.reason = f"limit_{whose}"
        self.headers = (("Retry-After", str(seconds)), ("X-FizzStat-Refused", self.reason))


class TryLater(Refused):
    status = 503
    reason = "try_later"

    def __init__(self, sentence: str, seconds: int):
        super().__init__(sentence)
        self.headers = (("Retry-After", str(seconds)),)


class PastWaits(TryLater):
    reason = "queue_limit"

    def __init__(self, limit: int):
        sentence = f"more than {limit} hits wait (FIZZSTAT_QUEUE_LIMIT), so hits of the past do, too: send it again in 30 s"
        super().__init__(sentence, 30)
        self.field = "timestamp"
