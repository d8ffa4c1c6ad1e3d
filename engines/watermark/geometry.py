"""Where in the marked picture a cropped one came from, told by the pilot alone.

Each second or so becomes one complex picture, demodulated at the mark's flipping rate, in which the pilot stands still
with a phase nobody knows. Its correlation with the pilot at every offset is one Fourier transform per trial size.
"""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from engines.values import F32, U8
from engines.watermark.code import COLUMNS, ROWS, pilot
from engines.watermark.embed import PERIOD
from engines.watermark.gather import WHOLE, SeenWindow, cells

_BLOCK = 2 * PERIOD
_BLOCKS = 5
"""Most blocks to look at: the search's time grows with them, and a readable mark is plain in any of them."""
_SMALLEST = 0.89
"""Least share of width or height that must be left."""
_STRIDE = 0.0075
_SQUEEZE = 0.055
"""Most by which the shares of width and of height may differ."""
_TRIES = 3

C64 = npt.NDArray[np.complex64]


def search(pictures: Sequence[U8]) -> Iterator[SeenWindow]:
    """The likeliest windows, best first. pictures: uint8 (360, 640), as `normalise` makes them."""
    maps = _demodulate(cells(pictures, WHOLE, step=2))
    shape = (_padded(ROWS * 2), _padded(COLUMNS * 2))
    spectra = np.asarray(np.fft.fft2(maps, s=shape), np.complex64)
    shares = np.arange(_SMALLEST, 1.0 + 1e-9, _STRIDE)
    pairs = [(w, h) for w in shares for h in shares if abs(w - h) <= _SQUEEZE]
    found = sorted((_score(spectra, shape, float(w), float(h)) for w, h in pairs), key=lambda one: -one[0])
    return (window for _, window in found[:_TRIES])


def _padded(length: int) -> int:
    return int(cv2.getOptimalDFTSize(round(length / _SMALLEST) + 2))


def _demodulate(stack: F32) -> C64:
    """(n, h, w) to complex (n // 32 or 1, h, w), each place divided by its own unrest."""
    spread = np.sqrt(np.mean(np.square(stack), axis=0))
    quiet = np.clip(stack / (spread + 0.05), -3, 3)
    if len(stack) <= PERIOD:
        return np.asarray(quiet.mean(axis=0, keepdims=True), np.complex64)
    turn: C64 = np.exp(-2j * np.pi * np.arange(len(stack)) / PERIOD).astype(np.complex64)
    blocks = [slice(start, start + _BLOCK) for start in range(0, max(1, len(stack) - _BLOCK + 1), _BLOCK)]
    every = -(-len(blocks) // _BLOCKS)
    maps = [np.tensordot(turn[block], quiet[block], axes=1) for block in blocks[::every]]
    return np.asarray(np.stack(maps), np.complex64)


def _score(spectra: C64, shape: tuple[int, int], width: float, height: float) -> tuple[float, SeenWindow]:
    """How well pictures of this share of width and height fit at their best offset, and the window that makes."""
    size = (round(COLUMNS * 2 / width), round(ROWS * 2 / height))
    whole = cv2.resize(pilot(), size, interpolation=cv2.INTER_LINEAR)
    reference = np.fft.fft2(whole, s=shape).astype(np.complex64)
    power = np.square(np.abs(np.fft.ifft2(reference[None] * np.conj(spectra)))).sum(axis=0)
    power = power[: size[1] - ROWS * 2 + 1, : size[0] - COLUMNS * 2 + 1]
    top, left = divmod(int(np.argmax(power)), power.shape[1])
    return float(power[top, left]), SeenWindow(left / size[0], top / size[1], COLUMNS * 2 / size[0], ROWS * 2 / size[1])
