"""Shadow patterns: bounded, of the strength and softness asked for, and the same by the same seed."""

import cv2
import numpy as np
import pytest

from tools.relight.patterns import BENT, ShadowPattern, bent
from tools.relight.settings import Pattern


@pytest.mark.parametrize("kind", list(Pattern))
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_pattern_keeps_off_no_more_than_its_strength(kind: Pattern, seed: int) -> None:
    blocked = ShadowPattern(kind, 0.45, 21, 1024, seed).blocked(200, 160)
    assert blocked.shape == (200, 160)
    assert blocked.dtype == np.float32
    assert blocked.min() >= 0
    assert 0.2 < blocked.max() <= 0.45 + 1e-6
    assert np.ptp(blocked) > 0.1


@pytest.mark.parametrize("kind", list(Pattern))
def test_the_same_seed_is_the_same_shadow(kind: Pattern) -> None:
    one, same, other = (ShadowPattern(kind, 0.5, 31, 1024, seed).blocked(120, 90) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0.05


def test_a_larger_kernel_is_a_softer_edge() -> None:
    def steepest(blur: float) -> float:
        blocked = ShadowPattern(Pattern.BARS, 1.0, blur, 256, 3).blocked(256, 256)
        dx, dy = (cv2.Sobel(blocked, cv2.CV_32F, i, 1 - i) for i in (1, 0))
        return float(np.hypot(dx, dy).max())

    assert steepest(3) > 1.5 * steepest(9) > 2 * steepest(31)


def test_blur_goes_with_the_pictures_size() -> None:
    """The same scene at twice the size, but for what the shape's rounding to pixels does."""
    small, large = (ShadowPattern(Pattern.BARS, 0.6, 41, 1024, 4).blocked(n, n) for n in (256, 512))
    shrunk = cv2.resize(large, (256, 256), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk - small).mean() < 0.02


def test_a_shadow_bends_over_a_body_and_stays_straight_on_a_sheet() -> None:
    """A shadow edge at column 50 of 100."""
    edge = (np.arange(100) >= 50).astype(np.float32)[None].repeat(60, 0)
    ahead = np.zeros((60, 100, 3), np.float32)
    ahead[..., 2] = 1
    np.testing.assert_array_equal(bent(edge, ahead), edge)
    aside = ahead.copy()
    aside[30:] = (1, 0, 0)
    moved = bent(edge, aside)
    np.testing.assert_array_equal(moved[:30], edge[:30])
    assert (moved[30:] >= 0.5).sum(1).tolist() == [50 + round(100 * BENT)] * 30
