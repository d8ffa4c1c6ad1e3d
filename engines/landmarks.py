"""FaceMesh: 468 points of one face in an RGB image. Knows its network's crop and tensors, nothing of tracks or time.

Source: Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs", 2019; the model as
published with MediaPipe 0.10.21. Run at float32: bfloat16 moves its points by up to 0.9 of its 192 pixels.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.protocol import Engine
from engines.values import F32, U8

SIDE = 192
MARGIN = 1.5  # crop side over the face's longer side
RIGHT_EYE, LEFT_EYE = 33, 263  # outer corners


@dataclass(frozen=True, slots=True)
class Roi:
    """A rotated square: centre (pixels), side (pixels), angle (radians, clockwise on screen) that levels the eyes."""

    x: float
    y: float
    side: float
    angle: float

    def matrix(self, origin: tuple[float, float] = (0.0, 0.0)) -> F32:
        """float32 (2, 3): image pixels (of a crop that begins at `origin`) to the network's 192-px input."""
        k = SIDE / self.side
        c, s = k * np.cos(self.angle), k * np.sin(self.angle)
        x, y = self.x - origin[0], self.y - origin[1]
        # pixel centres: input pixel i samples crop coordinate i + .5
        return np.array([[c, s, SIDE / 2 - 0.5 - c * x - s * y], [-s, c, SIDE / 2 - 0.5 + s * x - c * y]], np.float32)


def roi_from_eyes(box: tuple[float, float, float, float], right: F32, left: F32) -> Roi:
    """The crop for a detection: its box (x0 y0 x1 y1) turned to level eyes, 1.5 times its longer side."""
    x0, y0, x1, y1 = box
    angle = float(np.arctan2(left[1] - right[1], left[0] - right[0]))
    return Roi((x0 + x1) / 2, (y0 + y1) / 2, max(x1 - x0, y1 - y0) * MARGIN, angle)


def roi_from_mesh(points: F32) -> Roi:
    """The crop for the next look from this one's points (n, >=2)."""
    p = points[:, :2]
    d = p[LEFT_EYE] - p[RIGHT_EYE]
    angle = float(np.arctan2(d[1], d[0]))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
    level = p @ turn.T
    low, high = level.min(0), level.max(0)
    centre = turn.T @ ((low + high) / 2)
    return Roi(float(centre[0]), float(centre[1]), float((high - low).max()) * MARGIN, angle)


class Landmarks:
    """One thread's FaceMesh."""

    def __init__(self, engine: Engine) -> None:
        self._session = engine.session()
        self._input = next(iter(engine.inputs))

    def run(self, image: U8, roi: Roi, origin: tuple[float, float] = (0.0, 0.0)) -> tuple[F32, float]:
        """Points float32 (468, 3) in pixels (z in the same unit, smaller is nearer) and the presence score, 0 to 1.

        image: uint8 (h, w, 3) RGB, a crop whose corner lies at `origin` of the picture that roi and points refer to.
        """
        m = roi.matrix(origin)
        k = SIDE / roi.side
        if k < 0.5:  # a bilinear warp would alias: shrink first
            f = 2.0 * k
            image = np.asarray(cv2.resize(image, None, fx=f, fy=f, interpolation=cv2.INTER_AREA), np.uint8)
            m = m @ np.array([[1 / f, 0, 0.5 / f - 0.5], [0, 1 / f, 0.5 / f - 0.5], [0, 0, 1]], np.float32)
        crop = cv2.warpAffine(image, m, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        feed = np.multiply(crop[None], np.float32(1 / 255), dtype=np.float32)
        out = list(self._session.run({self._input: feed}).values())
        raw, logit = sorted(out, key=lambda a: -a.size)
        local = np.asarray(raw, np.float32).reshape(468, 3)
        c, s = np.cos(roi.angle), np.sin(roi.angle)
        x, y = (local[:, 0] - SIDE / 2) / k, (local[:, 1] - SIDE / 2) / k
        points = np.stack([roi.x + c * x - s * y, roi.y + s * x + c * y, local[:, 2] / k], 1)
        return points.astype(np.float32), float(1 / (1 + np.exp(-float(np.asarray(logit).reshape(-1)[0]))))

    def close(self) -> None:
        self._session.close()
