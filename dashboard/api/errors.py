"""How the API says no, beside what collect/errors.py has (no key, no right, too large, come later): {"error": sentence, "field":
name}, the form of Plausible's errors with the place added."""

from collect.errors import Refused


class UnknownSite(Refused):
    status = 404

    def __init__(self, site: str):
        super().__init__(
            f"There is no site {site!r} here: nothing of it was stored, and nobody added it. ./fizzstat sites list names them.",
            "site_id",
        )


class TooManyQuestions(Refused):
    status = 429

    def __init__(self, key: str, rate: str, seconds: int):
        super().__init__(f"The key {key} has asked more than FIZZSTAT_LIMIT_API lets through ({rate}): come back in {seconds} s.")
        self.headers = (("Retry-After", str(seconds)),)
