"""SCRFD and RetinaFace of insightface: two anchors a cell, distances to the box's sides in strides.

Source: Guo et al., "Sample and Computation Redistribution for Efficient Face Detection", 2021; tensors as published
with insightface's model packs: three scores, three boxes, three sets of points, for strides 8, 16 and 32.
"""

import numpy as np

from engines.nets.detectors.found import Heavy, Raw, grid
from engines.values import F32

STRIDES = (8, 16, 32)
EACH = 2


class Scrfd(Heavy):
    @staticmethod
    def read(outputs: list[F32], side: int) -> Raw:
        """Nine outputs (n, 1) x3, (n, 4) x3, (n, 10) x3: scores, distances left top right bottom, offsets of points."""
        boxes, points, scores = [], [], []
        for level, stride in enumerate(STRIDES):
            centre = grid(side, stride, EACH)
            far = outputs[level + 3].reshape(-1, 4) * stride
            boxes.append(np.concatenate([centre - far[:, :2], centre + far[:, 2:]], 1))
            points.append(outputs[level + 6].reshape(-1, 5, 2) * stride + centre[:, None])
            scores.append(outputs[level].reshape(-1))
        return Raw(np.concatenate(boxes), np.concatenate(points), np.concatenate(scores))
