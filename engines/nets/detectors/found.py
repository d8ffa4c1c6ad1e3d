"""What the heavier detectors share: the frame fitted into their square, their run, overlap, the result."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from engines.nets.net import Net
from engines.values import F32, U8, Box

Detect = Callable[[U8], "list[Found]"]


@dataclass(frozen=True, slots=True)
class Found:
    """A face as these detectors see it, in frame pixels.

    points: float32 (5, 2): left eye, right eye, nose, left and right mouth corner, as seen on screen. score: 0 to 1.
    """

    box: Box
    points: F32
    score: float


@dataclass(frozen=True, slots=True)
class Raw:
    """Candidates in pixels of the network's square: boxes (n, 4) as x0 y0 x1 y1, points (n, 5, 2), scores (n,)."""

    boxes: F32
    points: F32
    scores: F32


def fitted(image: U8, side: int) -> tuple[U8, float]:
    """The image in the top left corner of a black (side, side, 3) square, and the scale it was given."""
    height, width = image.shape[:2]
    scale = min(side / height, side / width, 1.0) if max(height, width) > side else 1.0
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    canvas = np.zeros((side, side, 3), np.uint8)
    canvas[: size[1], : size[0]] = image if scale == 1 else cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return canvas, scale


def grid(side: int, stride: int, each: int) -> F32:
    """float32 (cells * cells * each, 2): x and y of the anchors, row by row, in pixels."""
    y, x = np.mgrid[0 : side // stride, 0 : side // stride].astype(np.float32) * stride
    return np.repeat(np.stack([x.ravel(), y.ravel()], 1), each, axis=0)


def best(raw: Raw, score: float, overlap: float, scale: float) -> list[Found]:
    """Candidates above `score`, the better of any two that overlap more, back in frame pixels; best first."""
    keep = raw.scores >= score
    boxes, points, scores = raw.boxes[keep], raw.points[keep], raw.scores[keep]
    corners = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1)
    chosen = cv2.dnn.NMSBoxes(corners.tolist(), scores.tolist(), score, overlap) if len(boxes) else ()
    return [
        Found(Box(*(boxes[i] / scale).tolist()), (points[i] / scale).astype(np.float32), float(scores[i]))
        for i in chosen
    ]


class Heavy(ABC):
    """Faces in an RGB frame, uint8 (h, w, 3). `net`'s model names thresholds and side."""

    def __init__(self, net: Net) -> None:
        self.net = net

    def __call__(self, image: U8) -> list[Found]:
        model = self.net.model
        square, scale = fitted(image, model.px)
        out = self.net.run(self.net.tensor(square[None]))
        return best(self.read(out, model.px), model.score, model.overlap, scale)

    @staticmethod
    @abstractmethod
    def read(outputs: list[F32], side: int) -> Raw:
        """The candidates that a network's outputs tell of. side: of the square, pixels."""
