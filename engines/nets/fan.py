"""2dfan4: 68 points of a face from its box, on a heat map of 64 cells a side.

Source: Bulat and Tzimiropoulos, "How far are we from solving the 2D & 3D Face Alignment problem?", 2017.
"""

import cv2
import numpy as np

from engines.align import inverse, moved
from engines.nets.net import Net
from engines.values import F32, U8, Box

SPAN = 195.0  # the box's longer side in the crop of 256, as the network was trained
CELLS = 64


class Fan:
    """68 points, frame pixels, and how sure the network is, 0 to 1."""

    def __init__(self, net: Net) -> None:
        self.net = net

    def __call__(self, image: U8, box: Box) -> tuple[F32, float]:
        side = self.net.model.px
        matrix = placed(box, side)
        flags, border = cv2.INTER_LINEAR, cv2.BORDER_CONSTANT
        cut = np.asarray(cv2.warpAffine(image, matrix, (side, side), flags=flags, borderMode=border), np.uint8)
        points, heat = self.net.run(self.net.tensor(cut[None]))
        return read(points, heat, matrix, side)


def placed(box: Box, side: int) -> F32:
    """float32 (2, 3): the box's centre to the crop's, its longer side to 195 pixels."""
    scale = SPAN / max(box.width, box.height, 1e-6)
    cx, cy = box.centre
    return np.array([[scale, 0, side / 2 - cx * scale], [0, scale, side / 2 - cy * scale]], np.float32)


def read(points: F32, heat: F32, matrix: F32, side: int) -> tuple[F32, float]:
    """points: (1, 68, 3), in cells. heat: (1, 68, 64, 64). The score is the mean of the maps' peaks."""
    score = float(np.clip(heat[0].reshape(68, -1).max(axis=1).mean(), 0, 1))
    return moved(points[0, :, :2] * np.float32(side / CELLS), inverse(matrix)), score
