"""Portraits with their mesh, and new views of them: turned heads, other expressions, another light. Offline work
only."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from engines.mesh import raster, shape
from engines.mesh.topology import CANONICAL, INNER_LIPS, LEFT_BROW, LEFT_EYE, OVAL, RIGHT_BROW, RIGHT_EYE
from engines.occlusion.network import SIDE, frame_to_crop, move
from engines.values import F32, U8

F64 = npt.NDArray[np.float64]
CUT, CUT_MARGIN = 256, 1.9  # pixels and margin of a stored portrait


@dataclass(frozen=True, slots=True)
class Portrait:
    """image: uint8 (256, 256, 3) RGB around the face. back: float32 (256, 256), 1 on plain background (0 everywhere
    where it cannot be told). mesh: float32 (468, 3) in its pixels. person: whose face, for splits."""

    image: U8
    back: F32
    mesh: F32
    person: str


@dataclass(frozen=True, slots=True)
class FaceView:
    """image, plate: float32 (128, 128, 3), 0 to 255: the face as seen, and as its plate shows it, 0 off the mask.
    mask: float32 (128, 128), the mesh. points: (468, 3), the mesh in crop pixels."""

    image: F32
    plate: F32
    mask: F32
    points: F32


def portrait(image: U8, mesh: F32, person: str) -> Portrait:
    """Cut out of a photo, uint8 (h, w, 3) RGB. A background that is plain at both upper corners is told from the
    person."""
    m = frame_to_crop(mesh, CUT, CUT_MARGIN)
    cut = np.asarray(
        cv2.warpAffine(image, m, (CUT, CUT), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
    return Portrait(cut, _background(cut), move(mesh, m), person)


def _background(image: U8) -> F32:
    filled = np.zeros((CUT + 2, CUT + 2), np.uint8)
    smooth = cv2.bilateralFilter(image, 5, 25, 5)
    for corner in ((0, 0), (CUT - 1, 0), (0, CUT // 4), (CUT - 1, CUT // 4)):
        flags = 4 | (255 << 8) | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE
        cv2.floodFill(smooth, filled, corner, (0, 0, 0), (14,) * 3, (14,) * 3, flags)
    mask = (filled[1:-1, 1:-1] > 0).astype(np.float32)
    share = float(mask.mean())
    if not 0.12 < share < 0.65 or mask[CUT // 2 - 20 : CUT // 2 + 20, CUT // 2 - 20 : CUT // 2 + 20].any():
        return np.zeros((CUT, CUT), np.float32)
    return np.asarray(cv2.GaussianBlur(cv2.dilate(mask, np.ones((3, 3), np.uint8)), (0, 0), 1.0), np.float32)


def expression(rng: np.random.Generator, strength: float = 1.0) -> F32:
    """float32 (468, 3): a random displacement of the canonical face, centimetres: jaw, lids, brows, mouth corners."""
    x, y = CANONICAL[:, 0], CANONICAL[:, 1]
    d = np.zeros((468, 3), np.float32)
    # between the lips: a curve that rises from their middle to their corners, which stay where they are
    middle, corner = float(y[[13, 14]].mean()), float(y[INNER_LIPS[[0, 10]]].mean())
    line = middle + (corner - middle) * np.clip(x / x[INNER_LIPS[10]], -1, 1) ** 2
    below = np.clip((y - line) / 0.08, 0, 1) * (1 - 0.5 * np.clip(np.abs(x) / 7, 0, 1) ** 2)
    if rng.random() < 0.6:
        d[:, 1] += strength * rng.uniform(0.1, 2.6) * below * rng.random()
    mouth = np.exp(-(((y - line) / 1.8) ** 2))
    pull = strength * rng.uniform(-0.5, 0.7) * mouth * np.clip(np.abs(x) / 2.5, 0, 1) * np.exp(-((x / 5) ** 2))
    d[:, 0] += np.sign(x) * pull
    d[:, 1] -= 0.5 * pull
    if rng.random() < 0.4:
        shut = strength * rng.uniform(0.2, 1.0)
        for ring in (RIGHT_EYE, LEFT_EYE):
            lower, upper = ring[1:8], ring[:8:-1]
            d[upper] += shut * (CANONICAL[lower] - CANONICAL[upper])
    lift = strength * rng.uniform(-0.4, 0.6)
    for brow in (RIGHT_BROW, LEFT_BROW):
        near = np.exp(
            -(np.linalg.norm(CANONICAL[:, None, :2] - CANONICAL[brow][None, :, :2], axis=2).min(1) ** 2) / 0.8
        )
        d[:, 1] -= lift * near
    return np.asarray(d, np.float32)


def turned(mesh: F32, yaw: float, pitch: float, roll: float) -> F32:
    """The mesh (468, 3) turned about its middle, radians."""
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    middle = mesh.mean(0)
    return np.asarray((mesh - middle) @ (about_z @ about_x @ about_y).T + middle, np.float32)


def _spline(points: F32, values: F32, size: int, grid: int = 24) -> F32:
    """float32 (size, size, c): a thin-plate spline through values (n, c) at points (n, 2), from a coarse grid."""
    n = len(points)

    def kernel(a: F64, b: F64) -> F64:
        r2 = ((a[:, None] - b[None]) ** 2).sum(2) + 1e-6
        return np.asarray(r2 * np.log(r2), np.float64)

    p: F64 = points.astype(np.float64) / size
    system = np.zeros((n + 3, n + 3))
    system[:n, :n] = kernel(p, p) + 1e-4 * np.eye(n)
    system[:n, n:] = np.c_[np.ones(n), p]
    system[n:, :n] = system[:n, n:].T
    solved = np.linalg.solve(system, np.concatenate([values, np.zeros((3, values.shape[1]))]))
    step = (np.arange(grid) + 0.5) / grid
    q: F64 = np.stack(np.meshgrid(step, step), -1).reshape(-1, 2)
    out = kernel(q, p) @ solved[:n] + np.c_[np.ones(len(q)), q] @ solved[n:]
    return np.asarray(
        cv2.resize(out.reshape(grid, grid, -1).astype(np.float32), (size, size), interpolation=cv2.INTER_LINEAR),
        np.float32,
    )


def _look(image: U8 | F32, where: F32) -> F32:
    at = np.ascontiguousarray(where, np.float32)
    return np.asarray(
        cv2.remap(image, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def _mouth(image: F32, points: F32, gap: float, rng: np.random.Generator) -> None:
    """Paints a mouth's inside, dark with teeth, into lips that the photo had closed."""
    ring = points[INNER_LIPS, :2]
    inside = np.zeros(image.shape[:2], np.float32)
    cv2.fillPoly(inside, [np.round(ring * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
    colour = np.empty_like(image)
    colour[:] = np.array([70, 25, 25]) * rng.uniform(0.3, 1.3)
    if rng.random() < 0.7:
        upper = ring[10:].copy()
        teeth = np.concatenate([upper, np.add(upper[::-1], (0, gap * rng.uniform(0.2, 0.6)))])
        cv2.fillPoly(
            colour,
            [np.round(teeth * 16).astype(np.int32)],
            tuple(rng.uniform(130, 215) * np.array([1, 0.96, 0.88])),
            cv2.LINE_AA,
            4,
        )
    soft = cv2.GaussianBlur(inside, (0, 0), 0.8)[..., None]
    image += (colour - image) * soft


@dataclass(frozen=True, slots=True)
class HeadPose:
    """expression: float32 (468, 3), canonical centimetres. turn: yaw, pitch, roll, radians. wobble: float32 (2, 3), how
    far the crop is off the face, crop pixels."""

    expression: F32
    turn: tuple[float, float, float]
    wobble: F32

    def towards(self, other: "HeadPose", share: float) -> "HeadPose":
        """Between this pose and another: a head in motion."""
        a, b = 1 - share, share
        yaw, pitch, roll = (a * x + b * y for x, y in zip(self.turn, other.turn, strict=True))
        mixed = [
            (a * x + b * y).astype(np.float32)
            for x, y in ((self.expression, other.expression), (self.wobble, other.wobble))
        ]
        return HeadPose(mixed[0], (yaw, pitch, roll), mixed[1])


def random_pose(rng: np.random.Generator, wild: float = 1.0) -> HeadPose:
    d = expression(rng, wild * float(rng.random() < 0.75))
    turn = (wild * rng.normal(0, 0.28), wild * rng.normal(0, 0.14), wild * rng.normal(0, 0.05))
    wobble = np.eye(2, 3, dtype=np.float32)
    wobble[:, :2] *= rng.uniform(0.9, 1.12)
    middle = np.full(2, SIDE / 2, np.float32)
    wobble[:, 2] = middle - wobble[:, :2] @ middle + rng.normal(0, 2.5, 2)
    return HeadPose(d, turn, wobble)


def _around(points: F32, seen: Portrait) -> F32:
    """float32 (128, 128, 2): where the surroundings come from: a spline that meets the oval, held by a far frame that
    moves with the head."""
    far = np.array([[x, y] for x in (-60, 20, 108, 188) for y in (-60, 20, 108, 188)], np.float32)
    far = far[np.abs(far - 64).max(1) > 100]
    level, _ = cv2.estimateAffinePartial2D(points[OVAL, :2], seen.mesh[OVAL, :2], method=cv2.LMEDS)
    anchors = move(far, np.asarray(level if level is not None else np.eye(2, 3), np.float32))
    return _spline(np.concatenate([points[OVAL, :2], far]), np.concatenate([seen.mesh[OVAL, :2], anchors]), SIDE)


def view(
    seen: Portrait, plate: Portrait, pose: HeadPose, rng: np.random.Generator, back: F32 | None = None
) -> FaceView:
    """The face of `seen` in a pose, and `plate`, another look at the same person, drawn at that pose.

    back: float32 (128, 128, 3), laid over the portrait's background where that is known, None to keep it.
    """
    mesh = turned(seen.mesh + shape.fit(seen.mesh).shift_to_image(pose.expression), *pose.turn)
    points = move(move(mesh, frame_to_crop(mesh)), pose.wobble)
    values = np.concatenate([raster.with_skirt(seen.mesh)[:, :2], raster.with_skirt(plate.mesh)[:, :2]], 1)
    at = raster.with_skirt(points)
    at, depth = np.ascontiguousarray(at[:, :2]), at[:, 2]
    index = raster.cover(at, depth, SIDE, SIDE)
    where = raster.fields(index, at, values)
    face = (index >= raster.FIRST_FACE).astype(np.float32)
    around = _around(points, seen)
    soft = cv2.GaussianBlur(face, (0, 0), 1.0)[..., None]
    inner = np.where(index[..., None] >= 0, where[..., :2], around)
    at_seen = np.clip(around + (inner - around) * soft, -8, CUT + 8)
    image = _look(seen.image, at_seen)
    if back is not None and seen.back.any():
        image += (back - image) * _look(seen.back, at_seen)[..., None] * (1 - face[..., None])
    gap = float(points[14, 1] - points[13, 1])
    if gap > 3 and seen.mesh[14, 1] - seen.mesh[13, 1] < 4:
        _mouth(image, points, gap, rng)
    return FaceView(image, _look(plate.image, where[..., 2:]) * face[..., None], face, points)
