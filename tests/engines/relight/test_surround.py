"""The surround of Retinex: light is told from surface, and a kind of surface keeps its own level."""

import numpy as np

from engines.relight.coarse import Rows
from engines.relight.surround import surround
from engines.values import F32

SIDE = 96
ALL = Rows.all(SIDE, SIDE)
ONES = np.ones((SIDE, SIDE), np.float32)


def ramp(amount: float) -> F32:
    """Light that grows from left to right, log."""
    return np.linspace(-amount / 2, amount / 2, SIDE, dtype=np.float32)[None].repeat(SIDE, 0)


def test_a_slope_of_light_on_one_surface_is_found() -> None:
    light = ramp(1.0)
    found = surround(light, ONES, (4, 8), 0.8).light(light, ALL)
    middle = slice(20, -20)
    slope = np.polyfit(light[:, middle].ravel(), found[:, middle].ravel(), 1)[0]
    assert 0.75 < slope < 1.05


def test_two_surfaces_side_by_side_keep_their_own_levels() -> None:
    """Plain Retinex takes the darker one for one in the shade."""
    log = np.where(np.arange(SIDE) < SIDE // 2, -3.0, -0.5)[None].repeat(SIDE, 0).astype(np.float32)
    alike = surround(log, ONES, (8, 20), 0.8).light(log, ALL)
    plain = surround(log, ONES, (8, 20), 0.0).light(log, ALL)
    assert np.abs(alike).max() < 0.15
    assert np.ptp(plain) > 1.0


def test_what_is_not_the_person_does_not_count() -> None:
    light = ramp(0.6)
    weight = ONES.copy()
    weight[:, :30] = 0
    other = light.copy()
    other[:, :30] = 2.0
    a, b = (surround(log, weight, (4, 8), 0.8).light(light, ALL)[:, 30:] for log in (light, other))
    np.testing.assert_array_equal(a, b)


def test_nobody_gives_no_light() -> None:
    light = ramp(1.0)
    found = surround(light, np.zeros_like(light), (4,), 0.8).light(light, ALL)
    np.testing.assert_array_equal(found, np.zeros_like(light))


def test_an_even_surface_has_even_light() -> None:
    even = np.full((SIDE, SIDE), -1.0, np.float32)
    assert np.abs(surround(even, ONES, (4, 30), 0.8).light(even, ALL)).max() < 0.05


def test_levels_are_bounded_however_wide_the_range() -> None:
    assert len(surround(ramp(40.0), ONES, (4,), 0.2).levels) <= 16
