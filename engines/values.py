"""Values that travel between the floors: boxes, faces, patches. Frozen; arrays in them are never written to again."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]
Array = npt.NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Box:
    """A box along the axes in pixels of the frame as displayed, rotation applied: `x0 <= x < x1`, `y0 <= y < y1`."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def centre(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    def iou(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        both = Box(max(self.x0, other.x0), max(self.y0, other.y0), min(self.x1, other.x1), min(self.y1, other.y1))
        shared = both.area if both.width > 0 and both.height > 0 else 0.0
        whole = self.area + other.area - shared
        return shared / whole if whole > 0 else 0.0

    def grown(self, factor: float) -> "Box":
        """The same centre, both sides times `factor`."""
        (cx, cy), w, h = self.centre, self.width * factor / 2, self.height * factor / 2
        return Box(cx - w, cy - h, cx + w, cy + h)


@dataclass(frozen=True, slots=True)
class Rect:
    """An integer rectangle of pixels: origin and size."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a picture. rgb: uint8 (h, w, 3), RGB, full range; its first pixel lies at (x, y) of the picture."""

    x: int
    y: int
    rgb: U8


@dataclass(frozen=True, slots=True)
class Face:
    """One face as perceived in one image.

    box: pixels. points: float32 (6, 2), the detector's right eye, left eye, nose, mouth, right ear, left ear (the
    subject's right), pixels. mesh: float32 (468, 3), pixels for x and y, z in the same unit, smaller is nearer.
    score: presence probability, 0 to 1.
    """

    box: Box
    points: F32
    mesh: F32
    score: float


@dataclass(frozen=True, slots=True)
class Patch:
    """Pixels to lay over a picture. rgb: uint8 (h, w, 3), RGB, full range. alpha: float32 (h, w), 0 to 1.

    Where alpha is exactly 0 the picture stays untouched, bit for bit.
    """

    x: int
    y: int
    rgb: U8
    alpha: F32
