"""GET and POST /matomo.php and /piwik.php: Matomo's Tracking HTTP API, requests one by one or in bulk.

In: parameters in the query and the form, or JSON {"requests": ["?idsite=1&…" or {"idsite": 1, …}, …], "token_auth": key}.
Out, as Matomo (core/Tracker/Response.php, plugins/BulkTracking): a GIF of 43 bytes, or 204 with send_image=0; 400 with the GIF
for a request that cannot be used. Of a bulk {"status": "success", "tracked": n, "invalid": n}, and which ones to who has a key;
where some of those have to wait (FIZZSTAT_QUEUE_LIMIT), with Retry-After and X-FizzStat-Refused: queue_limit.

`token_auth` is one of our API keys, and asked for where a request sets the visitor's address (cip), or a time (cdt, cdo) of
more than a day ago. matomo_hits.py says what becomes of the rest.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from collect import clean
from collect.arrival import Answer, Arrival, Header, json_answer
from collect.collector import Collector
from collect.errors import BadField, HostNotAllowed, NoKey, NoRight, OverLimit, PastWaits, Refused, TooLarge, Unreadable
from collect.fields import browser, make_hit, parameters, read_json
from collect.foreign import foreign_site
from collect.trust import check_bound, write_key
from collect.way import Way, asker
from collect.ways.matomo_hits import Parameters, actions, check_recorded, on_behalf
from collect.ways.pixel import GIF
from hits.days import DAY
from hits.hit import Hit, Revenue
from hits.snapshot import KeyRow

LIST_LIMIT = 4 << 20
REQUESTS = 10_000  # of a bulk
PARAMETERS = 500
PAGE = b"This is the address of Matomo's tracking API, answered by FizzStat.\n"

#: What Matomo calls an invalid request, and answers with 400.
INVALID = (BadField, Unreadable, HostNotAllowed, NoKey, NoRight)


class Bulk(msgspec.Struct):
    requests: list[str | dict[str, Any]]
    token_auth: str | None = None
    send_image: int | str | bool = True


def answer(arrival: Arrival, collector: Collector) -> Answer:
    if arrival.body.lstrip().startswith(b"{"):
        return _bulk(arrival, collector)
    form = arrival.body.decode("utf-8", "replace")
    if not arrival.query and not form:
        return Answer(200 if arrival.method == "GET" else 400, PAGE, (("Content-Type", "text/plain"),))
    given: Parameters = {}
    try:
        given = {**parameters(form, PARAMETERS), **parameters(arrival.query, PARAMETERS)}
        if reason := collector.trust.left_out(arrival.header):
            return _image(arrival, given, why=reason)._replace(why=reason)
        hits = read(given, arrival, collector, _key(given.get("token_auth", ""), collector))
        if not hits:
            return _image(arrival, given, why="rec")._replace(why="rec")
        if arrival.method != "HEAD":
            collector.take(hits)
    except INVALID as error:
        return _image(arrival, given, 400, error.reason)._replace(why=error.reason)
    return _image(arrival, given)


def read(given: Parameters, arrival: Arrival, collector: Collector, key: KeyRow | Refused) -> list[Hit]:
    """The hits of a request; none where it does not want to be recorded. Raises what collect.errors lists up to 403, and `key`
    where one is needed and that is none."""
    if not check_recorded(given):
        return []
    address = clean.named_address("cip", given.get("cip"))
    time = _time(given, arrival.now)
    needed = address or 0 < time <= arrival.now - DAY
    if needed and isinstance(key, Refused):
        raise key
    sites = collector.sites.current()
    sender = on_behalf(given, browser(arrival, collector.trust), address)
    hits = []
    for body, earned, currency in actions(given, arrival.header("REFERER")):
        body.site = foreign_site(sites, "matomo", given["idsite"])
        hit = make_hit(body, "matomo", arrival.now, sender, collector.trust, sites, time)
        if needed and isinstance(key, KeyRow):
            check_bound(key, hit.site, "idsite")
        if earned is not None:
            _earn(hit, earned, currency or sites.currencies.get(hit.site, ""))
        hits.append(hit)
    return hits


def _bulk(arrival: Arrival, collector: Collector) -> Answer:
    """One bad request harms no other."""
    bulk = read_json(arrival.body, Bulk)
    if len(bulk.requests) > REQUESTS:
        raise TooLarge(f"a bulk has at most {REQUESTS} requests, and this one has {len(bulk.requests)}")
    key = _key(bulk.token_auth or "", collector)

    def read_one(request: str | dict[str, Any]) -> Sequence[Hit]:
        given = _texts(request) if isinstance(request, dict) else parameters(request.partition("?")[2] or request, PARAMETERS)
        return read(given, arrival, collector, key)

    refused = collector.take_each(bulk.requests, read_one, (*INVALID, OverLimit))
    headers = [*_cors(arrival), *_late(refused)]
    if bulk.send_image in (0, "0", ""):
        return Answer(204, headers=headers)
    said: dict[str, Any] = {"status": "success", "tracked": len(bulk.requests) - len(refused), "invalid": len(refused)}
    if isinstance(key, KeyRow):
        said["invalid_indices"] = list(refused)
    return json_answer(200, said, headers)


def _late(refused: Mapping[int, Refused]) -> Sequence[Header]:
    """Matomo has no word for what is to be sent again, so a header says it."""
    late = [error for error in refused.values() if isinstance(error, PastWaits)]
    return (*late[0].headers, ("X-FizzStat-Refused", late[0].reason)) if late else ()


def _texts(given: dict[str, Any]) -> dict[str, str]:
    """A request that is an object, as if it had come in a query."""
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in given.items()
        if value is not None
    }


def _time(given: Parameters, now: int) -> int:
    """What cdt (seconds since 1970, or a date and time in UTC) and cdo (seconds to go back) say, in milliseconds; 0 for now.

    A time to come is as good as none, as in Matomo.
    """
    text, back = given.get("cdt", ""), given.get("cdo", "")
    try:
        seconds = _seconds(text) if text else now / 1000 if back else 0
        seconds -= abs(int(back or 0))
    except (ValueError, OverflowError):
        raise BadField("cdt", "cdt takes seconds since 1970, or a time in UTC as 2026-11-25 13:45:00, and cdo seconds") from None
    if not text and not back:
        return 0
    if seconds * 1000 <= now - clean.PAST.total_seconds() * 1000:
        raise BadField("cdt", "cdt lies more than ten years back")
    return round(seconds * 1000) if seconds * 1000 <= now else 0


def _seconds(text: str) -> float:
    if text.isascii() and text.isdecimal():
        return float(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _key(token: str, collector: Collector) -> KeyRow | Refused:
    """Of a token that is none, why it is."""
    if not token:
        return NoKey("cip, and a cdt of more than a day ago, need token_auth (./fizzstat keys add)", "token_auth")
    try:
        return write_key(token, collector.sites)
    except Refused as error:
        return error


def _earn(hit: Hit, amount: float, currency: str) -> None:
    """An amount of a site without a currency is data, since nobody knows what it is worth."""
    if currency:
        hit.revenue = Revenue(amount, clean.currency(currency))
    else:
        hit.data = {"revenue": amount, **hit.data}


def _image(arrival: Arrival, given: Parameters, status: int = 200, why: str = "") -> Answer:
    """`why` a request was not recorded stands in a header, which Matomo has not."""
    headers = list(_cors(arrival))
    if why:
        headers.append(("X-FizzStat-Dropped" if status == 200 else "X-FizzStat-Refused", why))
    if given.get("send_image") == "0":
        return Answer(204 if status == 200 else status, headers=headers)
    headers += [("Content-Type", "image/gif"), ("Cross-Origin-Resource-Policy", "cross-origin")]
    if arrival.method != "POST":
        headers.append(("Cache-Control", "no-store"))
    return Answer(status, GIF, headers)


def _cors(arrival: Arrival) -> Sequence[Header]:
    """Only the answer to a POST may be read."""
    return asker(arrival) if arrival.method == "POST" else ()


def preflight(arrival: Arrival) -> Answer:
    allowed = (("Access-Control-Allow-Methods", "GET, POST"), ("Access-Control-Allow-Headers", "*"))
    return Answer(204, headers=(*asker(arrival), *allowed))


def refused(error: Refused) -> Answer:
    """What is refused as a whole; Matomo says the message where it is debugged."""
    said = {"status": "error", "tracked": 0, "invalid": 0, "message": error.sentence}
    return json_answer(error.status, said, error.headers)._replace(why=error.reason)


WAYS = tuple(
    Way(path, ("GET", "POST"), answer, most=LIST_LIMIT, preflight=preflight, refusal=refused)
    for path in ("/matomo.php", "/piwik.php")
)
