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


def test_a_repeated_time_comes_half_way_to_the_next_frame() -> None:
    line = Timeline(Fraction(1, 90000), Fraction(25))
    assert [line.settle(t) for t in (0, 3600, 3600, 7200, 10800)] == [0, 3600, 5400, 7200, 10800]


def test_falling_times_are_passed_by_and_met_again() -> None:
    line = Timeline(Fraction(1, 90000), Fraction(25))
    assert [line.settle(t) for t in (0, 3600, 0, 3600, 7200)] == [0, 3600, 5400, 6300, 7200]


def test_a_clock_that_stands_still_is_left_for_the_rate() -> None:
    line = Timeline(Fraction(1, 1000), Fraction(25))
    assert [line.settle(0) for _ in range(6)] == [0, 20, 30, 70, 110, 150]


def test_the_room_between_frames_is_what_was_seen_where_that_is_less_than_the_rate() -> None:
    line = Timeline(Fraction(1, 1000), Fraction(25))
    assert [line.settle(t) for t in (0, 4, 8, 8, 12)] == [0, 4, 8, 10, 12]


@given(st.lists(st.none() | st.integers(-(10**9), 10**9), max_size=40))
def test_whatever_comes_time_rises(times: list[int | None]) -> None:
    line = Timeline(Fraction(1, 600), Fraction(25))
    settled = [line.settle(t) for t in times]
    assert all(a < b for a, b in pairwise(settled))
