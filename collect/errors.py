"""How the collector says no.

Refused               a request is not taken; its answer is {"error": sentence, "field": name}
├─ BadField       400 a field cannot be used
├─ Unreadable     400 the body or query is not what this way in reads
├─ NoKey          401 no API key, or one that nobody knows
├─ NoRight        403 the key does not allow this
├─ HostNotAllowed 403 FIZZSTAT_ALLOWED_HOSTS does not name the host
├─ NoLength       411 the server in front of the app hands over no end of the body
├─ TooLarge       413 more than this way in takes
└─ TryLater       503 hits cannot be taken now, nor in the spool, or a key cannot be looked up
"""


class Refused(Exception):
    """`field` is the body's field that is at fault, "" where it is none."""

    status = 400
    headers: tuple[tuple[str, str], ...] = ()

    def __init__(self, sentence: str, field: str = ""):
        super().__init__(sentence)
        self.sentence, self.field = sentence, field


class BadField(Refused):
    def __init__(self, field: str, sentence: str):
        super().__init__(sentence, field)


class Unreadable(Refused):
    pass


class NoKey(Refused):
    status = 401
    headers = (("WWW-Authenticate", 'Bearer realm="FizzStat"'),)


class NoRight(Refused):
    status = 403


class HostNotAllowed(Refused):
    status = 403
    headers = (("X-FizzStat-Refused", "host"),)

    def __init__(self, host: str, field: str):
        super().__init__(f"hits of {host} are not taken here: FIZZSTAT_ALLOWED_HOSTS does not name it", field)


class NoLength(Refused):
    status = 411


class TooLarge(Refused):
    status = 413


class TryLater(Refused):
    status = 503

    def __init__(self, sentence: str, seconds: int):
        super().__init__(sentence)
        self.headers = (("Retry-After", str(seconds)),)
