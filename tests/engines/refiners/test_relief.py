"""Depth as pictures and slopes, and what a surface of known depth bends."""

import numpy as np
import pytest

from engines.refiners.relief import normals, of_mesh, picture, slope
from tests.engines.scenes import cloud
from tests.engines.scenes import mesh as face

SIDE = 160
Y, X = np.mgrid[:SIDE, :SIDE].astype(np.float32)


def test_the_nose_stands_out_and_beside_the_face_there_is_nothing() -> None:
    mesh = face(SIDE)
    depth = of_mesh(mesh, SIDE)
    assert depth.shape == (SIDE, SIDE)
    assert depth[2, 2] == 0
    tip, cheek, rim = (depth[int(mesh[i, 1]), int(mesh[i, 0])] for i in (4, 50, 234))
    assert tip > 0.97
    assert tip > cheek + 0.15
    assert cheek > depth[depth > 0].min() + 0.1 > rim * 0 + 0.25
    assert depth[depth > 0].min() == pytest.approx(0.2, abs=0.02)


def test_a_face_outside_the_square_has_no_relief() -> None:
    assert of_mesh(face(SIDE, at=(-900, -900)), SIDE).max() == 0


@pytest.mark.parametrize("smooth", [0.0, 2.0])
def test_the_slope_of_a_plane(smooth: float) -> None:
    s = slope(0.01 * X - 0.02 * Y, smooth)[10:-10, 10:-10]
    np.testing.assert_allclose(s[..., 0], 0.01, atol=1e-4)
    np.testing.assert_allclose(s[..., 1], -0.02, atol=1e-4)


def test_a_depth_picture_is_grey_and_nearer_is_brighter() -> None:
    shown = picture(np.array([[0, 0.5, 1, 2]], np.float32))
    assert shown.shape == (1, 4, 3)
    assert shown[0, :, 0].tolist() == [0, 128, 255, 255]
    assert np.all(shown == shown[..., :1])


def test_normals_look_at_the_viewer_right_is_red_and_up_is_green() -> None:
    flat = normals(np.zeros((20, 20), np.float32))
    assert np.all(np.abs(flat.astype(int) - [128, 128, 255]) <= 1)
    falls_to_the_right = normals((-0.02 * X).astype(np.float32))[80, 80].astype(int)
    assert falls_to_the_right[0] > 190 and abs(falls_to_the_right[1] - 128) <= 2
    falls_upwards = normals((0.02 * Y).astype(np.float32))[80, 80].astype(int)
    assert falls_upwards[1] > 190 and abs(falls_upwards[0] - 128) <= 2
    lengths = np.linalg.norm(normals(cloud(60, 60, 3)).astype(np.float32) / 127.5 - 1, axis=2)
    np.testing.assert_allclose(lengths, 1, atol=0.02)
