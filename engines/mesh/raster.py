"""From mesh points to per-pixel fields: the triangle that covers a pixel, and piecewise affine values."""

import cv2
import numpy as np
import numpy.typing as npt

from engines.mesh.topology import I32, OVAL, SKIN_TRIANGLES, TRIANGLES
from engines.values import F32

FLAT = 1e-3  # twice the area, in square pixels, below which a triangle is a slit
SKIRT = 0.25  # the ring of extra points beyond the oval, as a share of the distance to the face's centre

_RING = np.arange(468, 468 + len(OVAL), dtype=np.int32)
_NEXT = np.roll(np.arange(len(OVAL)), -1)
SKIRT_TRIANGLES: I32 = np.concatenate(
    [np.stack([OVAL, OVAL[_NEXT], _RING], 1), np.stack([OVAL[_NEXT], _RING[_NEXT], _RING], 1)]
).astype(np.int32)
ALL_TRIANGLES: I32 = np.concatenate([SKIRT_TRIANGLES, TRIANGLES])
FIRST_FACE = len(SKIRT_TRIANGLES)
_FIRST_FAN = FIRST_FACE + len(SKIN_TRIANGLES)


def with_skirt(values: F32) -> F32:
    """(468, c) to (504, c): values carried on beyond the oval, so that maps stay smooth across the face's edge."""
    ring = values[OVAL]
    return np.concatenate([values, ring + SKIRT * (ring - ring.mean(0))]).astype(np.float32)


def facing(points: F32) -> npt.NDArray[np.bool_]:
    """(970,): which triangles show their front. points: float32 (504, >=2) in pixels."""
    a, b, c = (points[ALL_TRIANGLES[:, i], :2] for i in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    front = area * FRONT_SIGN > 0
    front[:FIRST_FACE] = True
    front[_FIRST_FAN:] = True  # slits of closed eyes and lips change sign at will
    return np.asarray(front)


def cover(points: F32, depth: F32, width: int, height: int) -> I32:
    """int32 (height, width): the index into ALL_TRIANGLES seen at each pixel, -1 where none. Nearer triangles hide
    farther ones (painter's order). points: (504, 2) pixels; depth: (504,), smaller is nearer."""
    index = np.full((height, width), -1, np.int32)
    order = np.argsort(-depth[ALL_TRIANGLES].mean(1), kind="stable")
    skirt = order < FIRST_FACE
    order = np.concatenate([order[skirt], order[~skirt]])  # the skirt lies under everything
    order = order[facing(points)[order]]
    corners = np.round(points[ALL_TRIANGLES] * 16).astype(np.int32)
    fill = cv2.fillConvexPoly
    for i, corner in zip(order.tolist(), corners[order], strict=True):
        fill(index, corner, i, shift=4)
    return index


def coefficients(points: F32, values: F32) -> F32:
    """float32 (970, c, 3): per triangle the affine map from (x, y, 1) to values. points (504, 2), values (504, c)."""
    p, v = points[ALL_TRIANGLES], values[ALL_TRIANGLES]
    ab, ac = p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    inverse = np.where(np.abs(area) < FLAT, 0, 1 / np.where(area == 0, 1, area))  # a slit takes its corner's value
    vb, vc = (v[:, 1] - v[:, 0]) * inverse[:, None], (v[:, 2] - v[:, 0]) * inverse[:, None]
    x = vb * ac[:, 1:2] - vc * ab[:, 1:2]
    y = vc * ab[:, 0:1] - vb * ac[:, 0:1]
    return np.stack([x, y, v[:, 0] - x * p[:, 0, 0:1] - y * p[:, 0, 1:2]], 2).astype(np.float32)


def fields(index: I32, points: F32, values: F32, step: float = 1.0) -> F32:
    """float32 (h, w, c): values interpolated at each pixel of `index`, whose pixel i lies at `(i + .5) * step - .5`.
    Pixels that no triangle covers take the value that the last triangle would give (they carry no weight)."""
    c = coefficients(points, values)[index]
    h, w = index.shape
    x = (np.arange(w, dtype=np.float32) + 0.5) * step - 0.5
    y = ((np.arange(h, dtype=np.float32) + 0.5) * step - 0.5)[:, None]
    return np.asarray(c[..., 0] * x[..., None] + c[..., 1] * y[..., None] + c[..., 2], np.float32)


def _front_sign() -> float:
    from engines.mesh.topology import CANONICAL

    a, b, c = (CANONICAL[SKIN_TRIANGLES[:, i]] for i in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    return float(np.sign(np.median(area)))


FRONT_SIGN = _front_sign()
