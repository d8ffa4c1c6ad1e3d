"""When to try again: doubling, bounded, forgotten after success that lasted; for as long as a line is down."""

from itertools import pairwise

import pytest

from stream.io.backoff import FIRST, GOOD, MOST, Backoff


def test_it_may_be_tried_at_once() -> None:
    assert Backoff().ready(0.0)


def test_waits_double_up_to_the_longest() -> None:
    one, now, waits = Backoff(), 0.0, []
    for _ in range(9):
        waits.append(one.down(now))
        now += waits[-1]
    assert waits[:5] == [FIRST, 2 * FIRST, 4 * FIRST, 8 * FIRST, 16 * FIRST]
    assert waits[-1] == MOST
    assert all(a <= b for a, b in pairwise(waits))


def test_it_is_ready_when_the_wait_is_over_and_not_before() -> None:
    one = Backoff()
    wait = one.down(100.0)
    assert not one.ready(100.0)
    assert not one.ready(100.0 + 0.99 * wait)
    assert one.ready(100.0 + wait)


@pytest.mark.parametrize(("held", "tries"), [(GOOD + 0.1, 1), (GOOD - 0.1, 5)])
def test_only_success_that_lasts_counts(held: float, tries: int) -> None:
    """A line that comes up for a moment and breaks again goes on waiting longer."""
    one = Backoff()
    for now in range(4):
        one.down(float(now))
    one.up(10.0)
    one.down(10.0 + held)
    assert one.tries == tries


def test_success_is_used_up_by_the_next_failure() -> None:
    one = Backoff()
    one.up(0.0)
    one.down(GOOD + 1)
    one.down(GOOD + 100)  # it never came up again
    assert one.tries == 2


def test_a_line_may_be_down_for_days() -> None:
    """A try every quarter of a minute, a hundred thousand times: the last waits as long as the twentieth."""
    one, now = Backoff(), 0.0
    for _ in range(100_000):
        wait = one.down(now)
        now += wait
    assert wait == MOST
    assert now > 17 * 86_400
    assert one.ready(now)
