"""A heavier detector (SCRFD, RetinaFace, YuNet, yoloface) where perception expects BlazeFace's calls."""

from collections.abc import Callable, Sequence

import numpy as np

from engines.detector import Detection
from engines.nets.detectors.found import Detect, Found
from engines.values import F32, U8


class NetDetector:
    """side: the longer side that pictures are wanted in, pixels."""

    def __init__(self, detect: Detect, side: int, close: Callable[[], None]) -> None:
        self._detect, self.side, self.close = detect, side, close

    def whole(self, image: U8) -> list[Detection]:
        """Faces of uint8 (h, w, 3) RGB."""
        return [Detection(found.box, six(found), found.score) for found in self._detect(image)]

    def tiled(
        self,
        size: tuple[int, int],
        tile: int,
        crop: Callable[[int, int, int], U8],
        which: Sequence[int] | None = None,
    ) -> list[Detection]:
        """Nobody: with five times BlazeFace's pixels a side, `whole` has seen the small faces."""
        return []


def six(found: Found) -> F32:
    """float32 (6, 2): both eyes, nose and the mouth's middle as found. These detectors see no ears: the two are set
    beside the eyes by the eyes' distance, which nothing that follows depends on."""
    left, right, nose, *mouth = found.points
    across = right - left
    return np.stack([left, right, nose, np.mean(mouth, axis=0), left - 0.6 * across, right + 0.6 * across]).astype(
        np.float32
    )
