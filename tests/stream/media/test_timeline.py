"""Time stamps by value."""

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from stream.media.timeline import Timeline


def test_known_times_pass() -> None:
    line = Timeline(Fraction(1, 1000), Fraction(25))
    assert [line.settle(t) for t in (-80, 0, 33, 100)] == [-80, 0, 33, 100]


def test_missing_times_come_from_the_rate_without_drift() -> None:
    line = Timeline(Fraction(1, 1000), Fraction(30000, 1001), start=7)
    assert [line.settle(None) for _ in range(4)] == [7, 40, 74, 107]
    assert line.settle(500) == 500
    assert line.settle(None) == 533


def test_repeated_and_falling_times_take_the_next_tick() -> None:
    line = Timeline(Fraction(1, 90000), None)
    assert [line.settle(t) for t in (5, 5, 4, 9)] == [5, 6, 7, 9]


@given(st.lists(st.none() | st.integers(-(10**9), 10**9), max_size=40))
def test_whatever_comes_time_rises(times: list[int | None]) -> None:
    line = Timeline(Fraction(1, 600), Fraction(25))
    settled = [line.settle(t) for t in times]
    assert all(a < b for a, b in pairwise(settled))
