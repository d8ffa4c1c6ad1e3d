"""Geometry: how a picture's samples lie, and how they are meant to be seen: turned, mirrored, with pixels that may not
be square. Knows rectangles and arrays; nothing of colours or files.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from engines.values import Rect

Array = TypeVar("Array", bound=npt.NDArray[np.generic])

SQUARE = Fraction(1)
NEARLY = Fraction(1, 50)  # pixels this near to square ones are taken as square: nobody sees it
_STEEPEST = 4  # a pixel wider or higher than this comes of a broken header


@dataclass(frozen=True, slots=True)
class Geometry:
    """width, height: of the stored picture, in samples. rotation: degrees clockwise that it is turned for display (0,
    90, 180, 270). mirrored: whether it is then mirrored left to right. aspect: the stored pixels' width by their height
    (the sample aspect ratio).

    Three spaces: stored, upright (turned and mirrored, still samples), and shown (upright, in square pixels)."""

    width: int
    height: int
    rotation: int = 0
    mirrored: bool = False
    aspect: Fraction = SQUARE

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height in samples, as displayed."""
        return (self.height, self.width) if self.rotation % 180 else (self.width, self.height)

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height in square pixels, as displayed. No side is shorter than it is in samples."""
        width, height = self.upright
        aspect = self.pixel
        if aspect > 1:
            return round(width * aspect), height
        return width, round(height / aspect)

    @property
    def pixel(self) -> Fraction:
        """The upright pixels' width by their height; 1 where they are square, nearly so, or impossible."""
        if self.aspect == 1 or abs(self.aspect - 1) < NEARLY or not Fraction(1, _STEEPEST) <= self.aspect <= _STEEPEST:
            return SQUARE
        return 1 / self.aspect if self.rotation % 180 else self.aspect

    def turned(self, stored: Array) -> Array:
        """A view of an (h, w, ...) array of the stored picture, upright."""
        upright = np.rot90(stored, -(self.rotation // 90)) if self.rotation else stored
        return upright[:, ::-1] if self.mirrored else upright  # type: ignore[return-value]

    def unturned(self, upright: Array) -> Array:
        """The way back from `turned`."""
        plain = upright[:, ::-1] if self.mirrored else upright
        return np.rot90(plain, self.rotation // 90) if self.rotation else plain  # type: ignore[return-value]

    def stored(self, rect: Rect) -> Rect:
        """The rectangle of the stored picture that lies at `rect` when upright."""
        x, y, w, h = rect.x, rect.y, rect.w, rect.h
        if self.mirrored:
            x = self.upright[0] - x - w
        match self.rotation:
            case 90:
                return Rect(y, self.height - x - w, h, w)
            case 180:
                return Rect(self.width - x - w, self.height - y - h, w, h)
            case 270:
                return Rect(self.width - y - h, x, h, w)
            case _:
                return Rect(x, y, w, h)


def orientation(matrix: Sequence[int]) -> tuple[int, bool] | None:
    """A display matrix as degrees clockwise (0, 90, 180, 270) and then mirrored or not; None where it turns by anything
    but quarters. matrix: nine numbers a b u c d v x y w, as FFmpeg has them: a stored picture's x axis points along
    (a, b) on display and its y axis along (c, d)."""
    a, b, _, c, d = matrix[:5]
    mirrored = a * d - b * c < 0
    if mirrored:
        a, c = -a, -c
    if not (a or b) or not (c or d):
        return None
    angles = (math.degrees(math.atan2(b, a)), math.degrees(math.atan2(-c, d)))
    turns = [round(angle / 90) for angle in angles]
    if max(abs(angle - 90 * turn) for angle, turn in zip(angles, turns, strict=True)) > 1:
        return None
    return (turns[0] * 90 % 360, mirrored) if (turns[0] - turns[1]) % 4 == 0 else None


def angle(matrix: Sequence[int]) -> int:
    """Degrees clockwise by which a display matrix turns, rounded; for telling people."""
    return round(math.degrees(math.atan2(matrix[1], matrix[0]))) % 360
