"""Heavier detectors where perception expects BlazeFace's calls."""

import numpy as np

from engines.landmarks import roi_from_eyes
from engines.nets.detectors.finder import NetDetector, six
from engines.nets.detectors.found import Found
from engines.values import U8, Box

FIVE = np.array([[40, 50], [80, 54], [61, 70], [46, 90], [78, 92]], np.float32)
FOUND = Found(Box(30, 30, 90, 110), FIVE, 0.8)


def test_points_keep_their_meaning() -> None:
    points = six(FOUND)
    assert points.shape == (6, 2) and points.dtype == np.float32
    np.testing.assert_allclose(points[:4], [[40, 50], [80, 54], [61, 70], [62, 91]])
    np.testing.assert_allclose(points[4:], [[16, 47.6], [104, 56.4]], atol=1e-4)


def test_the_first_crop_of_the_mesh_is_level_with_the_eyes() -> None:
    points = six(FOUND)
    b = FOUND.box
    roi = roi_from_eyes((b.x0, b.y0, b.x1, b.y1), points[0], points[1])
    assert abs(roi.angle - np.arctan2(4, 40)) < 1e-5, "the eye on the screen's left comes first"
    assert abs(roi.x - 60) < 1 and abs(roi.y - 70) < 1


def test_it_sees_the_whole_picture_and_needs_no_tiles() -> None:
    closed: list[bool] = []
    seen: list[tuple[int, ...]] = []

    def detect(image: U8) -> list[Found]:
        seen.append(image.shape)
        return [FOUND]

    finder = NetDetector(detect, 640, lambda: closed.append(True))
    [one] = finder.whole(np.zeros((120, 200, 3), np.uint8))
    assert (one.box, one.score) == (FOUND.box, 0.8) and seen == [(120, 200, 3)]
    assert finder.tiled((4000, 2000), 640, lambda x, y, side: np.zeros((side, side, 3), np.uint8)) == []
    finder.close()
    assert closed == [True] and finder.side == 640
