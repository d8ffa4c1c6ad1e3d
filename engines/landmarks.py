"""FaceMesh: 468 points of one face in an RGB image. Knows its network's crop and tensors, nothing of tracks or time.

Source: Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs", 2019; the model as
published with MediaPipe 0.10.21. Run at float32: bfloat16 moves its points by up to 0.9 of its 192 pixels.
"""

import math
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

    def apart(self, other: "Roi") -> float:
        """How far two crops differ: the largest of the shifts of their centres and the change of their side, as shares
        of the side, and their turn, radians."""
        shift = max(abs(self.x - other.x), abs(self.y - other.y)) / other.side
        turn = abs(math.remainder(self.angle - other.angle, 2 * math.pi))
        return max(shift, abs(math.log(self.side / other.side)), turn)


def roi_from_eyes(box: tuple[float, float, float, float], right: F32, left: F32) -> Roi:
    """The crop for a detection: its box (x0 y0 x1 y1) turned to level eyes, 1.5 times its longer side."""
    x0, y0, x1, y1 = box
    angle = float(np.arctan2(left[1] - right[1], left[0] - right[0]))
    return Roi((x0 + x1) / 2, (y0 + y1) / 2, max(x1 - x0, y1 - y0) * MARGIN, angle)


def roi_from_mesh(points: F32) -> Roi:
    """The crop for the next look from this one's points (n, >=2)."""
    p = points[:, :2]
    d = p[LEFT_EYE] - p[RIGHT_EYE]
    angle = math.atan2(float(d[1]), float(d[0]))
    c, s = math.cos(angle), math.sin(angle)
    x, y = np.ascontiguousarray(p.T)
    across, down = np.float32(c) * x + np.float32(s) * y, np.float32(c) * y - np.float32(s) * x
    left, right, top, bottom = (float(v) for v in (across.min(), across.max(), down.min(), down.max()))
    u, v = (left + right) / 2, (top + bottom) / 2
    return Roi(c * u - s * v, s * u + c * v, max(right - left, bottom - top) * MARGIN, angle)


def coarseness(scale: float) -> int:
    """How many times smaller an image has to be made before it is drawn at `scale` (< 1: smaller) without aliasing:
    1 while each pixel drawn spans no more than two."""
    return max(1, math.ceil(0.5 / scale))


def shrunk(image: U8, times: int) -> U8:
    """The image (h, w[, c]) `times` smaller both ways, each pixel the mean of its block; odd ends are left off."""
    if times == 1:
        return image
    h, w = image.shape[0] // times, image.shape[1] // times
    if not (h and w):
        return image[:1, :1]
    whole = image[: h * times, : w * times]  # whole blocks: OpenCV's quick way, 20 times as fast as a crooked ratio
    return np.asarray(cv2.resize(whole, (w, h), interpolation=cv2.INTER_AREA), np.uint8)


class Landmarks:
    """One thread's FaceMesh."""

    def __init__(self, engine: Engine) -> None:
        self._session = engine.session()
        self._input = next(iter(engine.inputs))

    def run(self, image: U8, roi: Roi, origin: tuple[float, float] = (0.0, 0.0), step: int = 1) -> tuple[F32, float]:
        """Points float32 (468, 3) in pixels (z in the same unit, smaller is nearer) and the presence score, 0 to 1.

        image: uint8 (h, w, 3) RGB, a crop whose corner lies at `origin` of the picture that roi and points refer to.
        step: how many times smaller than that picture the image was made by `shrunk`.
        """
        k = SIDE / roi.side
        times = coarseness(k * step)
        image, step = shrunk(image, times), step * times
        centre = step / 2 - 0.5  # where the first pixel's centre lies, in picture pixels from the origin
        m = roi.matrix((origin[0] + centre, origin[1] + centre))
        m[:, :2] *= np.float32(step)
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
