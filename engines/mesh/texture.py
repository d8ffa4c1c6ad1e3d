"""Mesh space as a picture: a cylindrical unrolling of the canonical face, and lifting photos into it."""

from functools import cache

import cv2
import numpy as np

from engines.mesh import raster
from engines.mesh.topology import CANONICAL, I32, SKIN_TRIANGLES
from engines.values import F32, U8

SIDE = 768  # pixels of the square texture
CM = 30.0  # texture pixels per centimetre
AXIS = 7.5  # centimetres from the canonical origin back to the cylinder's axis


@cache
def layout() -> F32:
    """float32 (504, 2): texture pixels of every mesh point and of the skirt."""
    x, y, z = CANONICAL.T
    u = np.arctan2(x, AXIS - z) * AXIS * 1.15
    at = np.stack([u * CM + SIDE / 2 - 0.5, (y + 0.2) * CM + SIDE / 2 - 0.5], 1).astype(np.float32)
    return raster.with_skirt(at)


@cache
def cover() -> I32:
    """int32 (SIDE, SIDE): the triangle at each texel, -1 outside."""
    at = layout()
    return raster.cover(at, np.zeros(len(at), np.float32), SIDE, SIDE)


def lift(image: U8, mesh: F32) -> tuple[U8, F32]:
    """The photo's face unrolled: uint8 (SIDE, SIDE, 3), and how well each texel was seen, float32 (SIDE, SIDE), 0 to 1.

    image: uint8 (h, w, 3) RGB. mesh: (468, 3) in its pixels. Seen well: facing the camera.
    """
    points = raster.with_skirt(mesh)
    where = raster.fields(cover(), layout(), points[:, :2])
    # a photo far larger than the texture would alias
    shrink = float(np.linalg.norm(mesh[10, :2] - mesh[152, :2])) / (abs(CANONICAL[152, 1] - CANONICAL[10, 1]) * CM)
    if shrink > 1.5:
        image = np.asarray(
            cv2.resize(image, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA), np.uint8
        )
        where = (where + 0.5) / shrink - 0.5
    texture = cv2.remap(image, where[..., 0], where[..., 1], cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE)
    a, b, c = (points[raster.ALL_TRIANGLES[:, i], :3] for i in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    toward = np.clip(normal[:, 2] * raster.FRONT_SIGN, 0, 1)
    fans = slice(raster.FIRST_FACE + len(SKIN_TRIANGLES), None)
    toward[fans] = np.abs(normal[fans, 2])  # slits turn over
    toward = toward.astype(np.float32)
    seen = toward[cover()]
    seen[cover() < 0] = 0
    return np.asarray(texture, np.uint8), np.asarray(cv2.GaussianBlur(seen, (0, 0), 0.25 * CM), np.float32)
