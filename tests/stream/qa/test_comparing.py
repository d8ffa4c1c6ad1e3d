"""What pixels of a swap and of its original say about each other, on drawn faces."""

import cv2
import numpy as np
import pytest

from engines.mesh.topology import CANONICAL, OVAL
from engines.values import F32, U8
from stream.qa.comparing import around, compared

SIDE = 160


def mesh(scale: float = 1.0) -> F32:
    """A face of about 76 x 100 pixels in the middle of a picture of SIDE, both times `scale`."""
    flat = CANONICAL[:, :2] - CANONICAL[OVAL, :2].mean(0)
    k = 100 / np.ptp(CANONICAL[OVAL, 1])
    points = np.concatenate([flat * k + SIDE / 2, np.zeros((468, 1))], axis=1)
    return np.asarray(points * scale, np.float32)


def plain(level: float = 120.0, seed: int = 0, noise: float = 2.0) -> U8:
    random = np.random.default_rng(seed)
    ramp = np.linspace(-15, 15, SIDE)[None, :, None]
    return np.asarray(np.clip(level + ramp + random.normal(0, noise, (SIDE, SIDE, 3)), 0, 255), np.uint8)


def painted(onto: U8, change: float, soft: float) -> U8:
    """Within the face other by `change` levels. soft: of the edge, pixels."""
    mask = np.zeros(onto.shape[:2], np.float32)
    cv2.fillPoly(mask, [np.round(mesh()[OVAL, :2]).astype(np.int32)], 1.0)
    alpha = cv2.GaussianBlur(mask, (0, 0), soft)[..., None] if soft else mask[..., None]
    return np.asarray(np.clip(onto + alpha * change, 0, 255), np.uint8)


def test_a_painted_face_differs_within_and_not_about() -> None:
    was = plain()
    found = compared(painted(plain(seed=1), 25, 5), was, mesh())
    assert found.changed == pytest.approx(25, abs=3) and found.coding < 1.5


def test_an_untouched_face_differs_by_what_coding_leaves() -> None:
    found = compared(plain(seed=1), plain(), mesh())
    assert found.changed == pytest.approx(found.coding, abs=0.3) and found.seam is None


def test_a_hard_edge_is_a_seam_and_a_soft_one_is_none() -> None:
    was = plain()
    hard, soft = (compared(painted(plain(seed=1), 40, edge), was, mesh()).seam for edge in (0, 9))
    assert hard is not None and soft is not None
    assert hard > 2 * soft and hard > 3 and soft < 2


def test_an_edge_that_the_original_has_too_is_no_seam() -> None:
    beard = painted(plain(), -60, 0)
    found = compared(painted(painted(plain(seed=1), -60, 0), 20, 9), beard, mesh())
    assert found.seam is not None and found.seam < 1.3


def test_a_small_dab_of_paint_has_no_boundary_to_look_at() -> None:
    was, now = plain(), plain(seed=1)
    now[80:88, 80:88] = 255
    assert compared(now, was, mesh()).seam is None


def test_large_faces_are_compared_as_small_ones() -> None:
    now, was = painted(plain(seed=1), 25, 5), plain()
    twice = [np.asarray(cv2.resize(rgb, None, fx=4, fy=4), np.uint8) for rgb in (now, was)]
    large = compared(twice[0], twice[1], mesh(4.0))
    small = compared(now, was, mesh())
    assert large.changed == pytest.approx(small.changed, rel=0.05)
    assert large.seam == pytest.approx(small.seam, rel=0.3)


def test_what_is_around_a_face_is_not_the_face() -> None:
    assert around(painted(plain(60), 150, 0), mesh()) == pytest.approx(60, abs=3)


def test_a_face_that_fills_its_picture_has_its_own_brightness_about_it() -> None:
    assert around(plain(90), mesh() * 3 - SIDE) == pytest.approx(90, abs=4)
