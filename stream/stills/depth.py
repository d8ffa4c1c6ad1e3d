"""Samples of any depth as 8 bits, and back: 10 to 16 bits, signed and 32-bit integers, floating point.

Knows: arrays of samples. Knows nothing of files.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from engines.values import U8

Samples = npt.NDArray[np.integer[Any] | np.floating[Any]]
_FLOAT_SCALES = (16.0, 255.5, 65_535.5)  # peaks up to which the white of floating-point samples is 1, 255, 65535


def white(samples: Samples, bits: int | None = None) -> float:
    """The value that is white. bits: of a sample, where the file says so.

    Integers of 16 bits that use none above the tenth or twelfth are from files that hold fewer bits and do not say so.
    In floating point white is 1, and what is brighter is a highlight, unless most of the range is far above it.
    """
    if samples.dtype == np.uint8:
        return 255.0
    if np.issubdtype(samples.dtype, np.integer):
        if bits is not None and bits < 16:
            return float((1 << bits) - 1)
        peak = int(samples.max(initial=0))
        if samples.dtype == np.uint16 and peak < 4096:
            return 1023.0 if peak < 1024 else 4095.0
        return float(2 ** (8 * samples.itemsize - (samples.dtype.kind == "i")) - 1)
    highest = float(samples[np.isfinite(samples)].max(initial=0.0))
    for limit, scale in zip(_FLOAT_SCALES, (1.0, 255.0, 65_535.0), strict=True):
        if highest <= limit:
            return scale
    return highest


def to_8_bits(samples: Samples, full: float) -> U8:
    """uint8 of the same shape; full becomes 255. What is not a number becomes 0."""
    if samples.dtype == np.uint8:
        return np.asarray(samples, np.uint8)
    scaled = np.nan_to_num(samples.astype(np.float64) * (255.0 / full), nan=0.0, posinf=255.0, neginf=0.0)
    return np.rint(np.clip(scaled, 0.0, 255.0)).astype(np.uint8)


def from_8_bits(pixels: U8, dtype: "np.dtype[Any]", full: float) -> Samples:
    """uint8 as samples of another kind, so that `to_8_bits` gives the same again."""
    scaled = pixels * (full / 255.0)
    return np.asarray(np.rint(scaled) if np.issubdtype(dtype, np.integer) else scaled).astype(dtype)
