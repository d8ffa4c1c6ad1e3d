"""A contact sheet of what the mesh swap takes of a person: their photos, and the face that was made of them, from the
front and unrolled. Pictures only; reads no packages."""

from collections.abc import Sequence

import cv2
import numpy as np

from engines.mesh import raster, region, texture, warp
from engines.mesh.source import SourceFace
from engines.mesh.topology import WIDTH_CM
from engines.values import F32, U8

CELL = 320  # pixels of a cell's side
GROUND = 90  # grey behind everything
WIDE = 0.7  # of a cell that the face fills


def sheet(photos: Sequence[U8], face: SourceFace) -> U8:
    """uint8 (h, w, 3) RGB: one row; the photos, uint8 (h, w, 3) RGB each, then the face from the front, then its
    texture as far as it is painted."""
    return np.asarray(np.hstack([*(_fitted(photo) for photo in photos), _front(face), _unrolled(face)]), np.uint8)


def _fitted(photo: U8) -> U8:
    h, w = photo.shape[:2]
    k = CELL / max(h, w)
    size = (max(1, round(w * k)), max(1, round(h * k)))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA if k < 1 else cv2.INTER_CUBIC)
    out = np.full((CELL, CELL, 3), GROUND, np.uint8)
    top, left = (CELL - size[1]) // 2, (CELL - size[0]) // 2
    out[top : top + size[1], left : left + size[0]] = small
    return out


def _front(face: SourceFace) -> U8:
    k = WIDE * CELL / WIDTH_CM
    flat = face.shape[:, :2]
    points = (face.shape - np.array([*(flat.min(0) + flat.max(0)) / 2, 0])) * k + np.array([CELL / 2, CELL / 2, 0])
    at = raster.with_skirt(np.asarray(points, np.float32))
    index = raster.cover(np.ascontiguousarray(at[:, :2]), at[:, 2], CELL, CELL)
    where = raster.fields(index, np.ascontiguousarray(at[:, :2]), texture.layout())
    where[index < 0] = -1e3
    level = int(np.clip(round(np.log2(WIDTH_CM * texture.CM / (WIDE * CELL))), 0, len(face.textures) - 1))
    seen = warp.sample(face.textures[level], warp.scaled(where, 0.5**level))
    return _laid(seen, np.asarray(warp.sample(region.mask(), where) * (index >= raster.FIRST_FACE), np.float32))


def _unrolled(face: SourceFace) -> U8:
    flat, mask = (cv2.resize(a, (CELL, CELL), interpolation=cv2.INTER_AREA) for a in (face.textures[0], region.mask()))
    return _laid(np.asarray(flat, np.uint8), np.asarray(mask, np.float32))


def _laid(picture: U8 | F32, alpha: F32) -> U8:
    """A picture over the ground; what is not painted is the ground."""
    weight = alpha[..., None]
    return np.asarray(GROUND + weight * (picture - np.float32(GROUND)) + 0.5, np.uint8)
