"""What stays the target's own inside the face: the eyes (gaze, lids) and the inner mouth (teeth, tongue)."""

import math

import cv2
import numpy as np

from engines.mesh import light, warp
from engines.mesh.topology import I32, INNER_LIPS, LEFT_EYE, RIGHT_EYE
from engines.values import F32, U8

# along and across, of the contour. Eyes: taller ones lose identity, shorter ones the iris of a glance aside
EYE = (0.95, 0.6)
MOUTH = (1.1, 1.1)
SOFT = 0.008  # blur of the rim in face widths


def keep(painted: F32, target: U8, maps: warp.WarpMaps, shaped: F32, width: float) -> None:
    """Lays the target's eyes and inner mouth over the painted region (h, w, 3), in place. They follow the mesh from the
    target's own place to the shaped one. shaped: (468, 3), region pixels."""
    for ring, size in ((RIGHT_EYE, EYE), (LEFT_EYE, EYE), (INNER_LIPS, MOUTH)):
        _keep_one(painted, target, maps, shaped[ring, :2], size, max(0.6, SOFT * width))


def covered(mesh: F32, size: tuple[int, int]) -> F32:
    """float32 (h, w): 1 on eyes and inner mouth, soft at the rim. mesh: (468, >=2), in the pixels of that size."""
    out = np.zeros(size, np.float32)
    rings = [np.round(mesh[ring, :2] * 16).astype(np.int32) for ring in (RIGHT_EYE, LEFT_EYE, INNER_LIPS)]
    for ring in rings:
        cv2.fillPoly(out, [ring], 1.0, lineType=cv2.LINE_AA, shift=4)
    return np.asarray(cv2.GaussianBlur(cv2.dilate(out, np.ones((3, 3), np.uint8)), (0, 0), 1.0), np.float32)


def _keep_one(painted: F32, target: U8, maps: warp.WarpMaps, ring: F32, grow: tuple[float, float], soft: float) -> None:
    h, w = painted.shape[:2]
    centre = ring.mean(0)
    points = centre + widened(ring - centre, grow)
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
