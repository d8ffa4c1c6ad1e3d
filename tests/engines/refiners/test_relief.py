"""Depth as pictures and slopes, and what a surface of known depth bends."""

import numpy as np
import pytest

from engines.occlusion.glass import Glass, look
from engines.refiners.bend import better
from engines.refiners.relief import normals, of_mesh, picture, slope
from engines.values import F32
from tests.engines.scenes import cloud
from tests.engines.scenes import mesh as face
from tests.engines.scenes import picture as pattern

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


PLATE = pattern(SIDE, SIDE, 5, 20)
DOME = np.clip(1 - ((X - 80) ** 2 + (Y - 80) ** 2) / 60**2, 0, 1).astype(np.float32)
REGION = (DOME > 0.02).astype(np.float32)
FULL = np.ones((SIDE, SIDE), np.float32)
RHO = np.full((SIDE, SIDE, 3), 0.8, np.float32)


def bent(strength: float) -> F32:
    """The displacement of a dome of glass, longest `strength` pixels: towards its middle where positive."""
    s = slope(DOME, 2.0)
    return np.asarray(s / np.linalg.norm(s, axis=2).max() * strength, np.float32)


def seen(flow: F32) -> F32:
    return np.asarray(0.8 * look(PLATE, flow * REGION[..., None]), np.float32)


def error(flow: F32, wanted: F32) -> float:
    return float(np.linalg.norm(flow - wanted, axis=2)[DOME > 0.1].mean())


@pytest.mark.parametrize("strength", [10.0, -8.0])
def test_depth_finds_a_displacement_that_flow_missed(strength: float) -> None:
    missed = Glass(RHO, np.zeros((SIDE, SIDE, 2), np.float32), REGION)
    found = better(missed, seen(bent(strength)), PLATE, DOME, FULL, SIDE)
    assert error(found.flow, bent(strength)) < 0.2 * error(missed.flow, bent(strength))
    np.testing.assert_array_equal(found.rho, RHO)


def test_a_flow_that_is_right_stays() -> None:
    right = Glass(RHO, bent(9.3), REGION)
    assert better(right, seen(bent(9.3)), PLATE, DOME, FULL, SIDE) is right


def test_a_depth_that_has_nothing_to_do_with_it_changes_nothing() -> None:
    frame = seen(np.full((SIDE, SIDE, 2), 4, np.float32))
    right = Glass(RHO, np.full((SIDE, SIDE, 2), 4, np.float32), REGION)
    assert better(right, frame, PLATE, DOME, FULL, SIDE) is right


def test_flat_or_unseen_glass_bends_nothing() -> None:
    glass = Glass(RHO, np.zeros((SIDE, SIDE, 2), np.float32), REGION)
    frame = seen(bent(10))
    assert better(glass, frame, PLATE, 0 * DOME, FULL, SIDE) is glass
    assert better(glass, frame, PLATE, DOME, 0 * FULL, SIDE) is glass
