"""The matte: hard where it is certain, at the picture's own edge between, and the same in parts."""

import cv2
import numpy as np
import pytest

from engines.relight import grabcut
from engines.relight.coarse import Rows
from engines.relight.matte import foreground, matte
from engines.values import F32, U8

SIDE = 200


def scene() -> tuple[U8, F32]:
    """A red disc before green, soft at its edge by a pixel, and its alpha."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    alpha = np.clip(60 - np.hypot(x - 100, y - 100) + 0.5, 0, 1)
    rgb = alpha[..., None] * (200, 40, 40) + (1 - alpha[..., None]) * (30, 160, 60)
    return rgb.astype(np.uint8), alpha.astype(np.float32)


def rough(alpha: F32) -> F32:
    """As a coarse network has it: soft by several pixels, and a little aside."""
    moved = np.roll(alpha, 3, 1)
    return np.asarray(cv2.GaussianBlur(moved, (0, 0), 4), np.float32)


def test_certain_ground_and_person_are_exactly_none_and_all() -> None:
    rgb, alpha = scene()
    found = matte(rgb, rough(alpha)).alpha(rgb, Rows.all(SIDE, SIDE))
    assert (found[:20] == 0).all()
    assert (found[90:110, 90:110] == 255).all()


def test_the_edge_is_brought_to_the_pictures_own() -> None:
    rgb, alpha = scene()
    coarse = rough(alpha)
    found = matte(rgb, coarse).alpha(rgb, Rows.all(SIDE, SIDE)) / 255
    assert np.abs(found - alpha).mean() < 0.7 * np.abs(coarse - alpha).mean()
    settled = matte(rgb, grabcut.settled(rgb, coarse)).alpha(rgb, Rows.all(SIDE, SIDE)) / 255
    assert np.abs(settled - alpha).mean() < 0.15 * np.abs(coarse - alpha).mean()


@pytest.mark.parametrize("most", [32, 77])
def test_rows_in_parts_are_those_at_once(most: int) -> None:
    rgb, alpha = scene()
    found, whole = matte(rgb, rough(alpha)), Rows.all(SIDE, SIDE)
    parts = [found.alpha(rgb[r.start : r.stop], r) for r in whole.parts(most)]
    np.testing.assert_array_equal(np.concatenate(parts), found.alpha(rgb, whole))


def test_a_larger_picture_gets_its_own_edge() -> None:
    rgb, alpha = scene()
    found = matte(rgb, grabcut.settled(rgb, rough(alpha)))
    large = np.asarray(cv2.resize(rgb, (3 * SIDE, 3 * SIDE), interpolation=cv2.INTER_LINEAR), np.uint8)
    truth = cv2.resize(alpha, (3 * SIDE, 3 * SIDE), interpolation=cv2.INTER_LINEAR)
    big = found.alpha(large, Rows.all(3 * SIDE, 3 * SIDE)) / 255
    assert np.abs(big - truth).mean() < 0.01


def test_the_persons_own_colour_is_told_from_the_mix() -> None:
    x = np.arange(SIDE, dtype=np.float32)[None].repeat(SIDE, 0)
    alpha = np.clip((120 - x) / 40, 0, 1).astype(np.float32)
    person, ground = np.array([0.5, 0.1, 0.1]), np.array([0.1, 0.6, 0.2])
    mixed = (alpha[..., None] * person + (1 - alpha[..., None]) * ground).astype(np.float32)
    found = foreground(mixed, alpha, 20)
    between = (alpha > 0.3) & (alpha < 1)
    assert np.abs(found - person)[between].max() < 0.5 * np.abs(mixed - person)[between].max()
    np.testing.assert_array_equal(found[alpha == 1], mixed[alpha == 1])
