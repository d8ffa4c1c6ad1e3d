"""Landmarks that survive occlusion: an occluder must not bend the mesh. Arrays only; the caller holds the track's
state.

What is hidden is carried along by what is not: flow on the visible points, a similarity that most of them agree on;
then the picture is completed with the clean plate at that pose, and the mesh is measured once more on the completed
picture.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.landmarks import SIDE as LOOK
from engines.landmarks import Landmarks, Roi, roi_from_mesh
from engines.mesh.fuse import FlowView, flow, fuse, places, width
from engines.mesh.topology import I32
from engines.occlusion.clean_plate import Placed, Plate, drawn_at, relit
from engines.occlusion.network import chained, cut, move, shifted
from engines.values import F32, U8

HIDDEN = 0.3  # opacity at a point above which it says nothing of the face
FEWEST = 12  # visible points without which the old pose is held
REACH = 5.0  # pixels (of a 256-pixel face) that the mask is widened by before it is filled
FEATHER = 1.5


def visible(points: F32, hidden: F32, matrix: F32) -> F32:
    """(n,) 1 where a point (n, >=2) shows the face. hidden: float32 (h, w), opacity, 0 beyond it; matrix: (2, 3), the
    points' pixels to its own."""
    h, w = hidden.shape
    x, y = np.rint(points[:, :2] @ matrix[:, :2].T + matrix[:, 2]).astype(np.int32).T
    beyond = (x < 0) | (y < 0) | (x >= w) | (y >= h)
    return np.asarray((hidden[y.clip(0, h - 1), x.clip(0, w - 1)] < HIDDEN) | beyond, np.float32)


def carried(before: F32, seen: F32, trust: F32, among: I32 | None = None) -> F32:
    """The mesh (468, 3) moved by the similarity that its trusted points agree on (RANSAC).

    seen: float32 (n, 2), where flow finds each point now. trust: (n,), 0 for hidden ones. among: int32 (n,), which
    points these are; None for all. Without enough of them the mesh is held as it was.
    """
    use = trust > 0.1
    if use.sum() < FEWEST:
        return before
    start = before[:, :2] if among is None else before[among, :2]
    # for a sixth of the points telling the truth 200 pairs of them are enough
    m, _ = cv2.estimateAffinePartial2D(
        start[use], seen[use], method=cv2.RANSAC, ransacReprojThreshold=0.015 * width(before), maxIters=200
    )
    if m is None:
        return before
    k = float(np.hypot(m[0, 0], m[1, 0]))
    if not 0.8 < k < 1.25:  # a face does not grow so fast: the flow slipped
        return before
    xy = before[:, :2] @ m[:, :2].T + m[:, 2]
    return np.concatenate([xy, before[:, 2:] * k], 1).astype(np.float32)


Hidden = tuple[F32, F32]
"""Opacity, float32 (h, w), of what is before a face, and the matrix (2, 3) from the picture's pixels to its own."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What Lucas-Kanade flow sees of a mesh from one view to the next, whether its points are hidden or not. before:
    float32 (468, 3), the mesh. The rest of those of its points that flow follows, `places`: seen: (156, 2), where each
    is now, picture pixels; trust: (156,)."""

    then: FlowView
    now: FlowView
    before: F32
    seen: F32
    trust: F32

    @classmethod
    def between(cls, then: FlowView, now: FlowView, before: F32) -> "Flow":
        start = before[places(), :2]
        return cls(then, now, before, *flow(then, now, start, start))

    def carried(self, then: Hidden, now: Hidden) -> F32:
        """The mesh moved by the similarity that its visible points agree on. then, now: what hides it in either."""
        start = self.before[places(), :2]
        return carried(self.before, self.seen, self.trust * visible(start, *then) * visible(self.seen, *now), places())

    def steadied(self, mesh: F32, then: Hidden, now: Hidden, forget: float) -> F32:
        """The mesh measured under an occluder, (468, 3), fused with the flow of what is seen of the face."""
        open_ = visible(self.before, *then) * visible(mesh, *now)
        return fuse(self.before, mesh, self.then, self.now, forget, open_)


def filling(hidden: F32, known: F32, size: float) -> F32:
    """How far the plate has to stand in for the picture where the face is hidden, (h, w), soft at the rim.

    hidden: (h, w), opacity. known: (h, w), how sure the plate is, 0 off the face. size: the face's width, pixels.
    """
    over = cv2.GaussianBlur((widened(hidden, size) > HIDDEN).astype(np.float32), (0, 0), FEATHER)
    return np.asarray(over * (known > 0.3), np.float32)


def completed(frame: F32, plate: F32, known: F32, hidden: F32, size: float) -> U8:
    """The picture with the plate pasted where the face is hidden, uint8 (h, w, 3). See `filling`.

    frame: float32 (h, w, 3), 0 to 255; plate: the same in the frame's light.
    """
    over = filling(hidden, known, size)
    return np.asarray(cv2.convertScaleAbs(frame + over[..., None] * (plate - frame)), np.uint8)


def widened(hidden: F32, size: float) -> F32:
    """An opacity (h, w) that reaches a little farther: what lies beside an occluder has its shadow. size: as above."""
    reach = max(1, round(REACH * size / 256))
    return np.asarray(cv2.dilate(hidden, np.ones((2 * reach + 1,) * 2, np.uint8)), np.float32)


def mesh_under(
    landmarks: Landmarks, image: U8, corner: tuple[int, int], pose: F32, plate: Plate, at: Placed, hidden: Hidden
) -> tuple[F32, float]:
    """The mesh (468, 3), picture pixels, of a face that is partly hidden, and its score.

    image: uint8 (h, w, 3), a region that begins at `corner` of the picture. pose: (468, 3), where the face is known to
    be about (from `carried`); at: the same in the plate.
    """
    # all of it in the pixels of the network's own input: nothing finer is looked at
    there = roi_from_mesh(pose).matrix()
    local = move(pose, there)
    frame = cut(image, shifted(there, corner), (LOOK, LOOK)).astype(np.float32)
    back = chained(hidden[1], there)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    mask = np.asarray(cv2.warpAffine(hidden[0], back, (LOOK, LOOK), flags=flags), np.float32)
    seen, wide = drawn_at(plate, at, there, (LOOK, LOOK)), width(local)
    lit = relit(seen, frame, widened(mask, wide), 0.25 * wide)
    whole = completed(frame, lit, seen.known * seen.mask, mask, wide)
    mesh, score = landmarks.run(whole, Roi((LOOK - 1) / 2, (LOOK - 1) / 2, LOOK, 0.0))
    return move(mesh, np.asarray(cv2.invertAffineTransform(there), np.float32)), score
