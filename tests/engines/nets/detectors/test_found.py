"""The heavier detectors on stand-ins whose answers are faces put there by hand, in each one's own encoding."""

from collections.abc import Callable

import numpy as np
import pytest
from onnx import helper

from engines.nets.detectors.found import Found, Raw, best, fitted, grid
from engines.nets.detectors.scrfd import Scrfd
from engines.nets.detectors.yoloface import Yoloface
from engines.nets.detectors.yunet import Yunet
from engines.nets.net import Net
from engines.store.catalog import load_catalog
from engines.values import F32, Array

Opened = Callable[..., Net]
# in pixels of the 640 square: box, five points, score
BOX = (200.0, 120.0, 296.0, 240.0)
POINTS = np.array([[225, 160], [270, 158], [248, 185], [228, 212], [268, 210]], np.float32)
SECOND = (400.0, 300.0, 420.0, 330.0)


def constant(net: str, opened: Opened, outputs: list[Array]) -> Net:
    """Answers with `outputs`, plus nothing times its input."""
    nodes = [helper.make_node("ReduceMean", ["in0"], ["mean"], axes=[1, 2, 3], keepdims=0)]
    nodes += [helper.make_node("Mul", ["mean", "none"], ["nothing"])]
    names = [t.name or f"out{i}" for i, t in enumerate(load_catalog().model(net).outputs)]
    nodes += [helper.make_node("Add", [f"c{i}", "nothing"], [name]) for i, name in enumerate(names)]
    weights = {f"c{i}": values for i, values in enumerate(outputs)} | {"none": np.zeros(1, np.float32)}
    return opened(net, nodes, weights)


def check(found: list[Found], scale: float) -> None:
    assert len(found) == 2
    face, other = found
    np.testing.assert_allclose((face.box.x0, face.box.y0, face.box.x1, face.box.y1), np.array(BOX) / scale, atol=0.1)
    np.testing.assert_allclose(face.points, POINTS / scale, atol=0.1)
    assert face.score == pytest.approx(0.9, abs=1e-3) and other.score == pytest.approx(0.6, abs=1e-3)
    np.testing.assert_allclose((other.box.x0, other.box.y1), np.array([SECOND[0], SECOND[3]]) / scale, atol=0.1)


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


def test_yunet(opened: Opened) -> None:
    sizes = [(640 // s) ** 2 for s in (8, 16, 32)]
    kind = [np.zeros((1, n, 1), np.float32) for n in sizes]
    there = [np.ones((1, n, 1), np.float32) for n in sizes]
    boxes = [np.zeros((1, n, 4), np.float32) for n in sizes]
    points = [np.zeros((1, n, 10), np.float32) for n in sizes]

    def put(level: int, column: int, row: int, box: tuple[float, ...], score: float) -> None:
        stride = (8, 16, 32)[level]
        i = row * (640 // stride) + column
        kind[level][0, i], there[level][0, i] = score * score / 0.9, 0.9
        cell = np.array([column, row]) * stride
        middle, size = np.array([box[0] + box[2], box[1] + box[3]]) / 2, np.array([box[2] - box[0], box[3] - box[1]])
        boxes[level][0, i] = np.concatenate([(middle - cell) / stride, np.log(size / stride)])
        points[level][0, i] = ((POINTS - cell) / stride).ravel()

    put(2, 7, 5, BOX, 0.9)
    put(1, 15, 11, (204, 122, 298, 238), 0.7)
    put(0, 51, 39, SECOND, 0.6)
    net = constant("yunet_2023_mar", opened, [*kind, *there, *boxes, *points])
    check(Yunet(net)(np.zeros((720, 1280, 3), np.uint8)), 0.5)


def test_yoloface(opened: Opened) -> None:
    table = np.zeros((20, 8400), np.float32)
    for i, (box, score) in enumerate(((BOX, 0.9), ((204, 122, 298, 238), 0.7), (SECOND, 0.6))):
        middle = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, box[2] - box[0], box[3] - box[1]]
        five = np.concatenate([POINTS, np.full((5, 1), 0.8, np.float32)], 1)
        table[:, 1000 * i + 5] = [*middle, score, *five.ravel()]
    net = constant("yoloface_8n", opened, [table[None]])
    check(Yoloface(net)(np.zeros((360, 640, 3), np.uint8)), 1.0)


def test_a_frame_without_a_face_has_none(opened: Opened) -> None:
    outputs = [np.zeros_like(values) for values in scrfd_outputs()]
    assert Scrfd(constant("scrfd_det_10g", opened, outputs))(np.zeros((100, 100, 3), np.uint8)) == []


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
