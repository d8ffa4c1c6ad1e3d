"""Stretch by value: where a mark lies in square pixels, and where it lands in samples."""

import numpy as np
import pytest

from engines.values import F32, U8, Patch, Rect
from stream.pixels.stretch import Stretch


def samples_of(image: U8, rect: Rect) -> U8:
    rows = np.clip(np.arange(rect.y, rect.y + rect.h), 0, image.shape[0] - 1)
    columns = np.clip(np.arange(rect.x, rect.x + rect.w), 0, image.shape[1] - 1)
    return image[rows[:, None], columns]


def ramp(width: int, height: int) -> U8:
    return np.repeat(np.repeat(np.arange(width, dtype=np.uint8)[None, :, None] * 2, height, 0), 3, 2)


@pytest.mark.parametrize("k", [16 / 11, 2.0, 1.25])
def test_a_ramp_stays_a_ramp(k: float) -> None:
    image = ramp(100, 20)
    wide = round(100 * k)
    seen = Stretch(wide / 100, 1.0).read(Rect(10, 2, 80, 10), lambda r: samples_of(image, r))
    expected = 2 * ((np.arange(10, 90) + 0.5) * 100 / wide - 0.5)
    assert np.abs(seen[0, :, 0] - expected).max() <= 0.6
    assert (seen == seen[:1]).all(), "lines are not mixed"


def test_a_region_equals_the_same_part_of_the_whole() -> None:
    image = np.asarray(np.random.default_rng(2).integers(0, 256, (40, 60, 3)), np.uint8)
    stretch = Stretch(87 / 60, 1.0)
    whole = stretch.read(Rect(0, 0, 87, 40), lambda r: samples_of(image, r)).astype(int)
    part = stretch.read(Rect(21, 9, 30, 17), lambda r: samples_of(image, r)).astype(int)
    assert np.abs(part - whole[9:26, 21:51]).max() <= 2, "warps round places to a 32nd of a pixel"


def test_columns_may_be_stretched_too() -> None:
    image = ramp(20, 100).transpose(1, 0, 2).copy()[:20, :]
    seen = Stretch(1.0, 1.125).read(Rect(0, 0, 10, 22), lambda r: samples_of(image, r))
    expected = 2 * np.clip((np.arange(22) + 0.5) / 1.125 - 0.5, 0, 19)
    assert np.abs(seen[:, 0, 0] - expected).max() <= 0.6


@pytest.mark.parametrize(("across", "down"), [(2.0, 1.0), (16 / 11, 1.0), (1.0, 1.125), (3.0, 1.0)])
def test_a_patch_covers_the_samples_under_it(across: float, down: float) -> None:
    alpha: F32 = np.ones((48, 96), np.float32)
    patch = Stretch(across, down).shrunk(Patch(96, 48, np.full((48, 96, 3), (200, 40, 90), np.uint8), alpha))
    assert (patch.x, patch.y) == (int(96 / across), int(48 / down))
    mass = float(patch.alpha.sum())
    assert mass == pytest.approx(96 / across * 48 / down, rel=0.02)
    assert (patch.rgb[patch.alpha > 0] == (200, 40, 90)).all()
    centre = patch.alpha[3:-3, 3:-3]
    assert (centre > 0.99).all()


def test_colours_under_nothing_do_not_bleed_in() -> None:
    rgb: U8 = np.zeros((20, 40, 3), np.uint8)
    rgb[:, 20:] = (10, 250, 10)
    alpha: F32 = np.zeros((20, 40), np.float32)
    alpha[:, :20] = 1
    rgb[:, :20] = (200, 100, 50)
    patch = Stretch(16 / 11, 1.0).shrunk(Patch(0, 0, rgb, alpha))
    seen = patch.alpha > 0.01
    assert np.abs(patch.rgb[seen].astype(int) - (200, 100, 50)).max() <= 1
    assert patch.alpha[:, 16:].max() == 0


def test_there_and_back_is_where_it_was() -> None:
    """A soft dot keeps its centre of mass."""
    x, y = np.meshgrid(np.arange(64), np.arange(64))
    alpha = np.exp(-((x - 30.3) ** 2 + (y - 29.1) ** 2) / 40).astype(np.float32)
    rgb = np.full((64, 64, 3), 128, np.uint8)
    small = Stretch(1.5, 1.0).shrunk(Patch(7, 5, rgb, alpha))
    columns = np.arange(small.alpha.shape[1]) + small.x + 0.5
    centre = float((small.alpha.sum(0) * columns).sum() / small.alpha.sum()) * 1.5 - 0.5
    assert centre == pytest.approx(37.3, abs=0.1)
