"""yoloface_8n: one table of 8400 candidates: box by centre and size, score, five points with their own scores."""

import numpy as np

from engines.nets.found import Found, Raw, best, fitted
from engines.nets.net import Net
from engines.values import F32, U8


class Yoloface:
    """Faces in an RGB frame."""

    def __init__(self, net: Net) -> None:
        self.net = net

    def __call__(self, image: U8) -> list[Found]:
        model = self.net.model
        square, scale = fitted(image, model.px)
        [out] = self.net.run(self.net.tensor(square[None]))
        return best(read(out), model.score, model.overlap, scale)


def read(output: F32) -> Raw:
    """(1, 20, n): 4 box, 1 score, 5 times x, y and the point's own score; pixels of the square."""
    table = output[0].T
    middle, half = table[:, :2], table[:, 2:4] / 2
    boxes = np.concatenate([middle - half, middle + half], 1)
    return Raw(boxes, table[:, 5:].reshape(-1, 5, 3)[..., :2], table[:, 4])
