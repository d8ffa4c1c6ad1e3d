"""The target's light on the source's skin.

The target's low-pass gives light and skin tone, the source keeps its detail, scaled with the light: dark and bright detail
differently, since the highlights of a matt photo do not brighten as its shadows deepen. All fields are coarse.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.mesh import warp
from engines.values import F32

SIGMA = 0.25  # of the low-pass, in face widths: smaller ones copy the target's brows and lose identity
DARK, BRIGHT = 0.9, 0.1  # exponents of the light ratio on dark and on bright detail, where the light is stronger
CELLS = 6.0  # pixels per sigma of the coarse grid that blurs run on


@dataclass(frozen=True, slots=True)
class Light:
    """float32 (h, w, 3) at a coarse grid. target, source: low-pass. dark, bright: gains of detail. above, below: how
    far detail may reach up and down."""

    target: F32
    source: F32
    dark: F32
    bright: F32
    above: F32
    below: F32


def low_pass(image: F32, weight: F32, sigma: float) -> F32:
    """Normalised convolution: the mean of image (h, w, c) around each pixel, weighted by weight (h, w)."""
    top = cv2.GaussianBlur(image * weight[..., None], (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    bottom = cv2.GaussianBlur(weight, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(top / (bottom[..., None] + 1e-4), np.float32)


def measure(source: F32, target: F32, weight: F32, sigma: float) -> Light:
    """source, target: float32 (h, w, 3), 0 to 255, on the coarse grid; weight: (h, w); sigma: its pixels."""
    own, wanted = low_pass(source, weight, sigma), low_pass(target, weight, sigma)
    ratio = wanted / np.maximum(own, 2.0)
    over = np.maximum(ratio, 1.0)
    dark = np.where(ratio > 1, over**DARK, ratio)
    bright = np.where(ratio > 1, over**BRIGHT, ratio)
    above, below = np.maximum(250 - wanted, 8), np.maximum(wanted - 4, 8)
    return Light(wanted, own, *(np.asarray(v, np.float32) for v in (dark, bright, above, below)))


def detail(source: F32, light: Light) -> F32:
    """The source's detail in the target's light, float32 (h, w, 3): signed, to be added to the target's low-pass."""
    size = (source.shape[0], source.shape[1])

    def at(field: F32) -> F32:
        return warp.enlarge(field, size)

    own = cv2.subtract(source, at(light.source))
    up, down = cv2.max(own, 0.0), cv2.min(own, 0.0)  # type: ignore[call-overload]
    up = cv2.multiply(up, at(light.bright))
    down = cv2.multiply(down, at(light.dark))
    up = _knee(up, at(light.above))
    down = _knee(down, at(light.below))
    return np.asarray(cv2.add(up, down), np.float32)


def _knee(x: F32, room: F32) -> F32:
    """room * tanh(x / room), by a rational function that a vector unit computes at once."""
    square = cv2.multiply(x, x)
    wide = cv2.multiply(room, room) * np.float32(27)
    return np.asarray(cv2.multiply(x, cv2.divide(wide + square, wide + np.float32(9) * square)), np.float32)
