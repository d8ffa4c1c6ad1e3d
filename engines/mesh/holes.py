"""What stays the target's own inside the face: the eyes (gaze, lids) and the inner mouth (teeth, tongue)."""

import math
from functools import cache

import cv2
import numpy as np

from engines.mesh import light, warp
from engines.mesh.topology import CANONICAL, I32, INNER_LIPS, LEFT_EYE, RIGHT_EYE
from engines.values import F32, U8

# along and across, of the contour. Eyes: taller ones lose identity, shorter ones the iris of a glance aside
EYE = (0.95, 0.6)
WHOLE, LASHES = (
    (1.25, 1.1),
    0.085,
)  # of an eye that is kept whole; and how much it is higher, in distances of its corners
MOUTH = (1.1, 1.1)
SOFT = 0.008  # blur of the rim in face widths


def keep(
    painted: F32,
    target: U8,
    maps: warp.WarpMaps,
    shaped: F32,
    width: float,
    eyes: tuple[float, float] = (0.0, 0.0),
) -> None:
    """Lays the target's eyes and inner mouth over the painted region (h, w, 3), in place. They follow the mesh from the
    target's own place to the shaped one. shaped: (468, 3), region pixels. eyes: how much of the right and of the left
    eye is kept beyond the usual, 0 to 1, all with its lashes."""
    soft = max(0.6, SOFT * width)
    for ring, whole in ((RIGHT_EYE, eyes[0]), (LEFT_EYE, eyes[1])):
        _keep_one(painted, target, maps, eye_hole(shaped[ring, :2], ring, whole), soft * (1 + 0.5 * whole))
    mouth = shaped[INNER_LIPS, :2]
    _keep_one(painted, target, maps, mouth.mean(0) + widened(mouth - mouth.mean(0), MOUTH), soft)


def eye_hole(points: F32, ring: I32, whole: float) -> F32:
    """The outline (n, 2) of what is kept of an eye. points: (n, 2), its lids' contour, region pixels."""
    centre = points.mean(0)
    usual = widened(points - centre, EYE)
    if whole <= 0:
        return np.asarray(centre + usual, np.float32)
    # lids that are closed have no width of their own: an open eye's is added
    corner = points[len(ring) // 2] - points[0]
    down = np.array([-corner[1], corner[0]], np.float32) * _heights(ring[0])[:, None]
    all_of_it = widened(points - centre, WHOLE) + np.float32(LASHES) * down
    return np.asarray(centre + usual + np.float32(whole) * (all_of_it - usual), np.float32)


@cache
def _heights(first: int) -> F32:
    """float32 (n,): how high an open eye's contour points lie, -1 to 1, down being positive, by the ring's first
    point."""
    ring = RIGHT_EYE if first == RIGHT_EYE[0] else LEFT_EYE
    p = CANONICAL[ring, :2]
    corner = p[len(ring) // 2] - p[0]
    out = (p - p.mean(0)) @ np.array([-corner[1], corner[0]], np.float32)
    return np.asarray(out / np.abs(out).max(), np.float32)


def covered(mesh: F32, size: tuple[int, int]) -> F32:
    """float32 (h, w): 1 on eyes and inner mouth, soft at the rim. mesh: (468, >=2), in the pixels of that size."""
    out = np.zeros(size, np.float32)
    rings = [np.round(mesh[ring, :2] * 16).astype(np.int32) for ring in (RIGHT_EYE, LEFT_EYE, INNER_LIPS)]
    for ring in rings:
        cv2.fillPoly(out, [ring], 1.0, lineType=cv2.LINE_AA, shift=4)
    return np.asarray(cv2.GaussianBlur(cv2.dilate(out, np.ones((3, 3), np.uint8)), (0, 0), 1.0), np.float32)


def _keep_one(painted: F32, target: U8, maps: warp.WarpMaps, points: F32, soft: float) -> None:
    """points: (n, 2), the outline of what is kept."""
    h, w = painted.shape[:2]
    margin = 3 * soft + 2
    x0, y0 = (max(0, int(v)) for v in np.floor(points.min(0) - margin))
    x1, y1 = (min(m, int(v)) for m, v in zip((w, h), np.ceil(points.max(0) + margin), strict=True))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    hole = np.zeros((y1 - y0, x1 - x0), np.float32)
    corners: I32 = np.round((points - (x0, y0)) * 16).astype(np.int32)
    cv2.fillPoly(hole, [corners], 1.0, lineType=cv2.LINE_AA, shift=4)
    hole = np.asarray(cv2.GaussianBlur(hole, (0, 0), soft), np.float32)
    own = _moved(target, maps, (x0, y0, x1, y1), (h, w))
    part = painted[y0:y1, x0:x1]
    part += light.scaled(own - part, hole)


def _moved(target: U8, maps: warp.WarpMaps, box: tuple[int, int, int, int], size: tuple[int, int]) -> F32:
    """The target's pixels in box, moved along with the mesh."""
    x0, y0, x1, y1 = box
    sh, sw = maps.shift.shape[:2]
    fx, fy = sw / size[1], sh / size[0]
    place = np.array([[fx, 0, (x0 + 0.5) * fx - 0.5], [0, fy, (y0 + 0.5) * fy - 0.5]], np.float32)
    inverse = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shift = cv2.warpAffine(maps.shift, place, (x1 - x0, y1 - y0), flags=inverse, borderMode=cv2.BORDER_REPLICATE)
    where = np.asarray(shift, np.float32)
    where[..., 0] += np.arange(x0, x1, dtype=np.float32)
    where[..., 1] += np.arange(y0, y1, dtype=np.float32)[:, None]
    return np.asarray(warp.sample(target, where), np.float32)


def widened(ring: F32, grow: tuple[float, float]) -> F32:
    """A ring (n, 2) about the origin, scaled along its longer axis and across it."""
    xx, xy, yy = float(ring[:, 0] @ ring[:, 0]), float(ring[:, 0] @ ring[:, 1]), float(ring[:, 1] @ ring[:, 1])
    angle = 0.5 * math.atan2(2 * xy, xx - yy)
    c, s = math.cos(angle), math.sin(angle)
    along, across = grow
    skew = c * s * (along - across)
    stretch = [[c * c * along + s * s * across, skew], [skew, s * s * along + c * c * across]]
    return np.asarray(ring @ np.array(stretch, np.float32), np.float32)
