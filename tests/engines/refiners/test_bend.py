"""What a clear surface of known depth bends, where flow has missed it."""

import numpy as np
import pytest

from engines.occlusion.glass import Glass, look
from engines.refiners.bend import better
from engines.refiners.relief import slope
from engines.values import F32
from tests.engines.scenes import picture as pattern

Y, X = np.mgrid[:160, :160].astype(np.float32)
SIDE = 160
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
