"""Numbers, times and countries, as people read them; the templates' filters."""

from datetime import datetime

from babel import Locale

from importer.facts import Drop

_TERRITORIES = Locale("en").territories

WAYS = {
    "hit": "tracker",
    "pixel": "pixel",
    "event": "server side",
}


def count(number: int) -> str:
    """1234567 -> 1,234,567"""
    return f"{number:,}"


def seconds(number: float) -> str:
    """How long: 0 -> "", 0.4 -> <1 s, 59 -> 59 s, 61 -> 1 min 1 s, 7260 -> 2 h 1 min"""
    if number <= 0:
        return ""
    whole = round(number)
    if whole < 1:
        return "<1 s"
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes_left = divmod(minutes, 60)
    parts = [f"{hours} h", f"{minutes_left} min"] if hours else [f"{minutes} min", f"{rest} s"]
    return " ".join(part for part in parts if not part.startswith("0 "))


def size(number: int) -> str:
    """How many bytes: 900 -> 1 kB, 2100000 -> 2.1 MB"""
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{-(-number // 1000)} kB"


def country(code: str) -> str:
    """DE -> Germany; an unknown code stays itself."""
    return str(_TERRITORIES.get(code, code))


def moment(at: datetime) -> str:
    """In UTC, and says so; the page's script puts it in the reader's own zone."""
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def reason(name: str) -> str:
    """The sentence of a reason to drop a hit; one that another version wrote stays its name."""
    try:
        return Drop(name).sentence
    except ValueError:
        return name


def way(name: str) -> str:
    return WAYS.get(name, name)


def role(name: str) -> str:
    """admin -> an admin"""
    return f"an {name}" if name[:1] in "aeo" else f"a {name}"


FILTERS = {
    "count": count,
    "seconds": seconds,
    "size": size,
    "country": country,
    "moment": moment,
    "reason": reason,
    "way": way,
    "role": role,
}
