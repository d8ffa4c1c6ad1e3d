"""The clean plate: a person's own face as it looks with nothing before it, in mesh texture space, and drawn at a pose.

Learned from clear frames: a robust running mean, which follows light at once and detail slowly, so that one bad frame
leaves no mark. Knows nothing of tracks, networks or time: the caller says which frames are clear.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from engines.mesh import raster, texture, warp
from engines.mesh.fuse import width
from engines.mesh.topology import I32, SKIN_TRIANGLES
from engines.occlusion.network import chained, halved, move
from engines.values import F32, U8

SIDE = 256  # texels across the plate
TOP, HIGH = 40, 172  # the part of a square texture's rows that the face takes up
EACH = 4  # texels to a cell of the grid on which positions are computed
RATE = 0.2  # share of a clear frame taken over
LIMIT = 24.0  # levels: a texel that differs by more moves as if it differed by this much
SURE = 0.35  # confidence above which a texel may be relied upon
_SCALE = SIDE / texture.SIDE


@dataclass(frozen=True, slots=True)
class Plate:
    """colour: float32 (172, 256, 3) RGB, 0 to 255. confidence: float32 (172, 256), 0 where never seen, towards 1 where
    seen often and squarely. frames: clear frames it was learned from."""

    colour: F32
    confidence: F32
    frames: int

    @classmethod
    def empty(cls) -> "Plate":
        return cls(np.zeros((HIGH, SIDE, 3), np.float32), np.zeros((HIGH, SIDE), np.float32), 0)

    def sheet(self) -> U8:
        """uint8 (172, 256, 4): colour, and confidence as a share of SURE, in one picture."""
        known = cv2.convertScaleAbs(self.confidence, alpha=255 / SURE)
        return np.asarray(cv2.merge([*cv2.split(cv2.convertScaleAbs(self.colour)), known]), np.uint8)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plate at a pose. colour: float32 (h, w, 3), zero off the face. known: float32 (h, w), confidence, 0 off the
    face. mask: float32 (h, w), 1 on the face."""

    colour: F32
    known: F32
    mask: F32


@cache
def _corners() -> tuple[I32, F32]:
    """Per cell its triangle (43, 64), and its barycentric weights (43, 64, 3)."""
    at = (_texels() + np.float32(0.5)) / np.float32(EACH) - np.float32(0.5)
    high, wide = HIGH // EACH, SIDE // EACH
    # the skirt and a margin are covered, too, so that enlarging does not smear what lies outside
    index = raster.cover(at, np.zeros(len(at), np.float32), wide, high)
    p = np.concatenate([at[raster.ALL_TRIANGLES], np.ones((len(raster.ALL_TRIANGLES), 3, 1), np.float32)], 2)
    inverse = np.linalg.inv(p.astype(np.float64))
    y, x = np.mgrid[:high, :wide]
    here = np.stack([x, y, np.ones_like(x)], -1).astype(np.float64)
    weights = np.einsum("hwi,hwij->hwj", here, inverse[index])
    weights[index < 0] = 0
    return index, weights.astype(np.float32)


@cache
def _inside() -> F32:
    """float32 (172, 256): 1 on the face's own texels, without the skirt."""
    on = (texture.cover() >= raster.FIRST_FACE).astype(np.float32)
    return np.asarray(cv2.resize(on, (SIDE, SIDE), interpolation=cv2.INTER_AREA)[TOP : TOP + HIGH], np.float32)


