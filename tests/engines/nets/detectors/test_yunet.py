"""YuNet on a stand-in: boxes by centre and logarithm, scores of two answers."""

import numpy as np

from engines.nets.detectors.yunet import Yunet
from tests.engines.nets.detectors.faces_put import BOX, POINTS, SECOND, Opened, check, constant


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
