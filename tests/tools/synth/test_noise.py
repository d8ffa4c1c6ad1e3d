"""Noise by value: its range, its octaves, its drift."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from engines.values import F32
from tools.synth.noise import curl, drifted, fractal, texture

Rng = np.random.Generator


@pytest.mark.parametrize(
    "make", [lambda r: fractal(40, 60, r), lambda r: curl(40, 60, r), lambda r: texture(48, r)], ids=["f", "c", "t"]
)
def test_the_seed_alone_decides(make: Callable[[Rng], F32]) -> None:
    one, again, other = (make(np.random.default_rng(n)) for n in (3, 3, 4))
    assert one.dtype == np.float32
    assert np.array_equal(one, again)
    assert np.abs(one - other).mean() > 0.01


def roughness(field: F32) -> float:
    """What is lost when the field is smoothed, over what there is."""
    return float(np.abs(field - cv2.GaussianBlur(field, (0, 0), 2)).mean() / field.std())


def test_octaves_add_detail_and_leave_the_coarse_form() -> None:
    one, five = (fractal(128, 128, np.random.default_rng(1), n) for n in (1, 5))
    assert roughness(five) > 2 * roughness(one)
    smooth = [cv2.GaussianBlur(f, (0, 0), 12).ravel() for f in (one, five)]
    assert np.corrcoef(smooth[0], smooth[1])[0, 1] > 0.8


def test_the_first_octave_sets_the_size_of_the_patches() -> None:
    coarse, fine = (fractal(128, 128, np.random.default_rng(1), 1, first) for first in (1, 5))
    assert roughness(fine) > 5 * roughness(coarse)


def test_a_flow_is_one_pixel_long_on_the_average() -> None:
    flow = curl(50, 70, np.random.default_rng(2))
    assert flow.shape == (50, 70, 2)
    assert float(np.linalg.norm(flow, axis=2).mean()) == pytest.approx(1, abs=1e-4)


FIELD = np.random.default_rng(5).random((32, 48), dtype=np.float32)
STILL = np.zeros((32, 48, 2), np.float32)


def test_what_does_not_drift_stays() -> None:
    assert np.array_equal(drifted(FIELD, STILL, 0, 0), FIELD)
    assert np.array_equal(drifted(FIELD, STILL + 3, 0, 0), FIELD)


@pytest.mark.parametrize("rise", [1, 5, 40])
def test_rising_moves_everything_up_and_round(rise: int) -> None:
    got = drifted(FIELD, STILL, 0, rise)
    np.testing.assert_allclose(got, np.roll(FIELD, -rise, axis=0), atol=1e-5)


def test_a_flow_carries_along_itself() -> None:
    """Two pixels right and one down, twice as far as it says: four and two."""
    flow = STILL + np.array([2, 1], np.float32)
    got = drifted(FIELD, flow, 2.0, 0)
    np.testing.assert_allclose(got[4:, 6:], np.roll(FIELD, (2, 4), (0, 1))[4:, 6:], atol=1e-5)


def test_half_a_pixel_lies_between() -> None:
    got = drifted(FIELD, STILL, 0, 0.5)
    np.testing.assert_allclose(got[:-1], (FIELD[:-1] + FIELD[1:]) / 2, atol=1e-2)


def test_surfaces_are_of_every_kind_and_within_range() -> None:
    """Over many seeds: some hardly patterned, some strongly; dark ones and light ones."""
    made = [texture(48, np.random.default_rng(n)) for n in range(60)]
    assert all(t.shape == (48, 48, 3) and t.min() >= 0 and t.max() <= 255 for t in made)
    contrast = np.array([t.std((0, 1)).max() for t in made])
    assert (contrast < 28).sum() >= 5
    assert (contrast > 55).sum() >= 5
    assert np.ptp([t.mean() for t in made]) > 100
