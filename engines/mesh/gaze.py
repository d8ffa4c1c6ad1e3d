"""Whether the target's eyes do what the photo's do: look the same way, with open lids. If not, they must be kept whole.

The rim of the painted iris and the painted lids are the photo's. While the target does about the same, they make the
new face; in a sharp glance the photo's iris would stay beside the target's own, and on closed lids its open eye would
show through the slit. One instance per track, called in order.
"""

import math

import cv2
import numpy as np

from engines.landmarks import coarseness, shrunk
from engines.mesh.shape import smoothstep
from engines.mesh.topology import I32, LEFT_EYE, RIGHT_EYE
from engines.values import F32, U8

ACROSS, DOWN, CORNERS = 36, 16, 24.0  # pixels of an eye's level crop, and between its corners in it
MIDDLE = np.array([(ACROSS - 1) / 2, (DOWN - 1) / 2], np.float32)
SMALLEST = 16.0  # pixels between the corners of an eye below which white and iris run into one another
FEWEST = 8  # pixels of the crop between its lids below which nothing is said of it
IRIS = 0.6  # darkness of a pixel that counts for the photo's iris
WHITE = (
    0.46,
    0.16,
)  # how white the target is where the photo's iris is, from which it looks elsewhere, and over how much
SQUEEZED = 0.8, 0.25  # the lids' opening over the photo's from which they count as closing, and over how much
RELEASE = 0.12  # seconds in which what was kept is given back

_BESIDE = np.ones((1, 5), np.uint8)
# each eye's contour; both its corners and the middles of both its lids
EYES: tuple[tuple[I32, tuple[int, int, int, int]], ...] = (
    (RIGHT_EYE, (33, 133, 159, 145)),
    (LEFT_EYE, (362, 263, 386, 374)),
)


def opening(mesh: F32) -> F32:
    """float32 (2,): the lids' distance over that of the corners, right eye and left. mesh: (468, >=2), any pixels."""
    p = mesh[:, :2]
    return np.array(
        [np.linalg.norm(p[c] - p[d]) / (np.linalg.norm(p[a] - p[b]) + 1e-6) for _, (a, b, c, d) in EYES], np.float32
    )


def level(image: U8, points: F32) -> tuple[tuple[F32, F32], ...] | None:
    """Both eyes, right and left, level and of one size: how dark each pixel is, 0 as the white, 1 as the pupil, and how
    far it lies between the lids, 0 to 1; float32 (DOWN, ACROSS) both. None where the eyes are too small or not seen.

    image: uint8 (h, w, 3) RGB. points: float32 (>=468, >=2), the mesh in its pixels.
    """
    seen = [_level_one(image, points[:, :2], ring, at) for ring, at in EYES]
    both = tuple(eye for eye in seen if eye is not None)
    return both if len(both) == len(seen) else None


def _level_one(image: U8, p: F32, ring: I32, at: tuple[int, int, int, int]) -> tuple[F32, F32] | None:
    along = p[at[1]] - p[at[0]]
    apart = float(np.linalg.norm(along))
    if apart < SMALLEST:
        return None
    c, s = (along / apart).tolist()
    k = CORNERS / apart
    x, y = p[ring].mean(0).tolist()
    turn = np.array([[k * c, k * s], [-k * s, k * c]], np.float32)
    grey = _grey(image, turn, x, y, math.ceil(apart))
    sharp = np.zeros((DOWN, ACROSS), np.uint8)
    corners = np.round(((p[ring] - (x, y)) @ turn.T + MIDDLE) * 16).astype(np.int32)
    cv2.fillPoly(sharp, [corners], 255, lineType=cv2.LINE_AA, shift=4)
    lids = cv2.GaussianBlur(cv2.dilate(sharp, _BESIDE), (0, 0), 0.7)
    within = np.sort(grey[lids > 127]) if grey is not None else np.zeros(0, np.float32)
    if grey is None or len(within) < FEWEST:
        return None
    pupil, white = float(within[len(within) // 20]), float(within[-1 - len(within) // 10])
    dark = np.clip((np.float32(white) - grey) * np.float32(1 / (white - pupil + 8)), 0, 1)
    return np.asarray(dark, np.float32), np.asarray(lids * np.float32(1 / 255), np.float32)


def _grey(image: U8, turn: F32, x: float, y: float, reach: int) -> F32 | None:
    """float32 (DOWN, ACROSS): the picture about (x, y), turned and scaled; None beside it."""
    left, top = max(0, int(x) - reach), max(0, int(y) - reach)
    part = image[top : max(top, int(y) + reach + 1), left : max(left, int(x) + reach + 1)]
    if not part.size:
        return None
    times = coarseness(CORNERS / reach)
    part, centre = shrunk(part, times), times / 2 - 0.5
    matrix = np.column_stack([turn * times, MIDDLE + turn @ np.array([left + centre - x, top + centre - y])])
    eye = cv2.warpAffine(part, matrix, (ACROSS, DOWN), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.cvtColor(eye, cv2.COLOR_RGB2GRAY), np.float32)


class Gaze:
    """photo: uint8 (h, w, 3) RGB, the source's, or its texture. points: the mesh in its pixels. shape: the source's
    mesh (468, 3), any unit."""

    def __init__(self, photo: U8, points: F32, shape: F32) -> None:
        seen = level(photo, points)
        self._irises = [np.where(dark > IRIS, dark * lids, 0) for dark, lids in seen] if seen else None
        self._opening = opening(shape)
        self._kept = np.zeros(2, np.float32)

    def __call__(self, image: U8, mesh: F32, elapsed: float) -> tuple[float, float]:
        """How much of its right and of its left eye the target keeps beyond the usual: 0 to 1, all of it.

        image: uint8 (h, w, 3) RGB. mesh: float32 (468, 3) in its pixels. elapsed: seconds since the last frame.
        """
        elsewhere = (self._white(image, mesh) - WHITE[0]) / WHITE[1]
        closing = (SQUEEZED[0] - opening(mesh) / (self._opening + np.float32(1e-6))) / SQUEEZED[1]
        wanted = smoothstep(np.maximum(closing, elsewhere))
        self._kept = np.maximum(wanted, self._kept - np.float32(elapsed / RELEASE))
        right, left = self._kept.tolist()
        return right, left

    def _white(self, image: U8, mesh: F32) -> float:
        """How white the target is where the photo's irises are: 0 as its pupils, 1 as its whites, the mean of both
        eyes. 71 people who look into the camera: 0.27, 0.37 at most, whatever the colour of their irises; a sharp
        glance 0.6 and more, aside or up. 0 where nothing can be said."""
        seen = level(image, mesh) if self._irises else None
        if seen is None or self._irises is None:
            return 0.0
        both = []
        for iris, (dark, lids) in zip(self._irises, seen, strict=True):
            weight = iris * lids
            total = float(weight.sum())
            both.append(1 - float((weight * dark).sum()) / total if total > 1 else 0.0)
        return sum(both) / len(both)
