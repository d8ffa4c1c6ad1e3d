"""Sharpness and noise: two bands of fine detail are brought to the target's strength, slowly over time."""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.values import F32

FINE, COARSE = 0.8, 2.0  # sigmas of the bands, pixels
LOWEST, HIGHEST = (0.3, 0.6), (1.4, 1.5)
MEMORY = 0.5  # seconds


@dataclass(slots=True)
class Grain:
    """The gains of one track's two bands."""

    _gain: F32 | None = None

    def match(self, painted: F32, target: F32, mask: F32, elapsed: float) -> F32:
        """painted, target: float32 (h, w, 3); mask: (h, w), 1 inside. elapsed: seconds since the last call."""
        fine, coarse = _bands(painted)
        wanted_fine, wanted_coarse = _bands(target)
        inside = np.asarray(mask > 0.5, np.uint8)
        if cv2.countNonZero(inside) > 100:

            def size(band: F32) -> float:
                return float(cv2.mean(cv2.absdiff(band, 0.0), inside)[0])  # type: ignore[call-overload]

            gain = np.array([size(wanted_fine) / (size(fine) + 1e-3), size(wanted_coarse) / (size(coarse) + 1e-3)])
            gain = np.clip(gain, LOWEST, HIGHEST).astype(np.float32)
            share = np.float32(1 - np.exp(-max(elapsed, 1e-3) / MEMORY))
            self._gain = gain if self._gain is None else self._gain + share * (gain - self._gain)
        if self._gain is None:
            return painted
        extra = cv2.addWeighted(fine, float(self._gain[0]) - 1, coarse, float(self._gain[1]) - 1, 0)
        return np.asarray(cv2.add(painted, cv2.merge([extra, extra, extra])), np.float32)


def _bands(image: F32) -> tuple[F32, F32]:
    grey = cv2.transform(image, np.full((1, 3), 1 / 3, np.float32))
    a = cv2.GaussianBlur(grey, (0, 0), FINE)
    b = cv2.GaussianBlur(grey, (0, 0), COARSE)
    return np.asarray(cv2.subtract(grey, a), np.float32), np.asarray(cv2.subtract(a, b), np.float32)
