"""Lists of hits, of each format that has them: what is refused harms nothing else, and is told in the format's own shape."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.unit.collecting import NOW, URL, Collected
from tests.unit.test_ways_umami import PAYLOAD

Send = Callable[[Collected, list[bool]], TestResponse]

OLD = NOW // 1000 - 3 * 24 * 3600
WRITE = {"Authorization": "Bearer writer"}
BOUND = {"Authorization": "Bearer bound"}
WAITS = "more than 1000000 hits wait (FIZZSTAT_QUEUE_LIMIT), so hits of the past do, too: send it again in 30 s"


def iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def event(collected: Collected, past: list[bool]) -> TestResponse:
    items = [{"url": URL, "timestamp": iso(OLD)} if old else {"url": URL} for old in past]
    return collected.post(items, path="/event", headers=WRITE)


def goatcounter(collected: Collected, past: list[bool]) -> TestResponse:
    items = [{"path": "/a", "session": "s", **({"created_at": iso(OLD)} if old else {})} for old in past]
    return collected.post({"hits": items}, path="/api/v0/count", headers=BOUND)


def matomo(collected: Collected, past: list[bool], **more: Any) -> TestResponse:
    items = [{"idsite": 1, "rec": 1, "url": URL, **({"cdt": OLD} if old else {})} for old in past]
    return collected.post({"requests": items, "token_auth": "writer", **more}, path="/matomo.php")


def umami(collected: Collected, past: list[bool]) -> TestResponse:
    items = [{"type": "event", "payload": {**PAYLOAD, **({"timestamp": OLD} if old else {})}} for old in past]
    return collected.post(items, path="/api/batch")


UMAMI_WAITS = {"error": {"message": WAITS, "code": "server-error", "status": 503}}
SHAPES: list[tuple[Send, int, dict[str, Any]]] = [
    (event, 202, {"accepted": 2, "refused": [{"index": 1, "field": "timestamp", "error": WAITS}]}),
    (goatcounter, 400, {"errors": {"1": WAITS}}),
    (matomo, 200, {"status": "success", "tracked": 2, "invalid": 1, "invalid_indices": [1]}),
    (umami, 200, {"size": 3, "processed": 2, "errors": 1, "details": [{"index": 1, "response": UMAMI_WAITS}]}),
]


@pytest.mark.parametrize(("send", "status", "told"), SHAPES, ids=[send.__name__ for send, _, _ in SHAPES])
def test_a_hit_of_the_past_that_has_to_wait_harms_no_other_of_its_list(send: Send, status: int, told: dict[str, Any]) -> None:
    collected = Collected()
    collected.intake.over_limit = True
    answer = send(collected, [False, True, False])
    assert (answer.status_code, answer.json) == (status, told)
    assert [hit.time or hit.received for hit in collected.hits] == [NOW, NOW]

    collected.intake.over_limit = False
    assert send(collected, [True]).status_code < 300
    assert collected.hits[2].time == OLD * 1000


@pytest.mark.parametrize("send", [send for send, _, _ in SHAPES])
def test_a_list_of_which_all_has_to_wait_is_to_be_sent_again(send: Send) -> None:
    collected = Collected()
    collected.intake.over_limit = True
    answer = send(collected, [True, True])
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert WAITS in answer.text
    assert not collected.hits


@pytest.mark.parametrize("send", [send for send, _, _ in SHAPES])
def test_a_list_that_there_is_no_room_for_is_to_be_sent_again(send: Send) -> None:
    collected = Collected()
    collected.intake.full = True
    answer = send(collected, [False, False])
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


def test_a_bulk_of_matomos_says_in_a_header_that_some_of_it_has_to_wait() -> None:
    collected = Collected()
    collected.intake.over_limit = True
    for answer in (matomo(collected, [False, True]), silent := matomo(collected, [False, True], send_image=0)):
        assert (answer.headers["X-FizzStat-Refused"], answer.headers["Retry-After"]) == ("queue_limit", "30")
    assert silent.status_code == 204
    assert "X-FizzStat-Refused" not in matomo(collected, [False, False]).headers


def test_a_request_of_matomos_that_makes_two_hits_is_taken_whole_or_not_at_all() -> None:
    collected = Collected(LIMIT_CLIENT="3/m")
    timed = {"idsite": 1, "rec": 1, "url": URL, "pf_net": "10", "pf_srv": "20"}  # a view, and an event of its timings
    answer = collected.post({"requests": [timed, timed, timed], "token_auth": "writer"}, path="/matomo.php")
    assert answer.json
    assert answer.json["tracked"] * 2 == len(collected.hits) == 2
