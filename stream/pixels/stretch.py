"""Stretch: between upright samples and square pixels, where a video's own pixels are not square. Knows one axis each
way and regions; nothing of colours or planes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from engines.values import F32, U8, Patch, Rect


@dataclass(frozen=True, slots=True)
class Stretch:
    """across, down: square pixels a sample, each at least 1."""

    across: float
    down: float

    def read(self, rect: Rect, samples: Callable[[Rect], U8]) -> U8:
        """uint8 (h, w, 3) at `rect` in square pixels, linear between samples. samples: reads a rectangle of them,
        beyond the picture too."""
        x0, x1 = _span(rect.x, rect.w, self.across)
        y0, y1 = _span(rect.y, rect.h, self.down)
        source = samples(Rect(x0, y0, x1 - x0, y1 - y0))
        way = np.array(
            [
                [1 / self.across, 0, (rect.x + 0.5) / self.across - 0.5 - x0],
                [0, 1 / self.down, (rect.y + 0.5) / self.down - 0.5 - y0],
            ]
        )
        return np.asarray(_moved(source, way, rect.w, rect.h, cv2.BORDER_REPLICATE), np.uint8)

    def shrunk(self, patch: Patch) -> Patch:
        """A patch in square pixels as one in samples. Colours are averaged by their opacity, so that what lies under
        alpha 0 does not bleed in. A sample that no pixel of the patch reaches gets alpha 0."""
        h, w = patch.alpha.shape
        left, right = math.floor(patch.x / self.across), math.ceil((patch.x + w) / self.across)
        top, bottom = math.floor(patch.y / self.down), math.ceil((patch.y + h) / self.down)
        way = np.array(
            [
                [self.across, 0, (left + 0.5) * self.across - 0.5 - patch.x],
                [0, self.down, (top + 0.5) * self.down - 0.5 - patch.y],
            ]
        )
        alpha = np.asarray(patch.alpha, np.float32)
        both = np.dstack([patch.rgb.astype(np.float32) * alpha[..., None], alpha])
        if max(self.across, self.down) > 2:  # linear alone would pass over pixels
            both = cv2.blur(both, (round(self.across) | 1, round(self.down) | 1), borderType=cv2.BORDER_CONSTANT)
        moved = _moved(both, way, right - left, bottom - top, cv2.BORDER_CONSTANT)
        opacity: F32 = np.minimum(moved[..., 3], np.float32(1))
        colours = np.rint(moved[..., :3] / np.maximum(moved[..., 3:], np.float32(1e-6)))
        return Patch(left, top, np.asarray(np.clip(colours, 0, 255), np.uint8), np.ascontiguousarray(opacity))


def _span(at: int, length: int, k: float) -> tuple[int, int]:
    """The samples that pixels at .. at + length lie among."""
    return math.floor((at + 0.5) / k - 0.5), math.ceil((at + length - 0.5) / k - 0.5) + 1


def _moved(image: F32 | U8, way: np.ndarray[tuple[int, ...], np.dtype[np.float64]], w: int, h: int, edge: int) -> F32:
    """The image sampled at `way` of each pixel, linearly."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, way, (w, h), flags=flags, borderMode=edge))
