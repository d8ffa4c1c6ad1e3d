"""From luma planes of any size to cells: 160x90 a picture, without what stands still and what is smooth."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from engines.values import F32, U8
from engines.watermark.code import COLUMNS, ROWS
from engines.watermark.embed import PERIOD

FINE = 4
"""Samples a cell and axis in the normalised picture."""


@dataclass(frozen=True, slots=True)
class SeenWindow:
    """Which part of the marked picture is seen, as fractions of it: its left and top edge, its width and height.
    (0, 0, 1, 1) is the whole. A crop of 5 % at the left is (0.05, 0, 0.95, 1)."""

    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0


WHOLE = SeenWindow()


def shrunk(luma: U8) -> U8:
    """uint8 (h, w) to one whose long side is 640 or less: all that reading takes, for whoever collects many."""
    scale = COLUMNS * FINE / max(luma.shape)
    if scale >= 1:
        return luma
    size = (max(1, round(luma.shape[1] * scale)), max(1, round(luma.shape[0] * scale)))
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)


def normalise(luma: U8, upright: bool | None = None) -> U8:
    """uint8 (h, w) of any size to uint8 (360, 640); upright pictures are transposed, as their mark is.

    upright: whether the marked picture was; None: as this one is."""
    upright = luma.shape[0] > luma.shape[1] if upright is None else upright
    # Area averages when shrinking keep all of the mark; when enlarging, area would be nearest.
    shrink = max(luma.shape) >= COLUMNS * FINE
    size = (ROWS * FINE, COLUMNS * FINE) if upright else (COLUMNS * FINE, ROWS * FINE)
    small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA if shrink else cv2.INTER_LINEAR)
    return np.asarray(small.T if upright else small, np.uint8)


def cells(pictures: Sequence[U8], window: SeenWindow = WHOLE, step: int = 1) -> F32:
    """Normalised pictures to float32 (n, 90 step, 160 step), in levels, low spatial and temporal frequencies removed.

    The grid is that of the marked picture; where `window` leaves cells unseen they repeat the border and read as 0."""
    size = (COLUMNS * step, ROWS * step)
    out = np.empty((len(pictures), size[1], size[0]), np.float32)
    for into, picture in zip(out, pictures, strict=True):
        seen = picture if window == WHOLE else _placed(picture, window)
        plain = cv2.resize(seen, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        np.subtract(plain, cv2.blur(plain, (2 * step + 1, 2 * step + 1)), out=into)
    return _moving(out)


def _placed(picture: U8, window: SeenWindow) -> U8:
    """The picture laid where it was in the marked one, the same size as that."""
    height, width = picture.shape
    # Sample centres lie at half units, hence the shifts by one half.
    matrix = np.array(
        [
            [window.width, 0, (window.left * width) + 0.5 * window.width - 0.5],
            [0, window.height, (window.top * height) + 0.5 * window.height - 0.5],
        ],
        np.float32,
    )
    placed = cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(placed, np.uint8)


def _moving(stack: F32) -> F32:
    """What is left when each picture loses the mean of the one period of pictures about it. Few pictures: unchanged."""
    if len(stack) <= PERIOD:
        return stack
    half = PERIOD // 2
    padded = np.concatenate([stack[:1].repeat(half, 0), stack, stack[-1:].repeat(half - 1, 0)])
    total = np.cumsum(padded, axis=0, dtype=np.float32)
    mean = total[PERIOD - 1 :].copy()
    mean[1:] -= total[:-PERIOD]
    return np.asarray(stack - mean / PERIOD, np.float32)
