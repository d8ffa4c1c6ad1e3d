"""Scene cuts: does this frame begin a new shot? Knows small pictures, and how they lay before they were made small."""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.values import U8
from stream.pixels.geometry import Geometry

SIZE = (48, 32)
JUMP = 0.5  # share of picture cells that must change
LEVELS = 24.0  # by how much, of 255
LIKE = 0.8  # correlation above which it is the same picture in another light, or shaken


@dataclass(slots=True)
class CutDetector:
    """A cut: more than half of the picture's cells change at once by more than they do in steady motion, and what they
    show is another picture: a flash or a lamp changes the levels and leaves the pattern. A change of the picture's
    size, turn or pixel shape is a cut too: nothing lies where it was."""

    _last: U8 | None = None
    _usual: float = 4.0
    _geometry: Geometry | None = None

    def __call__(self, small: U8, geometry: Geometry | None = None) -> bool:
        """small: uint8 (h, w, 3) RGB, any small size, the same for every frame. geometry: how the picture was stored
        and is to be seen."""
        cells = np.asarray(cv2.resize(small, SIZE, interpolation=cv2.INTER_AREA), np.uint8)
        last, self._last = self._last, cells
        changed, self._geometry = geometry != self._geometry, geometry
        if last is None or changed:
            return True
        change = cv2.absdiff(cells, last).max(2)
        mean = float(change.mean())
        cut = float((change > LEVELS).mean()) > JUMP and mean > 4 * self._usual and _likeness(cells, last) < LIKE
        if not cut:
            self._usual = 0.9 * self._usual + 0.1 * max(mean, 1.0)
        return cut


def _likeness(a: U8, b: U8) -> float:
    """Correlation of two pictures over their cells, each channel about its own mean; 0 where one is blank."""
    x, y = (v.astype(np.float32) - v.mean((0, 1), dtype=np.float32) for v in (a, b))
    scale = float(np.linalg.norm(x) * np.linalg.norm(y))
    return float((x * y).sum()) / scale if scale > 0 else 0.0
