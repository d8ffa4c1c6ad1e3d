"""YuNet of OpenCV's zoo: one anchor a cell, box as centre and logarithm of its size, in strides.

Source: Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023; score is the root of class times objectness.
"""

import numpy as np

from engines.nets.detectors.found import Heavy, Raw, grid
from engines.values import F32

STRIDES = (8, 16, 32)


class Yunet(Heavy):
    @staticmethod
    def read(outputs: list[F32], side: int) -> Raw:
        """Twelve outputs: cls, obj (1, n, 1), bbox (1, n, 4) and kps (1, n, 10), each for strides 8, 16 and 32."""
        boxes, points, scores = [], [], []
        for level, stride in enumerate(STRIDES):
            kind, there, box, five = (outputs[level + 3 * i][0] for i in range(4))
            cell = grid(side, stride, 1)
            middle, half = cell + box[:, :2] * stride, np.exp(box[:, 2:]) * stride / 2
            boxes.append(np.concatenate([middle - half, middle + half], 1))
            points.append(five.reshape(-1, 5, 2) * stride + cell[:, None])
            scores.append(np.sqrt(np.clip(kind, 0, 1) * np.clip(there, 0, 1)).reshape(-1))
        return Raw(np.concatenate(boxes), np.concatenate(points), np.concatenate(scores).astype(np.float32))
