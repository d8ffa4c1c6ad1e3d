"""Colour: affine maps between a frame's samples and full-range 8-bit RGB, and chroma resampling at the right places.

Knows: matrices (601, 709, 2020, 240M, FCC), limited and full range, bit depth, chroma siting. Knows nothing of
frames or memory layout. Nothing here touches transfer curves: R'G'B' stays gamma-coded as it was.
"""

from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from engines.values import F32, U8

Plane = TypeVar("Plane", F32, npt.NDArray[np.uint16], U8)

# AVColorSpace numbers -> (Kr, Kb).
_WEIGHTS = {
    1: (0.2126, 0.0722),  # BT.709
    4: (0.30, 0.11),  # FCC
    5: (0.299, 0.114),  # BT.470BG, that is 601 for 625 lines
    6: (0.299, 0.114),  # SMPTE 170M, that is 601 for 525 lines
    7: (0.212, 0.087),  # SMPTE 240M
    9: (0.2627, 0.0593),  # BT.2020, non-constant luminance
    10: (0.2627, 0.0593),  # BT.2020 constant luminance, taken as the non-constant one
}
UNSPECIFIED = 2
BT709, BT601 = 1, 5
FULL = 2  # AVCOL_RANGE_JPEG


def matrix_of(tag: int, width: int, height: int) -> int:
    """The AVColorSpace number to convert with. An untagged stream is taken as players do: 709 from 1280 columns or more
    than 576 lines on, 601 below."""
    if tag in _WEIGHTS:
        return tag
    return BT709 if width >= 1280 or height > 576 else BT601


@dataclass(frozen=True, slots=True)
class ColourMaps:
    """to_rgb: float32 (3, n+1), samples -> RGB 0..255. from_rgb: float32 (n, 4), RGB 0..255 -> samples; n is 3, or 1
    for grey. Both for cv2.transform."""

    to_rgb: F32
    from_rgb: F32


@cache
def maps(model: str, bits: int, full: bool, matrix: int) -> ColourMaps:
    """The two affine maps of a pixel format. model: `yuv`, `rgb`, `gray`; matrix: an AVColorSpace number that
    `matrix_of` returns."""
    top = float((1 << bits) - 1)
    unit = float(1 << (bits - 8))
    zero, luma, chroma = (0.0, top, top) if full else (16 * unit, 219 * unit, 224 * unit)
    kr, kb = _WEIGHTS[matrix]
    weights = np.array([kr, 1 - kr - kb, kb])
    if model == "rgb":
        forward = np.column_stack([np.eye(3) * top / 255, np.zeros(3)])
    elif model == "gray":
        forward = np.append(weights * luma / 255, zero)[None]
        back = np.tile([255 / luma, -zero * 255 / luma], (3, 1))
        return ColourMaps(back.astype(np.float32), forward.astype(np.float32))
    else:
        blue = (np.array([0, 0, 1]) - weights) / (2 * (1 - kb))
        red = (np.array([1, 0, 0]) - weights) / (2 * (1 - kr))
        centre = 128 * unit
        linear = np.stack([weights * luma, blue * chroma, red * chroma]) / 255
        forward = np.column_stack([linear, [zero, centre, centre]])
    inverse = np.linalg.inv(forward[:, :3])
    back = np.column_stack([inverse, -inverse @ forward[:, 3]])
    return ColourMaps(back.astype(np.float32), forward.astype(np.float32))


