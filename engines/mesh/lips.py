"""The target's lips held against the picture: where an open mouth is rounded, FaceMesh draws its rings as wide as ever,
and the target's own lips would show inside the painted ones. One instance per track, called in order.

Lips are redder than the skin around them: of several widths and heights of the outer ring the one is taken whose inside
is redder than its outside by most.
"""

import math

import cv2
import numpy as np

from engines.mesh.shape import FADE_LIPS, Fit, smoothstep
from engines.mesh.topology import INNER_LIPS, OUTER_LIPS
from engines.values import F32, U8

ACROSS = np.array([1.0, 0.92, 0.84, 0.76, 0.68, 0.6], np.float32)  # widths that are tried, of FaceMesh's
DOWN = np.array([1.0, 0.92, 0.84, 0.76, 0.68], np.float32)  # heights
INSIDE, OUTSIDE = 0.86, 1.16  # of the ring: where lips and where skin should be
OPEN = 0.7, 1.5  # centimetres between the lips from which the rings are doubted, and in full
BETTER = 0.008, 0.022  # by how much redder the best must be than FaceMesh's own to count, and to count in full
SMALLEST = 50.0  # pixels of face width below which lips and skin run into one another
SMOOTH = 0.06  # seconds over which width and height follow
BLUR = 0.02  # sigma in face widths, before the picture is read

_LIPS = np.union1d(OUTER_LIPS, INNER_LIPS)
_TOP, _BOTTOM = 13, 14
_SIZES = np.stack(np.meshgrid(ACROSS, DOWN, indexing="ij"), -1).reshape(-1, 2).astype(np.float32)


class Lips:
    """Call it for each frame of a track."""

    def __init__(self) -> None:
        self._size = np.ones(2, np.float32)

    def __call__(self, image: U8, mesh: F32, found: Fit, width: float, elapsed: float) -> F32:
        """The mesh (468, 3) with its lips where the picture shows them.

        image: uint8 (h, w, 3) RGB. mesh: float32 (468, 3) in its pixels. found: its fit. width: of the face, pixels.
        elapsed: seconds since the last frame.
        """
        canonical = found.to_canonical(mesh)
        opened = float(np.linalg.norm(canonical[_BOTTOM] - canonical[_TOP]))
        doubt = float(smoothstep(np.array((opened - OPEN[0]) / (OPEN[1] - OPEN[0])))) if width > SMALLEST else 0.0
        wanted = np.ones(2, np.float32)
        if doubt > 0:
            wanted += np.float32(doubt) * (_measured(image, mesh, canonical, found, width) - 1)
        share = np.float32(1 - math.exp(-elapsed / SMOOTH)) if elapsed > 0 else np.float32(1)
        self._size = np.asarray(self._size + share * (wanted - self._size), np.float32)
        if float(np.abs(self._size - 1).max()) < 0.01:
            return mesh
        move = np.zeros_like(canonical)
        move[:, :2] = (self._size - 1) * (canonical - canonical[_LIPS].mean(0))[:, :2] * (1 - FADE_LIPS[:, None])
        return mesh + found.shift_to_image(move)


def _measured(image: U8, mesh: F32, canonical: F32, found: Fit, width: float) -> F32:
    """float32 (2,): width and height of the lips, of FaceMesh's, as the picture shows them."""
    ring = mesh[OUTER_LIPS]
    margin = 0.1 * width
    (x0, y0), (x1, y1) = (np.floor(v).astype(int) for v in (ring[:, :2].min(0) - margin, ring[:, :2].max(0) + margin))
    x0, y0 = max(0, int(x0)), max(0, int(y0))
    part = image[y0 : max(y0, int(y1)), x0 : max(x0, int(x1))]
    if min(part.shape[:2]) < 8:
        return np.ones(2, np.float32)
    pixels = cv2.GaussianBlur(part, (0, 0), max(0.6, BLUR * width)).astype(np.float32)
    red = (pixels[..., 0] - pixels[..., 1]) / (pixels.sum(2) + np.float32(30))
    off = (canonical[OUTER_LIPS] - canonical[_LIPS].mean(0))[:, :2]
    told = []
    for reach in (INSIDE, OUTSIDE):
        move = np.zeros((len(_SIZES), len(OUTER_LIPS), 3), np.float32)
        move[..., :2] = (_SIZES[:, None] * np.float32(reach) - 1) * off
        at = ring[:, :2] + found.shift_to_image(move.reshape(-1, 3)).reshape(move.shape)[..., :2] - (x0, y0)
        told.append(cv2.remap(red, at.astype(np.float32), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))  # type: ignore
    score = (told[0] - told[1]).mean(1)
    best = int(score.argmax())
    sure = smoothstep(np.array((score[best] - score[0] - BETTER[0]) / (BETTER[1] - BETTER[0])))
    return np.asarray(1 + sure * (_SIZES[best] - 1), np.float32)
