"""People who do not exist: one portrait's face with part of another's, so that few portraits give many people."""

from dataclasses import replace

import cv2
import numpy as np

from engines.mesh import raster
from engines.values import F32
from tools.synth.faces import CUT, Portrait


def face_of(other: Portrait, mesh: F32) -> tuple[F32, F32]:
    """Another portrait's face on a mesh (468, 3) in pixels of a stored portrait.

    Returns float32 (256, 256, 3), 0 to 255, and float32 (256, 256): 1 on the face, soft towards its edge.
    """
    at = raster.with_skirt(mesh)
    points, depth = np.ascontiguousarray(at[:, :2]), at[:, 2]
    index = raster.cover(points, depth, CUT, CUT)
    where = raster.fields(index, points, np.ascontiguousarray(raster.with_skirt(other.mesh)[:, :2]))
    drawn = cv2.remap(other.image, where[..., 0], where[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    face = (index >= raster.FIRST_FACE).astype(np.uint8)
    inner = cv2.erode(face, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (17, 17)), borderValue=0)
    return np.asarray(drawn, np.float32), np.asarray(cv2.GaussianBlur(inner.astype(np.float32), (0, 0), 4), np.float32)


def morphed(one: Portrait, other: Portrait, share: float) -> Portrait:
    """`one` with `share` (0 to 1) of the other's features, in its own skin colour, hair and outline."""
    drawn, soft = face_of(other, one.mesh)
    weight = soft[..., None]
    own = one.image.astype(np.float32)
    tone = ((own * weight).sum((0, 1)) + 1) / ((drawn * weight).sum((0, 1)) + 1)
    mixed = own + share * weight * (drawn * tone - own)
    return replace(one, image=np.clip(mixed + 0.5, 0, 255).astype(np.uint8), person=f"{one.person}+{other.person}")
