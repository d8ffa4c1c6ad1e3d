"""Landmarks that survive occlusion: an occluder must not bend the mesh. Arrays only; the caller holds the track's
state.

What is hidden is carried along by what is not: flow on the visible points, a similarity that most of them agree on;
then the picture is completed with the clean plate at that pose, and the mesh is measured once more on the completed
picture.
"""

import cv2
import numpy as np

from engines.landmarks import SIDE as LOOK
from engines.landmarks import Landmarks, Roi, roi_from_mesh
from engines.mesh.fuse import View, flow, fuse, width
from engines.occlusion import chained, cut, move, shifted
from engines.plate import Plate, drawn, relit
from engines.values import F32, U8

HIDDEN = 0.3  # opacity at a point above which it says nothing of the face
FEWEST = 12  # visible points without which the old pose is held
REACH = 5.0  # pixels (of a 256-pixel face) that the mask is widened by before it is filled
FEATHER = 1.5


def visible(points: F32, hidden: F32) -> F32:
    """(n,) 1 where a point (n, >=2) lies on a pixel that shows the face. hidden: float32 (h, w), opacity."""
    h, w = hidden.shape
    x, y = (np.clip(np.round(points[:, i]).astype(int), 0, n - 1) for i, n in ((0, w), (1, h)))
    return np.asarray(hidden[y, x] < HIDDEN, np.float32)


def carried(before: F32, seen: F32, trust: F32) -> F32:
    """The mesh (468, 3) moved by the similarity that its trusted points agree on (RANSAC).

    seen: float32 (468, 2), where flow finds each point now. trust: (468,), 0 for hidden ones. Without enough of them
    the mesh is held as it was.
    """
    use = trust > 0.1
    if use.sum() < FEWEST:
        return before
    m, _ = cv2.estimateAffinePartial2D(
        before[use, :2], seen[use], method=cv2.RANSAC, ransacReprojThreshold=0.015 * width(before)
    )
    if m is None:
        return before
    k = float(np.hypot(m[0, 0], m[1, 0]))
    if not 0.8 < k < 1.25:  # a face does not grow so fast: the flow slipped
        return before
    xy = before[:, :2] @ m[:, :2].T + m[:, 2]
    return np.concatenate([xy, before[:, 2:] * k], 1).astype(np.float32)


def tracked(before: F32, then: View, now: View, hidden_then: F32, hidden_now: F32) -> F32:
    """`carried` by Lucas-Kanade flow between two views, hidden points left out. The hidden maps are opacities in the
    views' own pixels, (240, 240)."""
    seen, trust = flow(then, now, before[:, :2], before[:, :2])
    open_ = visible(then.locate(before), hidden_then) * visible(now.locate(seen), hidden_now)
    return carried(before, seen, trust * open_)


def steadied(before: F32, mesh: F32, then: View, now: View, hidden_then: F32, hidden_now: F32, forget: float) -> F32:
    """The mesh measured under an occluder, (468, 3), fused with the flow of what is seen of the face. See `tracked`."""
    open_ = visible(then.locate(before), hidden_then) * visible(now.locate(mesh), hidden_now)
    return fuse(before, mesh, then, now, forget, open_)


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
    landmarks: Landmarks, image: U8, corner: tuple[int, int], pose: F32, plate: Plate, hidden: F32, matrix: F32
) -> tuple[F32, float]:
    """The mesh (468, 3), picture pixels, of a face that is partly hidden, and its score.

    image: uint8 (h, w, 3), a region that begins at `corner` of the picture. pose: (468, 3), where the face is known to
    be about (from `carried`). hidden: float32 (h, w), opacity; matrix: (2, 3), the picture's pixels to its own.
    """
    # all of it in the pixels of the network's own input: nothing finer is looked at
    there = roi_from_mesh(pose).matrix()
    local = move(pose, there)
    frame = cut(image, shifted(there, corner), LOOK).astype(np.float32)
    back = chained(matrix, there)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    mask = np.asarray(cv2.warpAffine(hidden, back, (LOOK, LOOK), flags=flags), np.float32)
    seen, wide = drawn(plate, local, (LOOK, LOOK)), width(local)
    lit = relit(seen, frame, widened(mask, wide), 0.25 * wide)
    whole = completed(frame, lit, seen.known * seen.mask, mask, wide)
    mesh, score = landmarks.run(whole, Roi((LOOK - 1) / 2, (LOOK - 1) / 2, LOOK, 0.0))
    return move(mesh, np.asarray(cv2.invertAffineTransform(there), np.float32)), score
