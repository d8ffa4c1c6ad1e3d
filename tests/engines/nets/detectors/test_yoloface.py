"""yoloface on a stand-in: one table of candidates."""

import numpy as np

from engines.nets.detectors.yoloface import Yoloface
from tests.engines.nets.detectors.faces_put import BOX, POINTS, SECOND, Opened, check, constant


def test_yoloface(opened: Opened) -> None:
    table = np.zeros((20, 8400), np.float32)
    for i, (box, score) in enumerate(((BOX, 0.9), ((204, 122, 298, 238), 0.7), (SECOND, 0.6))):
        middle = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, box[2] - box[0], box[3] - box[1]]
        five = np.concatenate([POINTS, np.full((5, 1), 0.8, np.float32)], 1)
        table[:, 1000 * i + 5] = [*middle, score, *five.ravel()]
    net = constant("yoloface_8n", opened, [table[None]])
    check(Yoloface(net)(np.zeros((360, 640, 3), np.uint8)), 1.0)
