"""Lids: how open a face's eyes are, by the network that finds the iris and the eye's contour in a crop of one eye.

FaceMesh keeps a closed eye half open: on blinks of four clips this network's opening falls to a sixth, FaceMesh's to a
half. Source: Ablavatski et al., "Real-time Pupil Tracking from Monocular Video for Digital Puppetry", 2020.
"""

import cv2
import numpy as np

from engines.protocol import Engine
from engines.values import F32, U8

NAME = "iris_landmark"  # the catalogue's
SIDE = 64
ROOM = 2.3  # side of the crop over the distance of the eye's corners
USUAL = 0.38  # lids' opening over the eye's width, of eyes that are open as usual
EYES = ((33, 133), (362, 263))  # corners on the mesh, from left to right on screen
CORNERS, LIDS = (0, 8), (12, 4)  # of the contour: its ends, and the middles of the upper and the lower lid
POINTS = 71


class Lids:
    """One thread's network."""

    def __init__(self, engine: Engine) -> None:
        self._session = engine.session()
        self._input = next(iter(engine.inputs))

    def open(self, image: U8, mesh: F32) -> float:
        """0, both closed, to 1, as open as usual. image: uint8 (h, w, 3) RGB. mesh: float32 (468, >=2), its pixels."""
        both = [self._opening(image, mesh[list(eye), :2], mirrored=place == 1) for place, eye in enumerate(EYES)]
        return min(1.0, sum(both) / len(both) / USUAL)

    def close(self) -> None:
        self._session.close()

    def _opening(self, image: U8, corners: F32, mirrored: bool) -> float:
        """Lids' opening over the eye's width. mirrored: the network knows one kind of eye, the other in a mirror."""
        crop = cv2.warpAffine(
            image, _matrix(corners), (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        seen = np.ascontiguousarray(crop[None, :, ::-1] if mirrored else crop[None])
        out = self._session.run({self._input: np.multiply(seen, np.float32(1 / 255), dtype=np.float32)})
        contour = next(np.asarray(v, np.float32).reshape(POINTS, 3) for v in out.values() if v.size == 3 * POINTS)
        width, height = (float(np.linalg.norm(contour[a, :2] - contour[b, :2])) for a, b in (CORNERS, LIDS))
        return height / (width + 1e-6)


def _matrix(corners: F32) -> F32:
    """float32 (2, 3): image pixels to a crop in which the eye lies level in the middle."""
    along, middle = corners[1] - corners[0], corners.mean(0)
    length = float(np.hypot(*along)) + 1e-6
    k = SIDE / (ROOM * length)
    c, s = k * along[0] / length, k * along[1] / length
    half = SIDE / 2 - 0.5
    shift = (half - c * middle[0] - s * middle[1], half + s * middle[0] - c * middle[1])
    return np.array([[c, s, shift[0]], [-s, c, shift[1]]], np.float32)
