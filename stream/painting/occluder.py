"""Occluder: what is known of what lies before one face in one frame, at the size at which it is solved. How that
is come by stands in `gather`, what is made of it in `underlay`.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.mesh import warp
from engines.values import F32, Patch, Region

Area = tuple[slice, slice]
"""Rows and columns."""


@dataclass(frozen=True, slots=True)
class Occluder:
    """region: the picture. The rest float32 at the working size (h, w), all of the region: frame, plate (h, w, 3), 0 to
    255, the plate in the frame's light; known, opaque, veil, glass (h, w). wide: the face's width, working pixels."""

    region: Region
    frame: F32
    plate: F32
    known: F32
    opaque: F32
    veil: F32
    glass: F32
    wide: float

    def covers(self, patch: Patch) -> bool:
        """Whether it is of the patch's own pixels, and of no others."""
        mine = self.region
        return (mine.x, mine.y, *mine.rgb.shape[:2]) == (patch.x, patch.y, *patch.alpha.shape)

    def locate(self, points: F32) -> F32:
        """Points (n, >=2) of the frame in working pixels, (n, 2)."""
        (h, w), (tall, wide) = self.frame.shape[:2], self.region.rgb.shape[:2]
        step = np.array([w / wide, h / tall], np.float32)
        local = points[:, :2] - np.array([self.region.x, self.region.y], np.float32)
        return np.asarray((local + np.float32(0.5)) * step - np.float32(0.5), np.float32)

    def spread(self, field: F32) -> F32:
        """A field (h, w[, c]) of the working size in the region's pixels."""
        return warp.enlarge(field, (self.region.rgb.shape[0], self.region.rgb.shape[1]))

    def touched(self, field: F32, within: Region | Patch) -> tuple[Area, Area] | None:
        """Where a field (h, w) of the working size is more than 0 once it is spread: in the pixels of a part of the
        region, and in the region's own; None: nowhere."""
        x, y, w, h = cv2.boundingRect((field > 0).astype(np.uint8))
        (high, wide), (rows, columns) = self.region.rgb.shape[:2], field.shape
        down, across = high / rows, wide / columns
        dx, dy = within.x - self.region.x, within.y - self.region.y
        high, wide = within.rgb.shape[:2]
        x0, x1 = max(dx, int((x - 1) * across)), min(dx + wide, int((x + w + 1) * across) + 1)
        y0, y1 = max(dy, int((y - 1) * down)), min(dy + high, int((y + h + 1) * down) + 1)
        if not w or x1 <= x0 or y1 <= y0:
            return None
        return np.s_[y0 - dy : y1 - dy, x0 - dx : x1 - dx], np.s_[y0:y1, x0:x1]
