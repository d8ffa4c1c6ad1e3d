"""Lays the mark on luma: a 160x90 grid of cells, each a little lighter or darker, all flipped every eight frames.

No sample moves by more than one 8-bit level, so that the peak signal-to-noise ratio cannot fall below 48.13 dB.
Flipping lets a reader subtract what stands still; eight frames are long enough for codecs to keep it and short enough
for one second of video to hold several flips.
"""

import math
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from engines.values import F32, U8
from engines.watermark.code import CELLS, spell
from engines.watermark.payload import Payload, to_bits

PERIOD = 16
"""Frames of one +, - cycle."""

_QUIET, _LOUD = 0.45, 1.0
"""Amplitude in levels of 8-bit luma: on flat ground, where it could be seen, and in texture, which hides it."""
_LARGE = 8.0
"""Cells of this many samples a side and more are laid as above (720p). Smaller ones are harder to see and harder to
keep: codecs spend little on them, so they are laid stronger, by this power of their size."""
_POWER = 0.7
_SLOPE = 0.15
"""Amplitude gained per level of local contrast."""
_UNIT = 64

U16 = npt.NDArray[np.uint16]
T = TypeVar("T", np.int8, np.int16)
_HIGHEST = np.iinfo(np.int16).max


class Embedder:
    """One payload for pictures of one size. Holds buffers: not to be shared between threads.

    width, height: of the luma plane as it is stored. depth: bits a sample, 8 to 16 (more than 8 come as uint16).
    rotation, mirrored: degrees clockwise that the plane is turned for display (0, 90, 180, 270), and whether it is then
    mirrored left to right; the mark lies in the displayed picture, because whoever re-encodes it turns it for good.
    upright: whether the displayed picture is higher than wide, where its pixels are not square and so do not tell.
    shares: float32 (256,), by how much of a level samples of each 8-bit level may move, where a level is more to the
    eye than in ordinary video."""

    def __init__(
        self,
        payload: Payload,
        width: int,
        height: int,
        depth: int = 8,
        rotation: int = 0,
        mirrored: bool = False,
        upright: bool | None = None,
        shares: F32 | None = None,
    ) -> None:
        cells = spell(to_bits(payload)).astype(np.int8)
        if upright is None:
            upright = width > height if rotation % 180 else height > width
        shown = cells.T if upright else cells
        self._cells = np.ascontiguousarray(np.rot90(shown[:, ::-1] if mirrored else shown, rotation // 90))
        self._shares = None if shares is None else np.clip(np.rint(shares * 255), 0, 255).astype(np.uint8)
        rows, columns = self._cells.shape
        self._rows = np.arange(height) * rows // height
        self._columns = np.arange(width) * columns // width
        self._depth = depth
        tile = blue_noise()
        # Thresholds 0 to 63: cell / 64 + threshold / 64, floored, has the cell's amplitude as its mean.
        whole = np.tile(tile, (-(-height // tile.shape[0]), -(-width // tile.shape[1])))[:height, :width]
        self._dither = np.ascontiguousarray(whole).astype(np.int8 if depth == 8 else np.int16)
        # Buffers of 1 MB made anew for each picture cost more in page faults than all the arithmetic.
        size = (height, width)
        self._step = np.empty(size, np.int8)
        self._lighter, self._darker = np.empty(size, np.bool_), np.empty(size, np.bool_)
        if depth > 8:
            self._deep, self._down = np.empty(size, np.int16), np.empty(size, np.int16)
        quiet = min(_LOUD, _QUIET * max(1.0, _LARGE / math.sqrt(width * height / CELLS)) ** _POWER)
        levels = np.clip(quiet + _SLOPE * np.arange(256) / 8, quiet, _LOUD)
        self._amplitude = np.round(levels * _UNIT).astype(np.uint8)

    def mark8(self, luma: U8, index: int, out: U8 | None = None) -> U8:
        """uint8 (height, width) marked: a copy, or `out`, which may be luma itself. index: the frame's place in the
        output, which sets the sign."""
        step = self._spread(self._steps(luma, index), self._step)
        np.add(step, self._dither, out=step)
        np.greater_equal(step, _UNIT, out=self._lighter)
        np.less(step, 0, out=self._darker)
        marked = cv2.add(luma, self._lighter.view(np.uint8), dst=out)
        return np.asarray(cv2.subtract(marked, self._darker.view(np.uint8), dst=marked), np.uint8)

    def mark16(self, luma: U16, index: int) -> U16:
        """The same for uint16 samples of `depth` bits in the low bits (yuv420p10, p12, p16)."""
        steps = np.left_shift(self._steps(luma, index), self._depth - 8, dtype=np.int16)
        step = self._spread(steps, self._deep)
        np.add(step, self._dither, out=step)
        np.right_shift(step, 6, out=step)
        np.clip(np.negative(step, out=self._down), 0, _HIGHEST, out=self._down)
        np.clip(step, 0, _HIGHEST, out=step)
        marked = cv2.add(luma, step.view(np.uint16))
        cv2.subtract(marked, self._down.view(np.uint16), dst=marked)
        return np.asarray(np.minimum(marked, np.uint16((1 << self._depth) - 1), out=marked), np.uint16)

    def _spread(self, steps: npt.NDArray[T], out: npt.NDArray[T] | None) -> npt.NDArray[T]:
        """Each cell's value over its samples. Twice `take`: an eighth of the time of a nearest resize."""
        return np.take(np.take(steps, self._columns, axis=1), self._rows, axis=0, out=out, mode="clip")

    def _steps(self, luma: U8 | U16, index: int) -> npt.NDArray[np.int8]:
        """Signed amplitudes of all cells, in 1/64 level."""
        rows, columns = self._cells.shape
        # Every fourth sample at most is enough to judge contrast and a quarter of the time of a true average.
        small = cv2.resize(luma, (2 * columns, 2 * rows), interpolation=cv2.INTER_LINEAR)
        if self._depth > 8:
            small = np.right_shift(small, self._depth - 8).astype(np.uint8)
        contrast = cv2.absdiff(small, cv2.blur(small, (5, 5)))
        contrast = cv2.resize(contrast, (columns, rows), interpolation=cv2.INTER_AREA)
        busy = cv2.blur(cv2.convertScaleAbs(contrast, alpha=8), (3, 3))
        amplitude = np.asarray(cv2.LUT(busy, self._amplitude), np.uint8)
        if self._shares is not None:
            light = cv2.resize(small, (columns, rows), interpolation=cv2.INTER_AREA)
            amplitude = np.asarray(cv2.multiply(amplitude, cv2.LUT(light, self._shares), scale=1 / 255), np.uint8)
        amplitude = amplitude.view(np.int8)
        sign = 1 if index % PERIOD < PERIOD // 2 else -1
        return np.multiply(amplitude, self._cells if sign > 0 else -self._cells, dtype=np.int8)


def blue_noise(side: int = 64) -> npt.NDArray[np.uint8]:
    """(side, side) thresholds 0 to 63, each as often, with no low frequencies: dithered with them, a faint cell looks
    even, not grainy. Source: rank and high-pass by turns, a common short cut to void-and-cluster (Ulichney 1993)."""
    plane: F32 = np.random.default_rng(0).random((side, side), np.float32)
    for _ in range(12):
        wrapped = cv2.copyMakeBorder(plane, 8, 8, 8, 8, cv2.BORDER_WRAP)
        plane = plane - cv2.GaussianBlur(wrapped, (0, 0), 1.5)[8:-8, 8:-8]
        ranks: F32 = np.empty(plane.size, np.float32)
        ranks[np.argsort(plane, axis=None, kind="stable")] = np.arange(plane.size, dtype=np.float32)
        plane = np.asarray(ranks / plane.size, np.float32).reshape(side, side)
    return np.floor(plane * 64).astype(np.uint8)
