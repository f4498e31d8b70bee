"""Threads of a process that live and end together."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event

WAKE = 0.5  # seconds; a signal that the system gave to another thread is heard by the main thread once that wakes


def run_together(runs: Sequence[Callable[[], None]], stop: Event, name: str) -> None:
    """A thread for each, until all have ended. If one fails, `stop` tells the others to end, and its error is raised."""
    with ThreadPoolExecutor(len(runs) or 1, name) as pool:
        running = [pool.submit(run) for run in runs]
        ended, going = wait(running, WAKE, FIRST_EXCEPTION)
        while going and not any(one.exception() for one in ended):
            ended, going = wait(running, WAKE, FIRST_EXCEPTION)
        if going:
            stop.set()
    for one in running:
        one.result()
