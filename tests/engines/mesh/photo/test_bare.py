"""Spectacles taken off a source photo, by value."""

from collections.abc import Mapping

import cv2
import numpy as np

from engines.backends.reference import ReferenceEngine
from engines.mesh import texture
from engines.mesh.photo import bare
from engines.occlusion.eyewear import HEIGHT, WIDTH, EyewearNet
from engines.protocol import Spec
from engines.values import Array
from tests.engines.mesh.heads import head, plain

SIDE = texture.SIDE
TONE = (190, 150, 130)
INPUTS = {"band": Spec((1, 3, HEIGHT, WIDTH), "float32")}
OUTPUTS = {"worn": Spec((1,), "float32"), "map": Spec((1, HEIGHT, WIDTH), "float32")}


def net(logit: float) -> EyewearNet:
    """Sees a bar across the middle of the band, and is as sure of it as it is told to."""

    def answer(_: Mapping[str, Array]) -> dict[str, Array]:
        found = np.zeros((1, HEIGHT, WIDTH), np.float32)
        found[0, 36:42, 20:140] = 1
        return {"worn": np.array([logit], np.float32), "map": found}

    return EyewearNet(ReferenceEngine(INPUTS, OUTPUTS, answer))


def test_rims_are_found_where_the_network_sees_them() -> None:
    mesh = head(12, (150, 150))
    found = bare.rims(plain(TONE, 300, 300), mesh, net(4.0))
    assert found is not None and found.shape == (SIDE, SIDE)
    bridge = texture.layout()[[6, 168]].mean(0)  # between the eyes
    chin = texture.layout()[152]
    x, y = np.round(bridge).astype(int)
    assert found[y - 60 : y + 60, x].max() > 0.9
    assert found[int(chin[1]) - 40 : int(chin[1])].max() == 0


def test_nobody_who_wears_none_loses_anything() -> None:
    assert bare.rims(plain(TONE, 300, 300), head(12, (150, 150)), net(-4.0)) is None


def test_beneath_the_rims_there_is_skin() -> None:
    face, worn = plain(TONE, SIDE, SIDE).copy(), np.zeros((SIDE, SIDE), np.float32)
    cv2.line(face, (200, 340), (560, 340), (20, 20, 25), 9)
    cv2.line(worn, (200, 340), (560, 340), 1.0, 9)
    out, seen = bare.without(face, np.ones((SIDE, SIDE), np.float32), worn)
    assert np.abs(out.astype(int) - TONE).max() <= 6
    assert seen[340, 400] < 0.3 < 0.99 < seen[300, 400]  # another photo, without any, shows that place


def test_what_lies_beside_the_rims_stays_bit_for_bit() -> None:
    face = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 3), np.uint8)
    worn = np.zeros((SIDE, SIDE), np.float32)
    cv2.line(worn, (200, 340), (560, 340), 1.0, 9)
    out, _ = bare.without(face, np.ones((SIDE, SIDE), np.float32), worn)
    np.testing.assert_array_equal(out[:320], face[:320])
