"""The visible label that tells viewers of a live picture that faces in it were replaced. A patch like any other.

Knows letters and places. The words are drawn once for a size of picture and pasted on every frame.
"""

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from engines.errors import UnderstudyError
from engines.values import F32, U8, Patch

WORDS = "AI-altered"

_FONT = cv2.FONT_HERSHEY_DUPLEX
_LONGEST = 80


class LabelError(UnderstudyError):
    """The label cannot be drawn as worded."""


class Place(StrEnum):
    """Which corner or edge of the picture the label keeps to."""

    TOP_LEFT = "top-left"
    TOP = "top"
    TOP_RIGHT = "top-right"
    BOTTOM_LEFT = "bottom-left"
    BOTTOM = "bottom"
    BOTTOM_RIGHT = "bottom-right"


@dataclass(frozen=True, slots=True)
class Label:
    """words: printable ASCII, as the built-in letters go. size: height of a capital as a share of the picture's shorter
    side. opacity: of letters and ground, 0 to 1."""

    words: str = WORDS
    place: Place = Place.BOTTOM_LEFT
    size: float = 0.028
    opacity: float = 0.8

    def __post_init__(self) -> None:
        if not self.words.strip():
            raise LabelError("a label without words tells nobody anything; give it words, or switch the label off")
        if len(self.words) > _LONGEST:
            raise LabelError(f"the label has {len(self.words)} letters; keep it under {_LONGEST}")
        if not (self.words.isascii() and self.words.isprintable()):
            raise LabelError(f"the label {self.words!r} has letters that cannot be drawn here; use plain ASCII")
        if not 0.015 <= self.size <= 0.2:
            raise LabelError(f"a label of size {self.size} cannot be read or hides the picture; take 0.015 to 0.2")
        if not 0.3 <= self.opacity <= 1:
            raise LabelError(f"a label of opacity {self.opacity} cannot be seen; take 0.3 to 1")


def draw(label: Label, width: int, height: int) -> Patch:
    """The label for pictures of this size, as displayed: white letters on a dark ground, inside the picture, smaller
    where the words would not fit."""
    capital = max(10.0, label.size * min(width, height))
    scale = capital / cv2.getTextSize("H", _FONT, 1.0, 1)[0][1]
    unit = cv2.getTextSize(label.words, _FONT, 1.0, 1)[0][0]
    scale = min(scale, 0.9 * width / unit)
    thick = max(1, round(scale))
    (wide, high), below = cv2.getTextSize(label.words, _FONT, scale, thick)
    pad = max(2, round(0.5 * high))
    size = (min(wide + 2 * pad, width), min(high + below + 2 * pad, height))
    rgb: U8 = np.full((size[1], size[0], 3), 16, np.uint8)
    cv2.putText(rgb, label.words, (pad, pad + high), _FONT, scale, (245, 245, 245), thick, cv2.LINE_AA)
    alpha: F32 = np.full(rgb.shape[:2], label.opacity, np.float32)
    x, y = _corner(label.place, size, width, height, margin=round(0.02 * min(width, height)))
    return Patch(x, y, rgb, alpha)


def _corner(place: Place, size: tuple[int, int], width: int, height: int, margin: int) -> tuple[int, int]:
    """Even numbers, so that no chroma sample is shared with the picture beside the label."""
    free_x, free_y = width - size[0], height - size[1]
    left, right = min(margin, free_x), max(0, free_x - margin)
    x = left if place.endswith("left") else right if place.endswith("right") else free_x // 2
    y = min(margin, free_y) if place.startswith("top") else max(0, free_y - margin)
    return x & ~1, y & ~1