@dataclass(frozen=True, slots=True)
class Siting:
    """How chroma samples stand to luma. sub_x, sub_y: log2 of the subsampling. left: horizontally they sit on the even
    luma columns (MPEG-2, H.264 and later), else midway (JPEG, MPEG-1); vertically always midway."""

    sub_x: int
    sub_y: int
    left: bool

    def span(self, x: int, y: int, w: int, h: int, width: int, height: int) -> tuple[int, int, int, int]:
        """The chroma samples `x0, y0, x1, y1` that `up` needs for a luma rectangle, within a chroma plane of
        width x height."""
        x0, y0 = max(0, (x >> self.sub_x) - 1), max(0, (y >> self.sub_y) - 1)
        x1, y1 = ((x + w - 1) >> self.sub_x) + 2, ((y + h - 1) >> self.sub_y) + 2
        return x0, y0, min(width, x1), min(height, y1)

    def up(self, chroma: Plane, dx: int, dy: int, w: int, h: int) -> Plane:
        """One chroma plane (ch, cw), float32, uint16 or uint8, -> (h, w) bilinear, at the luma samples that begin dx,
        dy luma samples after the first luma sample of the first chroma sample."""
        if not (self.sub_x or self.sub_y):
            return chroma[dy : dy + h, dx : dx + w]
        if self.sub_x == self.sub_y == 1:
            return self._double(chroma)[dy : dy + h, dx : dx + w]
        kx, ky = 0.5**self.sub_x, 0.5**self.sub_y
        ox = 0.0 if self.left else kx / 2 - 0.5
        oy = ky / 2 - 0.5
        move = np.array([[kx, 0, dx * kx + ox], [0, ky, dy * ky + oy]], np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(
            cv2.warpAffine(chroma, move, (w, h), flags=flags, borderMode=cv2.BORDER_REPLICATE), chroma.dtype
        )

    def _double(self, chroma: Plane) -> Plane:
        """`up` for 4:2:0: the same as the warp, in a fraction of its time."""
        high, wide = chroma.shape[0] * 2, chroma.shape[1] * 2
        if not self.left:
            return np.asarray(cv2.resize(chroma, (wide, high), interpolation=cv2.INTER_LINEAR), chroma.dtype)
        # even columns are samples, odd ones lie midway to the next; beyond the last it repeats
        more = cv2.copyMakeBorder(chroma, 1, 1, 0, 1, cv2.BORDER_REPLICATE)
        pair = np.empty((high // 2, 2, wide // 2 + 1), chroma.dtype)  # of lines, a quarter above and below each sample
        cv2.addWeighted(more[1:-1], 0.75, more[:-2], 0.25, 0, dst=pair[:, 0])
        cv2.addWeighted(more[1:-1], 0.75, more[2:], 0.25, 0, dst=pair[:, 1])
        lines = pair.reshape(high, wide // 2 + 1)
        even = np.ascontiguousarray(lines[:, :-1])
        pairs = cv2.merge([even, cv2.addWeighted(even, 0.5, lines[:, 1:], 0.5, 0)])
        return np.asarray(pairs, chroma.dtype).reshape(high, wide)

    def down(self, full: F32) -> F32:
        """float32 (h, w), beginning on a chroma sample's first luma sample -> (ceil h/2, ceil w/2): the means around
        each chroma sample."""
        if self.sub_x == 1 and self.left:
            across, anchor = np.array([0.25, 0.5, 0.25], np.float32), 1
        else:
            across, anchor = np.full(1 << self.sub_x, 0.5**self.sub_x, np.float32), 0
        down = np.full(1 << self.sub_y, 0.5**self.sub_y, np.float32)
        if self.sub_x == self.sub_y == 1:
            return self._halved(full)
        smooth = cv2.sepFilter2D(full, -1, across, down, anchor=(anchor, 0), borderType=cv2.BORDER_REPLICATE)
        return np.asarray(smooth[:: 1 << self.sub_y, :: 1 << self.sub_x], np.float32)

    def _halved(self, full: F32) -> F32:
        """`down` for 4:2:0: the same as the filter, in half its time."""
        high, wide = (n + 1 & ~1 for n in full.shape)
        if full.shape != (high, wide):
            below, right = high - full.shape[0], wide - full.shape[1]
            full = np.asarray(cv2.copyMakeBorder(full, 0, below, 0, right, cv2.BORDER_REPLICATE), np.float32)
        blocks = np.asarray(cv2.resize(full, (wide // 2, high // 2), interpolation=cv2.INTER_AREA), np.float32)
        if not self.left:
            return blocks
        # the means of the blocks one sample to the left, beyond the edge of the edge itself
        moved = cv2.copyMakeBorder(full, 0, 0, 1, 0, cv2.BORDER_REPLICATE)[:, :-1]
        before = cv2.resize(moved, (wide // 2, high // 2), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.addWeighted(blocks, 0.5, before, 0.5, 0), np.float32)

    def blocks(self, touched: F32) -> F32:
        """The mean (h/2, w/2) under each chroma sample's own block of luma samples of an (h, w) array whose sides are
        multiples of the block's."""
        size = (touched.shape[1] >> self.sub_x, touched.shape[0] >> self.sub_y)
        return np.asarray(cv2.resize(touched, size, interpolation=cv2.INTER_AREA), np.float32)
