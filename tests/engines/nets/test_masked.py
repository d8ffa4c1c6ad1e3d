"""Patches cut by a mask network, which is a function here."""

from dataclasses import replace

import numpy as np
import pytest

from engines.nets.masked import Masked, onto
from engines.nets.pasted import Asked
from engines.values import F32, U8, Patch, Region
from tests.engines.nets.asking import TEMPLATE, asked, even, one


def test_a_mask_network_leaves_half_transparent_pixels_their_half() -> None:
    """Visible: 0 on the left, 0.4 in the middle, 1 on the right of the crop."""
    seen: list[U8] = []

    def visible(crops: U8) -> F32:
        seen.append(crops)
        strip = np.repeat(np.array([0, 0.4, 1], np.float32), [86, 84, 86])
        return np.broadcast_to(strip, (len(crops), 256, 256)).astype(np.float32)

    face = asked(side=256, x=350, y=270)
    made = Masked(even(0.8), visible, TEMPLATE, 256)
    patch = one(made([face]))
    assert seen[0].shape == (1, 256, 256, 3) and np.array_equal(seen[0][0, 5, 5], (200, 100, 50))
    row = patch.alpha[100]
    assert row[40] == 0 and row[148] == pytest.approx(0.4, abs=1e-5) and row[250] == pytest.approx(0.8)
    faded = one(made([replace(face, fade=0.5)])).alpha[100]
    assert faded[148] == pytest.approx(0.2, abs=1e-5) and faded[250] == pytest.approx(0.4)
    assert Masked(lambda faces: [None], visible, TEMPLATE, 256)([face]) == [None]
    assert len(seen) == 2, "nobody is asked about nothing"


def test_values_of_a_crop_come_into_the_pixels_of_a_patch() -> None:
    """The crop's columns count; half the size, and the patch begins 6 to the right."""
    columns = np.broadcast_to(np.arange(32, dtype=np.float32), (32, 32)).copy()
    matrix = np.array([[0.5, 0, 1], [0, 0.5, 0]], np.float32)
    view = Asked(Region(100, 50, np.zeros((40, 40, 3), np.uint8)), np.zeros((468, 3), np.float32))
    patch = Patch(106, 52, np.zeros((4, 8, 3), np.uint8), np.zeros((4, 8), np.float32))
    np.testing.assert_allclose(onto(columns, matrix, view, patch)[2], (np.arange(8) + 6) * 0.5 + 1, atol=0.03)
