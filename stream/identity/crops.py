"""Crops: what part of a frame is saved of a face: its box, steadied over time, with room about it. Knows boxes only."""

import math
from dataclasses import dataclass

from engines.values import Box, Rect

STEADY = 0.4  # seconds in which a box follows two thirds of a jump: .4 of it in a fifth of a second
ROOM = 2.0  # side of the crop over the face's longer side
BODY = (3.0, 4.0)  # width and height of an upper body's box, in faces
ABOVE = 1.0  # of them, how much of a face there is above the face's middle in it
SHOWN = 0.6  # share of a body's box that must lie in the frame


@dataclass(slots=True)
class SteadyBox:
    """One track's box: an exponential mean whose weight goes by time, not by frames."""

    box: Box
    seconds: float

    def follow(self, box: Box, seconds: float) -> Box:
        weight = 1 - math.exp(-max(0.0, seconds - self.seconds) / STEADY)
        old, self.seconds = self.box, seconds
        self.box = Box(*(a + weight * (b - a) for a, b in zip(_sides(old), _sides(box), strict=True)))
        return self.box


def face_crop(box: Box, width: int, height: int) -> Rect:
    """A square about the box with room for hair and chin, cut off where the frame ends."""
    half = ROOM * max(box.width, box.height) / 2
    x, y = box.centre
    return _within(Box(x - half, y - half, x + half, y + half), width, height)


def body_crop(box: Box, width: int, height: int) -> Rect | None:
    """The upper body below the face; None where the frame shows too little of it."""
    x, y = box.centre
    w, h, top = BODY[0] * box.width, BODY[1] * box.height, y - ABOVE * box.height
    whole = Box(x - w / 2, top, x + w / 2, top + h)
    inside = _within(whole, width, height)
    return inside if inside.w * inside.h >= SHOWN * whole.area else None


def _within(box: Box, width: int, height: int) -> Rect:
    x0, y0 = max(0, math.floor(box.x0)), max(0, math.floor(box.y0))
    x1, y1 = min(width, math.ceil(box.x1)), min(height, math.ceil(box.y1))
    x0, y0 = min(x0, width - 2), min(y0, height - 2)
    return Rect(x0, y0, max(2, x1 - x0), max(2, y1 - y0))


def _sides(box: Box) -> tuple[float, float, float, float]:
    return box.x0, box.y0, box.x1, box.y1
