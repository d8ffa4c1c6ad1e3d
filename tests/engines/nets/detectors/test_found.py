"""What the heavier detectors share: the square a frame is fitted into, anchors, and which candidates are kept."""

import numpy as np
import pytest

from engines.nets.detectors.found import Raw, best, fitted, grid


def test_the_frame_lies_in_the_top_left_corner() -> None:
    image = np.full((100, 200, 3), 9, np.uint8)
    square, scale = fitted(image, 640)
    assert scale == 1 and square[99, 199, 0] == 9 and square[100, 0, 0] == 0 and square[0, 200, 0] == 0
    square, scale = fitted(np.full((1280, 640, 3), 9, np.uint8), 640)
    assert scale == 0.5 and square[639, 319, 0] == 9 and square[0, 320, 0] == 0


def test_anchors_run_row_by_row() -> None:
    assert grid(32, 8, 2)[:4].tolist() == [[0, 0], [0, 0], [8, 0], [8, 0]]
    assert grid(32, 8, 1)[4].tolist() == [0, 8]


def test_boxes_that_overlap_less_are_both_kept() -> None:
    boxes = np.array([[0, 0, 10, 10], [7, 0, 17, 10]], np.float32)
    raw = Raw(boxes, np.zeros((2, 5, 2), np.float32), np.array([0.6, 0.9], np.float32))
    assert [f.score for f in best(raw, 0.5, 0.4, 1)] == pytest.approx([0.9, 0.6])
    assert len(best(raw, 0.5, 0.1, 1)) == 1
