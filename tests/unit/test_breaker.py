"""A Redis that hangs is asked seldom, and by one thread at a time, until it is back."""

from hits.breaker import FIRST_REST, LONGEST_REST, Breaker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_after_a_failure_nobody_asks_for_a_while_and_then_one() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    assert breaker.may_ask()
    breaker.failed()
    clock.now += FIRST_REST - 0.01
    assert not breaker.may_ask()
    clock.now += 0.02
    assert breaker.may_ask()
    assert not breaker.may_ask()
    breaker.worked()
    assert breaker.may_ask()
    assert breaker.may_ask()


def test_each_failed_try_makes_the_rest_longer_up_to_a_limit() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    breaker.failed()
    breaker.failed()  # of another thread, which had asked at the same time
    for rest in (1, 2, 4, 8, LONGEST_REST):
        clock.now += rest - 0.01
        assert not breaker.may_ask()
        clock.now += 0.02
        assert breaker.may_ask()
        breaker.failed()
