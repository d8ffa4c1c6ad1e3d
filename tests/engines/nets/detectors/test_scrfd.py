"""SCRFD and RetinaFace on a stand-in: boxes and points in strides from two anchors a cell."""

import numpy as np
import pytest

from engines.nets.detectors.scrfd import Scrfd
from engines.values import F32, Array
from tests.engines.nets.detectors.faces_put import BOX, POINTS, SECOND, Opened, check, constant


def scrfd_outputs() -> list[Array]:
    """The first face at stride 32, cell (7, 5), second anchor; a weaker double of it beside; the second at stride 8."""
    scores = [np.zeros((2 * (640 // s) ** 2, 1), np.float32) for s in (8, 16, 32)]
    boxes = [np.zeros((len(s), 4), np.float32) for s in scores]
    points = [np.zeros((len(s), 10), np.float32) for s in scores]

    def put(level: int, column: int, row: int, anchor: int, box: tuple[float, ...], five: F32, score: float) -> None:
        stride = (8, 16, 32)[level]
        index = 2 * (row * (640 // stride) + column) + anchor
        cx, cy = column * stride, row * stride
        scores[level][index] = score
        boxes[level][index] = np.array([cx - box[0], cy - box[1], box[2] - cx, box[3] - cy]) / stride
        points[level][index] = ((five - [cx, cy]) / stride).ravel()

    put(2, 7, 5, 1, BOX, POINTS, 0.9)
    put(2, 8, 5, 0, (204, 122, 298, 238), POINTS, 0.7)
    put(0, 51, 39, 0, SECOND, POINTS, 0.6)
    put(1, 3, 3, 0, (10, 10, 60, 60), POINTS, 0.49)
    return [*scores, *boxes, *points]


@pytest.mark.parametrize("name", ["scrfd_det_10g", "scrfd_det_500m", "scrfd_2.5g", "retinaface_10g"])
@pytest.mark.parametrize(("width", "height", "scale"), [(640, 480, 1.0), (1280, 720, 0.5), (320, 200, 1.0)])
def test_scrfd_and_retinaface(opened: Opened, name: str, width: int, height: int, scale: float) -> None:
    net = constant(name, opened, scrfd_outputs())
    check(Scrfd(net)(np.zeros((height, width, 3), np.uint8)), scale)


def test_a_frame_without_a_face_has_none(opened: Opened) -> None:
    outputs = [np.zeros_like(values) for values in scrfd_outputs()]
    assert Scrfd(constant("scrfd_det_10g", opened, outputs))(np.zeros((100, 100, 3), np.uint8)) == []