def _towards(points: F32) -> F32:
    """float32 (970,): how squarely each triangle faces the viewer, 0 to 1. points: (504, 3)."""
    a, b, c = (points[raster.ALL_TRIANGLES[:, i]] for i in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    toward = normal[:, 2] * raster.FRONT_SIGN
    fans = slice(raster.FIRST_FACE + len(SKIN_TRIANGLES), None)
    toward[fans] = np.abs(toward[fans])  # slits turn over
    return np.asarray(np.clip(toward, 0, 1), np.float32)


def lifted(image: U8, mesh: F32) -> tuple[F32, F32]:
    """A frame's face in texture space: float32 (172, 256, 3), and how squarely each texel was seen, (172, 256).

    image: uint8 (h, w, 3) RGB. mesh: float32 (468, 3), its pixels.
    """
    points = raster.with_skirt(mesh)
    return _taken(image, points, width(mesh)), _squarely(points, image.shape[:2])


def _where(points: F32) -> F32:
    """Which pixel shows each texel, float32 (172, 256, 2). points: (504, >=2)."""
    index, weights = _corners()
    at = np.einsum("hwk,hwkc->hwc", weights, points[:, :2].take(raster.ALL_TRIANGLES[index], 0))
    return np.asarray(cv2.resize(at, (SIDE, HIGH), interpolation=cv2.INTER_LINEAR), np.float32)


def _squarely(points: F32, size: tuple[int, ...]) -> F32:
    """How squarely each texel is seen, (172, 256), 0 outside an image of that size."""
    index, _ = _corners()
    square = np.clip((_towards(points).take(index) - np.float32(0.15)) * np.float32(2), 0, 1)
    square[index < 0] = 0
    seen = np.asarray(cv2.resize(cv2.GaussianBlur(square, (0, 0), 1.0), (SIDE, HIGH)), np.float32) * _inside()
    (h, w), low, high = size[:2], points[:, :2].min(0), points[:, :2].max(0)
    if low.min() < 0 or high[0] > w - 1 or high[1] > h - 1:
        where = _where(points)
        beyond = (where[..., 0] < 0) | (where[..., 1] < 0) | (where[..., 0] > w - 1) | (where[..., 1] > h - 1)
        seen[beyond] = 0
    return seen


def _taken(image: U8, points: F32, wide: float) -> F32:
    """The image, float32 (172, 256, 3), at `_where`. wide: the face's width."""
    low, high = points[:, :2].min(0), points[:, :2].max(0) + np.float32(1)
    x0, y0 = (min(max(0, int(v)), n - 1) for v, n in zip(low, image.shape[1::-1], strict=True))
    x1, y1 = (max(int(v), least + 1) for v, least in zip(high, (x0, y0), strict=True))
    often = int(np.log2(max(1.0, wide / (0.5 * SIDE))))  # a frame far larger than the plate would alias
    times = 1 << often
    local = (points[:, :2] - np.array([x0, y0], np.float32) + np.float32(0.5)) / np.float32(times) - np.float32(0.5)
    return warp.sample(halved(image[y0:y1, x0:x1], often), _where(local)).astype(np.float32)


def gain(new: F32, old: F32, weight: F32) -> F32:
    """float32 (3,): the light of `new` over that of `old`, both (h, w, 3): the median ratio where weight (h, w) is
    high."""
    some = weight[::4, ::4] > 0.3
    if some.sum() < 40:
        return np.ones(3, np.float32)
    ratio = (new[::4, ::4][some] + 4) / (old[::4, ::4][some] + 4)
    return np.asarray(np.clip(np.median(ratio, axis=0), 0.3, 3.0), np.float32)


def updated(
    plate: Plate, image: U8, mesh: F32, hidden: F32 | None = None, matrix: F32 | None = None, rate: float = RATE
) -> Plate:
    """The plate after a clear frame. hidden: float32 (h, w), what is not the face's own (None: all clear). matrix: (2,
    3), the image's pixels to those of `hidden`; None where they are the same. rate: share taken over; the first frames
    count more."""
    colour, seen = lifted(image, mesh)
    if hidden is not None:
        points = raster.with_skirt(mesh)[:, :2]
        there = points if matrix is None else move(points, matrix)
        blocked = cv2.remap(hidden, _where(there), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)  # type: ignore
        seen = seen * np.clip(1 - np.float32(255 / 40) * blocked, 0, 1)
    share = np.float32(max(rate, 1 / (plate.frames + 1))) * seen
    light = gain(colour, plate.colour, np.minimum(plate.confidence, seen))
    if plate.frames == 0:
        return Plate(colour, np.where(seen > 0.5, np.minimum(0.5, seen), share * seen), 1)
    new = plate.confidence < 0.05
    some = plate.confidence > SURE / 2
    limit = np.where(some, np.float32(LIMIT), np.float32(255))
    weight = np.where(new, np.minimum(1, seen * 4), share)
    # plane by plane: whole arrays of three channels would be walked through six times
    planes = []
    for fresh, old, k in zip(cv2.split(colour), cv2.split(plate.colour), light.tolist(), strict=True):
        lit = cv2.multiply(old, k)
        step = cv2.max(cv2.min(cv2.subtract(fresh, lit), limit), -limit)
        planes.append(cv2.add(lit, cv2.multiply(step, weight)))
    confidence = plate.confidence + share * np.maximum(seen - plate.confidence, 0)
    return Plate(np.asarray(cv2.merge(planes), np.float32), confidence, plate.frames + 1)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a face's pixels lie in a plate, on a coarse raster of its own. field: float32 (h, w, 3): texel x, y, and 1
    where the face's front covers the pixel. matrix: float32 (2, 3), the mesh's pixels to the raster's."""

    field: F32
    matrix: F32

    def moved(self, matrix: F32) -> "Placed":
        """The same of the mesh moved by a similarity (2, 3)."""
        return Placed(self.field, chained(self.matrix, matrix))


def placed(mesh: F32) -> Placed:
    """mesh: float32 (468, 3), pixels of any picture."""
    points = raster.with_skirt(mesh)
    scale = 1 / max(1.0, width(mesh) / warp.RASTER)
    corner = points[:, :2].min(0) - np.float32(2 / scale)
    coarse = ((points[:, :2] - corner) * np.float32(scale)).astype(np.float32)
    w, h = (int(v) + 3 for v in coarse.max(0))
    index = raster.cover(coarse, points[:, 2], w, h)
    x, y = raster.planes(index, coarse, _texels())
    on, seen = (np.asarray(index >= least, np.float32) for least in (0, raster.FIRST_FACE))
    left, top = corner.tolist()
    matrix = np.array([[scale, 0, -scale * left], [0, scale, -scale * top]], np.float32)
    return Placed(np.asarray(cv2.merge([x * on, y * on, seen]), np.float32), matrix)


@cache
def _texels() -> F32:
    """float32 (504, 2): a plate's pixel of each mesh point and of the skirt."""
    at = (texture.layout() + np.float32(0.5)) * np.float32(_SCALE) - np.float32(0.5)
    return np.asarray(at - np.array([0, TOP], np.float32), np.float32)


def drawn(plate: Plate | None, mesh: F32, size: tuple[int, int]) -> Drawn:
    """The plate at a pose. mesh: float32 (468, 3) in the pixels of a region of size (h, w). None draws the mask
    alone."""
    return drawn_at(plate, placed(mesh), np.eye(2, 3, dtype=np.float32), size)


def drawn_at(plate: Plate | None, at: Placed, matrix: F32, size: tuple[int, int]) -> Drawn:
    """The same for a mesh that was placed before. matrix: float32 (2, 3), that mesh's pixels to those of the picture of
    size (h, w)."""
    back, flags = chained(at.matrix, matrix), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    field = cv2.warpAffine(at.field, back, size[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
    x, y, on = cv2.split(field)
    mask = np.clip(on * 2 - np.float32(0.5), 0, 1).astype(np.float32)
    if plate is None or plate.frames == 0:
        return Drawn(np.zeros((*size, 3), np.float32), np.zeros(size, np.float32), mask)
    *colours, sure = cv2.split(warp.sample(plate.sheet(), np.asarray(cv2.merge([x, y]), np.float32)))
    known = np.multiply(sure, mask * np.float32(1 / 255), dtype=np.float32)
    colour = cv2.copyTo(cv2.merge(colours), np.asarray(known >= 0.05, np.uint8))
    return Drawn(colour.astype(np.float32), known, mask)


def relit(seen: Drawn, image: F32, hidden: F32, sigma: float) -> F32:
    """The drawn plate in the frame's light, float32 (h, w, 3).

    image: float32 (h, w, 3), 0 to 255. hidden: float32 (h, w), 0 to 1: what is not plainly the face itself says nothing
    of its light, which is taken from around, and where too little of it is seen from the plate, whose light is that of
    the last clear frame. sigma: pixels, about a quarter of the face's width.
    """
    h, w = hidden.shape
    step = max(1, int(sigma / 4))
    small = (max(2, h // step), max(2, w // step))
    weight = np.asarray(seen.known * np.clip(1 - 20 * hidden, 0, 1), np.float32)
    # weighted before it is made smaller: a cell on the rim of what is seen would take in what lies beside it
    wide = cv2.merge([weight] * 3)
    few = [warp.shrink(np.asarray(cv2.multiply(a, wide), np.float32), small) for a in (image, seen.colour)]
    weight = warp.shrink(weight, small)
    stack = cv2.GaussianBlur(np.dstack([*few, weight]), (0, 0), sigma / step, borderType=cv2.BORDER_CONSTANT)
    total = stack.sum((0, 1))
    share = float(np.clip(8 * weight.sum() / (warp.shrink(seen.known, small).sum() + 1e-3) - 0.4, 0, 1))
    overall = 1 + share * ((total[:3] + 1) / (total[3:6] + 1) - 1)
    # a little of the whole face's light everywhere: it decides where none of the face is seen nearby
    pull = 0.05 * stack[..., 6].max() + 1e-3
    ratio = (stack[..., :3] + pull * 100 * overall) / (stack[..., 3:6] + pull * 100)
    return np.asarray(
        np.clip(seen.colour * warp.enlarge(np.clip(ratio, 0.25, 4).astype(np.float32), (h, w)), 0, 255), np.float32
    )
