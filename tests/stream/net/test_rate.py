"""Rates: a bucket that holds so much and fills steadily."""

import pytest

from stream.net.rate import RateLimit


def test_a_minutes_worth_and_then_a_steady_trickle() -> None:
    meter = RateLimit.full(6, now=100.0)
    assert [meter.take(100.0) for _ in range(6)] == [0.0] * 6
    assert meter.take(100.0) == pytest.approx(10.0)
    assert meter.take(105.0) == pytest.approx(5.0)
    assert meter.take(110.0) == 0.0
    assert meter.take(110.0) == pytest.approx(10.0)


def test_a_long_rest_saves_up_no_more_than_the_burst() -> None:
    meter = RateLimit.full(2, now=0.0)
    assert [meter.take(9999.0) == 0 for _ in range(3)] == [True, True, False]
    meter = RateLimit.full(60, now=0.0, burst=3)
    assert [meter.take(9999.0) == 0 for _ in range(4)] == [True, True, True, False]


def test_a_full_bucket_may_be_forgotten() -> None:
    meter = RateLimit.full(60, now=0.0, burst=2)
    assert meter.idle(0.0)
    meter.take(0.0)
    assert not meter.idle(0.5) and meter.idle(1.0)
