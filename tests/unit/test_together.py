"""Threads of a process that live and end together."""

import signal
from threading import Event, get_ident

import pytest

from hits.together import run_together


def test_a_signal_that_another_thread_got_is_heard() -> None:
    stop = Event()
    before = signal.signal(signal.SIGUSR1, lambda *_: stop.set())
    heard = []

    def run() -> None:
        signal.pthread_kill(get_ident(), signal.SIGUSR1)
        heard.append(stop.wait(20))

    try:
        run_together([run], stop, "test")
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert heard == [True]


def test_when_one_fails_the_others_end_and_its_error_is_raised() -> None:
    stop = Event()
    ended = []

    def fail() -> None:
        raise ValueError("this one")

    with pytest.raises(ValueError, match="this one"):
        run_together([lambda: ended.append(stop.wait(20)), fail], stop, "test")
    assert ended == [True]
