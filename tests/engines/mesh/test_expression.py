"""What a face does, on the canonical face and on shapes made of it."""

import numpy as np
import pytest

from engines.mesh.expression import CORNERS, FLAT_PITCH, FLAT_YAW, LEVEL, expression
from engines.mesh.topology import CANONICAL, INNER_LIPS, LEFT_EYE, OUTER_LIPS, RIGHT_EYE
from engines.values import F32
from tools.synth.faces import turned

PIXELS = np.asarray(CANONICAL * 20, np.float32)  # a face 20 pixels to the centimetre, looking straight ahead
LIPS = np.union1d(OUTER_LIPS, INNER_LIPS)


def jaw(centimetres: float) -> F32:
    mesh = PIXELS.copy()
    middle = mesh[[13, 14], 1].mean()
    below = LIPS[mesh[LIPS, 1] > middle + 0.5]
    mesh[below, 1] += 20 * centimetres
    return mesh


def lids(share: float) -> F32:
    """The eyes shut by a share."""
    mesh = PIXELS.copy()
    for ring in (RIGHT_EYE, LEFT_EYE):
        lower, upper = ring[1:8], ring[:8:-1]
        mesh[upper] += share * (mesh[lower] - mesh[upper])
    return mesh


def smile(centimetres: float) -> F32:
    mesh = PIXELS.copy()
    for corner, side in zip(CORNERS, (-1, 1), strict=True):
        mesh[corner] += np.array([side, -0.7, 0]) * 20 * centimetres
    return mesh


def test_the_face_at_rest_does_nothing() -> None:
    rest = expression(PIXELS)
    assert rest.mouth_open < 0.3 and rest.smile < 0.3 and rest.eye_open > 0.6
    assert rest.yaw == pytest.approx(0, abs=0.5) and rest.pitch == pytest.approx(-FLAT_PITCH * LEVEL, abs=0.5)


def test_a_mouth_opens_and_eyes_shut_by_degrees() -> None:
    opened = [expression(jaw(c)).mouth_open for c in (0, 0.5, 1, 2)]
    assert opened == sorted(opened) and opened[-1] > 0.3
    shut = [expression(lids(s)).eye_open for s in (0, 0.5, 0.8, 1)]
    assert shut == sorted(shut, reverse=True) and shut[-1] < 0.3


def test_a_smile_is_broad_and_raised() -> None:
    smiles = [expression(smile(c)).smile for c in (0, 0.3, 0.6, 1)]
    assert smiles == sorted(smiles) and smiles[-1] >= 0.3 > smiles[0]


@pytest.mark.parametrize(("yaw", "pitch"), [(30, 0), (-20, 0), (0, 15), (0, -15), (25, -10)])
def test_a_turned_head_does_not_smile_for_it(yaw: float, pitch: float) -> None:
    mesh = turned(PIXELS, np.radians(yaw), np.radians(pitch), 0.0)
    found, rest = expression(mesh), expression(PIXELS)
    assert found.smile == pytest.approx(rest.smile, abs=0.02)
    assert found.eye_open == pytest.approx(rest.eye_open, abs=0.02)
    assert abs(found.yaw) == pytest.approx(FLAT_YAW * abs(yaw), abs=1.5)
