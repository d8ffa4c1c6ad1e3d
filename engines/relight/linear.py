"""Linear light: sRGB values as what they stand for, amounts of light that may be added and scaled, and back."""

import numpy as np

from engines.values import F32, U8

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # of linear RGB with sRGB's primaries


def _decoded() -> F32:
    v = np.arange(256) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(np.float32)


_TABLE = _decoded()


def to_linear(rgb: U8) -> F32:
    """uint8 sRGB of any shape to float32 of linear light, 0 to 1."""
    return _TABLE[rgb]


def to_srgb(light: F32) -> U8:
    """float32 of linear light to uint8 sRGB; what is outside of 0 to 1 is cut off."""
    x = np.clip(light, 0, 1)
    curve = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.power(x, np.float32(1 / 2.4)) - 0.055)
    return np.asarray(np.rint(curve * 255), np.uint8)


def luminance(light: F32) -> F32:
    """float32 (h, w) of linear RGB (h, w, 3)."""
    return np.asarray(light @ LUMA, np.float32)


def log_luminance(light: F32) -> F32:
    """Natural logarithm of luminance, float32 (h, w), bounded below where 8 bits tell nothing more."""
    return np.log(np.maximum(luminance(light), np.float32(1e-3)))
