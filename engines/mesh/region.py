"""Fixed weights in texture space: how far the edge is, where the mask fades. Computed once from the canonical face."""

from functools import cache

import cv2
import numpy as np

from engines.mesh import raster, texture
from engines.mesh.shape import smoothstep
from engines.mesh.topology import CANONICAL, I32, LEFT_BROW, LEFT_EYE, OUTER_LIPS, OVAL, RIGHT_BROW, RIGHT_EYE
from engines.values import F32

OFFSET = 0.05  # centimetres inside the oval where the mask begins
FOREHEAD, TEMPLE, JAW = 1.6, 0.9, 0.8  # centimetres of fade


def polygon(ring: I32, soft: float = 0.0) -> F32:
    """A ring of mesh points filled in texture space, float32 (SIDE, SIDE), 0 to 1; `soft`: blur in centimetres."""
    out = np.zeros((texture.SIDE, texture.SIDE), np.float32)
    corners = np.round(texture.layout()[ring] * 16).astype(np.int32)
    cv2.fillPoly(out, [corners], 1.0, lineType=cv2.LINE_AA, shift=4)
    return out if soft == 0 else np.asarray(cv2.GaussianBlur(out, (0, 0), soft * texture.CM), np.float32)


@cache
def edge() -> F32:
    """float32 (SIDE, SIDE): centimetres from each texel to the oval, 0 outside."""
    inside = (polygon(OVAL) > 0.5).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, 5) / texture.CM, np.float32)


@cache
def height() -> F32:
    """float32 (SIDE, SIDE): canonical y in centimetres (down) at each texel."""
    values = raster.with_skirt(CANONICAL)[:, 1:2]
    return np.ascontiguousarray(raster.fields(texture.cover(), texture.layout(), values)[..., 0])


@cache
def mask() -> F32:
    """float32 (SIDE, SIDE): the blend mask, 0 at the oval, 1 well inside."""
    y = height()
    up, down = smoothstep((-3.0 - y) / 3.5), smoothstep((y - 1.5) / 3.0)
    fade = TEMPLE + (FOREHEAD - TEMPLE) * up + (JAW - TEMPLE) * down
    return smoothstep((edge() - OFFSET) / fade)


@cache
def skin() -> F32:
    """float32 (SIDE, SIDE): 1 on plain skin: no eyes, brows or lips. For statistics."""
    out = (mask() > 0.5).astype(np.float32)
    for ring in (RIGHT_EYE, LEFT_EYE, OUTER_LIPS):
        out *= 1 - (cv2.dilate(polygon(ring), np.ones((13, 13), np.uint8)) > 0.1)
    return out


@cache
def skin_and_rim() -> F32:
    """float32 (SIDE, SIDE): 1 on the face but for eyes, brows and lips."""
    out = np.asarray(edge() > 0.1, np.float32)
    for ring in (RIGHT_EYE, LEFT_EYE, OUTER_LIPS, RIGHT_BROW, LEFT_BROW):
        out *= 1 - (cv2.dilate(polygon(ring), np.ones((13, 13), np.uint8)) > 0.1)
    return out


@cache
def layers() -> F32:
    """float32 (SIDE, SIDE, 3): mask, edge, lips, to be sampled together."""
    return np.dstack([mask(), edge(), polygon(OUTER_LIPS, 0.12)]).astype(np.float32)
