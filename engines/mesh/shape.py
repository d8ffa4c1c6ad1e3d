"""Similarity fits, head pose and proportions of a mesh. Arrays only."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from engines.mesh.topology import CANONICAL, INNER_LIPS, LEFT_EYE, OUTER_LIPS, OVAL, RIGHT_EYE
from engines.values import F32


@dataclass(frozen=True, slots=True)
class Fit:
    """`canonical = scale * rotation @ (point - origin) + centre`: pixels to centimetres. rotation: float32 (3, 3)."""

    scale: float
    rotation: F32
    origin: F32
    centre: F32

    def to_canonical(self, mesh: F32) -> F32:
        return (self.scale * (mesh - self.origin) @ self.rotation.T + self.centre).astype(np.float32)

    def shift_to_image(self, shift: F32) -> F32:
        """A displacement in canonical centimetres (n, 3) as one in image pixels (n, 3)."""
        return (shift @ self.rotation / self.scale).astype(np.float32)


def fit(mesh: F32, reference: F32 = CANONICAL, weights: F32 | None = None) -> Fit:
    """The similarity that takes mesh (n, 3) to reference (n, 3) with the least squares. Source: Umeyama, 1991."""
    w = np.full(len(mesh), 1.0) if weights is None else weights.astype(np.float64)
    w = w / w.sum()
    origin, centre = w @ mesh, w @ reference
    a = mesh - origin
    weighed = a.T * w
    u, s, vt = np.linalg.svd(reference.T @ weighed.T)  # a's weighted mean is none, so the reference may have one
    flip = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * flip) @ vt
    scale = float((s * flip).sum() / np.vdot(weighed, a.T))
    return Fit(scale, rotation.astype(np.float32), origin.astype(np.float32), centre.astype(np.float32))


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees. yaw: positive when the face looks to the right of the screen. pitch: positive when it looks down.
    roll: positive when it tilts clockwise on screen."""

    yaw: float
    pitch: float
    roll: float


def pose(mesh: F32) -> Pose:
    """Head pose of a mesh (468, 3), relative to the canonical face."""
    across, _, back = fit(mesh).rotation.tolist()  # the canonical axes in the image
    yaw = math.atan2(-back[0], back[2])
    pitch = math.atan2(-back[1], math.hypot(back[0], back[2]))
    roll = math.atan2(across[1], math.hypot(across[0], across[2]))
    return Pose(math.degrees(yaw), math.degrees(pitch), math.degrees(roll))


def smoothstep(x: npt.NDArray[np.floating]) -> F32:
    """0 below 0, 1 above 1, smooth between."""
    x = np.clip(x, 0, 1)
    return np.asarray(x * x * (3 - 2 * x), np.float32)


def _to_ring(points: F32, ring: F32) -> F32:
    """Distance of each point (n, d) to a closed polyline (m, d)."""
    a, b = ring, np.roll(ring, -1, 0)
    ab = b - a
    t = np.clip(((points[:, None] - a) * ab).sum(2) / ((ab**2).sum(1) + 1e-9), 0, 1)
    return np.asarray(np.linalg.norm(points[:, None] - a - t[..., None] * ab, axis=2).min(1), np.float32)


# centimetres of every point to the oval and to the lips, on the canonical face
TO_OVAL: F32 = _to_ring(CANONICAL, CANONICAL[OVAL])
_LIPS = np.union1d(OUTER_LIPS, INNER_LIPS)
TO_LIPS: F32 = np.where(np.isin(np.arange(468), _LIPS), 0, _to_ring(CANONICAL, CANONICAL[OUTER_LIPS])).astype(
    np.float32
)
INSIDE_LIPS = (TO_LIPS == 0) | (
    np.isin(np.arange(468), [11, 12, 15, 16, 72, 73, 74, 38, 41, 42, 85, 86, 87, 89, 90, 96, 62, 76, 77, 183, 184,
    302, 303, 304, 268, 271, 272, 315, 316, 319, 320, 325, 292, 306, 307, 407, 408, 179, 180, 403, 404])
)  # fmt: skip
FADE_OVAL: F32 = smoothstep(TO_OVAL / 2.5)
FADE_LIPS: F32 = smoothstep(np.where(INSIDE_LIPS, 0, TO_LIPS) / 1.2)


# painted mouths come out narrower and less open than their mesh, painted eyes wider apart: means of eight pairs
MOUTH, EYES = np.array([1.04, 1.1], np.float32), 0.99
_NEAR_EYES: F32 = 1 - smoothstep(
    np.minimum(_to_ring(CANONICAL, CANONICAL[RIGHT_EYE]), _to_ring(CANONICAL, CANONICAL[LEFT_EYE])) / 2.0
)
WIDEST = 0.12  # centimetres by which that moves a lip at most: what is wide open is not opened further
# below the lower lip: its outer ring, and the two rows under it, column by column
BELOW_LIPS = np.array(
    [[146, 91, 181, 84, 17, 314, 405, 321, 375], [43, 106, 182, 83, 18, 313, 406, 335, 273],
     [204, 204, 194, 201, 200, 421, 418, 424, 424]])  # fmt: skip
LEAST_GAP = 0.6  # of the canonical distance between these rows that is left: less, and the chin folds under the lip
ACROSS = np.array([0.3, 0.75, 1.0], np.float32)  # widths move the mouth's figures and tell identity little


def _eyes(shape: F32) -> tuple[F32, float]:
    right, left = shape[RIGHT_EYE].mean(0), shape[LEFT_EYE].mean(0)
    return np.asarray((right + left) / 2, np.float32), float(np.linalg.norm(left - right))


def proportions(source: F32, target: F32) -> F32:
    """The displacement (468, 3), canonical centimetres, that gives a target of mean shape `target` the source's
    proportions, measured in distances between the eyes: none at the oval, the lips as one group so that the mouth keeps
    its expression. Both (468, 3) canonical."""
    centre, mine = _eyes(source)
    d = (source - centre) * (_eyes(target)[1] / mine) + centre - target
    group = d[_LIPS].mean(0)
    d = d * FADE_LIPS[:, None] + group * (1 - FADE_LIPS[:, None])
    return np.asarray(d * FADE_OVAL[:, None] * ACROSS, np.float32)


def correction(target: F32) -> F32:
    """The displacement (468, 3), canonical centimetres, that makes up for how painting changes mouth and eyes. target:
    (468, 3) canonical."""
    out = np.zeros_like(target)
    wider = (MOUTH - 1) * (target - target[_LIPS].mean(0))[:, :2]
    out[:, :2] = np.clip(wider, -WIDEST, WIDEST) * (1 - FADE_LIPS[:, None])
    out[:, 0] += np.float32(EYES - 1) * (target - _eyes(target)[0])[:, 0] * _NEAR_EYES
    return out


def unfolded(shape: F32) -> F32:
    """The displacement (468, 3), canonical centimetres, that keeps the chin from folding under a mouth that is wide
    open. shape: (468, 3) canonical, as it is to be painted."""
    out, push = np.zeros_like(shape), np.zeros(BELOW_LIPS.shape[1], np.float32)
    for upper, lower in pairwise(BELOW_LIPS):
        usual = CANONICAL[lower, 1] - CANONICAL[upper, 1]
        push = np.maximum(push + LEAST_GAP * usual - (shape[lower, 1] - shape[upper, 1]), 0)
        np.maximum.at(out[:, 1], lower, push)
    return out
