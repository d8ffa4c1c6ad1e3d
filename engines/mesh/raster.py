"""From mesh points to per-pixel fields: the triangle that covers a pixel, and piecewise affine values."""

import numpy as np
import numpy.typing as npt

from engines.mesh.topology import I32, OVAL, SKIN_TRIANGLES, TRIANGLES
from engines.values import F32

FLAT = 1e-3  # twice the area, in square pixels, below which a triangle is a slit
EDGE_ON = 0.02  # height over length of a triangle below which, and under half a pixel high, it is seen from the edge
SKIRT = 0.25  # the ring of extra points beyond the oval, as a share of the distance to the face's centre

_RING = np.arange(468, 468 + len(OVAL), dtype=np.int32)
_NEXT = np.roll(np.arange(len(OVAL)), -1)
SKIRT_TRIANGLES: I32 = np.concatenate(
    [np.stack([OVAL, OVAL[_NEXT], _RING], 1), np.stack([OVAL[_NEXT], _RING[_NEXT], _RING], 1)]
).astype(np.int32)
ALL_TRIANGLES: I32 = np.concatenate([SKIRT_TRIANGLES, TRIANGLES])
FIRST_FACE = len(SKIRT_TRIANGLES)
_FIRST_FAN = FIRST_FACE + len(SKIN_TRIANGLES)
_CORNERS = tuple(np.ascontiguousarray(ALL_TRIANGLES[:, i]) for i in range(3))


def with_skirt(values: F32) -> F32:
    """(468, c) to (504, c): values carried on beyond the oval, so that maps stay smooth across the face's edge."""
    ring = values[OVAL]
    return np.concatenate([values, ring + SKIRT * (ring - ring.mean(0))]).astype(np.float32)


def facing(points: F32) -> npt.NDArray[np.bool_]:
    """(970,): which triangles show their front. One that is seen from the edge shows nothing: what it says of its
    corners, carried on to the pixels beside it, may be anything. points: float32 (504, >=2) in pixels."""
    (ax, bx, cx), (ay, by, cy) = ([points[:, axis].take(c) for c in _CORNERS] for axis in (0, 1))
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    front = area * FRONT_SIGN > 0
    front[:FIRST_FACE] = True
    front[_FIRST_FAN:] = True  # slits of closed eyes and lips change sign at will
    square = np.maximum(np.maximum((bx - ax) ** 2 + (by - ay) ** 2, (cx - bx) ** 2 + (cy - by) ** 2), 1e-6)
    square = np.maximum(square, (ax - cx) ** 2 + (ay - cy) ** 2)
    return np.asarray(front & (np.abs(area) > np.minimum(EDGE_ON * square, 0.5 * np.sqrt(square))))


def cover(points: F32, depth: F32, width: int, height: int) -> I32:
    """int32 (height, width): the index into ALL_TRIANGLES seen at each pixel, -1 where none. Nearer triangles hide
    farther ones (painter's order). A triangle holds the pixels that its outline passes, too, so that no gap is left
    between two. points: (504, 2) pixels; depth: (504,), smaller is nearer."""
    far = depth[ALL_TRIANGLES].mean(1)
    far[:FIRST_FACE] = np.inf  # the skirt lies under everything
    order = np.argsort(-far, kind="stable")
    order = order[facing(points).take(order)].astype(np.int32)
    # row by row of all triangles at once: a call of a filling function for each triangle takes five times as long
    x, y = (np.stack([points[:, axis].take(c.take(order)) for c in _CORNERS]) for axis in (0, 1))
    top, bottom = np.maximum(np.rint(y.min(0)), 0), np.minimum(np.rint(y.max(0)), height - 1)
    rows = np.maximum(bottom - top + 1, 0).astype(np.int32)
    which = np.repeat(np.arange(len(order), dtype=np.int32), rows)
    line = np.arange(len(which), dtype=np.int32) + (top.astype(np.int32) - _starts(rows)).take(which)
    low, high = _spans(x, y, which, line.astype(np.float32))
    first = np.ceil(np.maximum(low, 0)).astype(np.int32)
    count = np.maximum(np.floor(np.minimum(high, width - 1)).astype(np.int32) - first + 1, 0)
    at = np.repeat(line * np.int32(width) + first - _starts(count), count)
    at += np.arange(len(at), dtype=np.int32)
    index = np.full(height * width, -1, np.int32)
    index[at] = np.repeat(order.take(which), count)  # of those that name a pixel the last one stays
    return index.reshape(height, width)


def _spans(x: F32, y: F32, which: I32, line: F32) -> tuple[F32, F32]:
    """From where to where triangles reach in rows: row `line` (n,) of triangle `which` (n,). x, y: float32 (3, m)."""
    dx, dy = (np.roll(v, -1, 0) - v for v in (x, y))
    turn = np.copysign(np.float32(1), dx[0] * (y[2] - y[0]) - dy[0] * (x[2] - x[0]))
    dx, dy = dx * turn, dy * turn
    np.copyto(dy, np.float32(1e-9), where=dy == 0)
    # a pixel is within where dx (py - y) - dy (px - x) is not below half a step across the side: an end of px for each
    slope = dx / dy
    end = x + np.float32(0.5) * np.maximum(np.abs(dx), np.abs(dy)) / dy - slope * y
    # `take` and not an index: what that returns lies in memory the other way round and is walked ten times as slowly
    ends = slope.take(which, 1)
    ends *= line
    ends += end.take(which, 1)
    upper = (dy > 0).take(which, 1)
    low = np.where(upper, np.float32(-np.inf), ends).max(0)
    high = np.where(upper, ends, np.float32(np.inf)).min(0)
    left, right = np.rint(x.min(0)).take(which), np.rint(x.max(0)).take(which)
    return np.maximum(low, left), np.minimum(high, right)


def _starts(counts: I32) -> I32:
    """Where each of several runs that follow one another begins."""
    return np.asarray(np.cumsum(counts, dtype=np.int32) - counts, np.int32)


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


def planes(index: I32, points: F32, values: F32, step: float = 1.0) -> list[F32]:
    """c times float32 (h, w): values interpolated at each pixel of `index`, whose pixel i lies at
    `(i + .5) * step - .5`. Pixels that no triangle covers take the value that the last triangle would give (they carry
    no weight)."""
    h, w = index.shape
    x = (np.arange(w, dtype=np.float32) + 0.5) * step - 0.5
    y = ((np.arange(h, dtype=np.float32) + 0.5) * step - 0.5)[:, None]
    out = []
    # plane by plane: numpy is slow on many short rows
    for across, down, base in np.ascontiguousarray(coefficients(points, values).transpose(1, 2, 0)):
        plane = across.take(index, mode="wrap")
        plane *= x
        plane += down.take(index, mode="wrap") * y
        plane += base.take(index, mode="wrap")
        out.append(plane)
    return out


def fields(index: I32, points: F32, values: F32, step: float = 1.0) -> F32:
    """`planes` as one float32 (h, w, c)."""
    return np.stack(planes(index, points, values, step), 2)


def _front_sign() -> float:
    from engines.mesh.topology import CANONICAL

    a, b, c = (CANONICAL[SKIN_TRIANGLES[:, i]] for i in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    return float(np.sign(np.median(area)))


FRONT_SIGN = _front_sign()
