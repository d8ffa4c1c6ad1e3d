"""Sharpness and noise: two bands of fine detail are brought to the target's strength, slowly over time."""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.mesh import light
from engines.values import F32

FINE, COARSE = 0.8, 2.0  # sigmas of the bands, pixels
LOWEST, HIGHEST = (0.3, 0.6), (1.4, 1.5)
MEMORY = 0.5  # seconds
EVERY = 0.06  # seconds between measurements


@dataclass(slots=True)
class Grain:
    """The gains of one track's two bands."""

    _gain: F32 | None = None
    _waited: float = 0.0

    def match(self, painted: F32, target: F32, mask: F32, elapsed: float) -> F32:
        """painted, target: float32 (h, w, 3); mask: (h, w), 1 inside. elapsed: seconds since the last call."""
        fine, coarse = _bands(painted)
        self._waited += elapsed
        if self._gain is None or self._waited >= EVERY:
            self._measure((fine, coarse), _bands(target), mask)
        if self._gain is None:
            return painted
        extra = cv2.addWeighted(fine, float(self._gain[0]) - 1, coarse, float(self._gain[1]) - 1, 0)
        return np.asarray(cv2.add(painted, cv2.cvtColor(extra, cv2.COLOR_GRAY2RGB)), np.float32)

    def _measure(self, have: tuple[F32, F32], wanted: tuple[F32, F32], mask: F32) -> None:
        inside = np.asarray(mask > 0.5, np.uint8)
        count = cv2.countNonZero(inside)
        if count <= 100:
            return
        mine, theirs = (np.array([cv2.norm(band, cv2.NORM_L1, inside) / count for band in b]) for b in (have, wanted))
        gain = np.clip(theirs / (mine + 1e-3), LOWEST, HIGHEST).astype(np.float32)
        share = np.float32(1 - np.exp(-max(self._waited, 1e-3) / MEMORY))
        self._gain = gain if self._gain is None else self._gain + share * (gain - self._gain)
        self._waited = 0.0


def _bands(image: F32) -> tuple[F32, F32]:
    grey = light.grey(image)
    a = cv2.GaussianBlur(grey, (0, 0), FINE)
    b = cv2.GaussianBlur(grey, (0, 0), COARSE)
    return np.asarray(cv2.subtract(grey, a), np.float32), np.asarray(cv2.subtract(a, b), np.float32)
