"""yoloface_8n: one table of 8400 candidates: box by centre and size, score, five points with their own scores."""

import numpy as np

from engines.nets.detectors.found import Heavy, Raw
from engines.values import F32


class Yoloface(Heavy):
    @staticmethod
    def read(outputs: list[F32], side: int) -> Raw:
        """(1, 20, n): 4 box, 1 score, 5 times x, y and the point's own score; pixels of the square."""
        table = outputs[0][0].T
        middle, half = table[:, :2], table[:, 2:4] / 2
        boxes = np.concatenate([middle - half, middle + half], 1)
        return Raw(boxes, table[:, 5:].reshape(-1, 5, 3)[..., :2], table[:, 4])
