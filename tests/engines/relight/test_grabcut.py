"""GrabCut masks of made-up people: found, repeatable, and bounded by what the network was sure of."""

import cv2
import numpy as np

from engines.relight import grabcut
from engines.relight.light import Illumination
from tests.engines.relight.heads import head


def test_a_person_before_a_wall_is_found_by_the_mesh_alone() -> None:
    face = head(224)
    rgb = face.picture(Illumination(0.9))
    mask = grabcut.person(rgb, [face.mesh])
    both, either = ((mask > 0.5) & (face.alpha > 0.5)).sum(), ((mask > 0.5) | (face.alpha > 0.5)).sum()
    assert both / either > 0.75
    np.testing.assert_array_equal(mask, grabcut.person(rgb, [face.mesh]))


def test_nobody_is_no_mask() -> None:
    assert grabcut.person(np.zeros((30, 40, 3), np.uint8), []).sum() == 0


def test_an_uncertain_band_is_settled_by_colour() -> None:
    face = head(224)
    rgb = face.picture(Illumination(0.9))
    coarse = np.asarray(cv2.GaussianBlur(face.alpha, (0, 0), 3), np.float32)
    settled = grabcut.settled(rgb, coarse)
    assert ((settled > 0.5) == (face.alpha > 0.5)).mean() > 0.98
    far = cv2.erode((coarse < 0.01).astype(np.uint8), np.ones((25, 25), np.uint8)) > 0
    assert settled[far].max() == 0, "what the network is sure of stays"


def test_a_mask_of_nothing_stays_one() -> None:
    empty = np.zeros((64, 64), np.float32)
    np.testing.assert_array_equal(grabcut.settled(np.full((64, 64, 3), 90, np.uint8), empty), empty)
