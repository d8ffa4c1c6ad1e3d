"""The light network: by how much painted skin must become brighter or darker to lie in the target's light. Prepare,
run, read around a Session.

It sees a level crop of the face: the target, the painting as the classical steps leave it, the source's texture before
them, and the shape. It answers with a smooth field of gains. Knows nothing of tracks or time.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from engines.mesh import raster, texture, warp
from engines.mesh.topology import CANONICAL, TRIANGLES
from engines.occlusion.network import cut, frame_to_crop
from engines.protocol import Engine, Session
from engines.values import F32, U8

SIDE = 64  # pixels of the crop
CELLS = 32  # of the field, along a side
CHANNELS = 15
MARGIN = 1.35  # crop side over the face's longer side
SPREAD = 2.6  # cells: a further blur of the field; without it features of the target come through (id -.04, other +.04)
SIZE = 1 / 3  # of the normals' picture over the texture's
WEIGHTS = Path(__file__).parents[2] / "weights" / "light.onnx"


@dataclass(frozen=True, slots=True)
class LitFace:
    """One painted face, in the pixels of one region.

    target, painted, source: float32 (h, w, 3) RGB, 0 to 255: the picture, the painting, the warped texture before any
    light. alpha: float32 (h, w), where the painting is shown. where: float32 (h', w', 2), texture pixels, see
    `warp.WarpMaps`; of the same region, coarser. seen: float32 (h', w'). mesh: float32 (468, 3). rotation: float32
    (3, 3), see `shape.Fit`.
    """

    target: F32
    painted: F32
    source: F32
    alpha: F32
    where: F32
    seen: F32
    mesh: F32
    rotation: F32


def matrix_of(mesh: F32) -> F32:
    """float32 (2, 3): the pixels of `mesh` (468, >=2) to those of the crop."""
    return frame_to_crop(mesh, SIDE, MARGIN)


@cache
def normals() -> F32:
    """float32 (h, w, 3), in texture space and smaller by SIZE: which way the canonical face looks. Length 1."""
    a, b, c = (CANONICAL[TRIANGLES[:, i]] for i in range(3))
    each = -np.cross(b - a, c - a) * raster.FRONT_SIGN
    points = np.zeros_like(CANONICAL)
    for i in range(3):
        np.add.at(points, TRIANGLES[:, i], each)
    points /= np.linalg.norm(points, axis=1, keepdims=True) + 1e-9
    field = raster.fields(texture.cover(), texture.layout(), raster.with_skirt(points.astype(np.float32)))
    side = round(texture.SIDE * SIZE)
    small = warp.shrink(np.ascontiguousarray(field), (side, side))
    return np.asarray(small / (np.linalg.norm(small, axis=2, keepdims=True) + 1e-6), np.float32)


def prepare(face: LitFace) -> U8:
    """The network's input as bytes, uint8 (15, 64, 64): target, painting and source RGB; alpha; the normal as the
    camera sees it and the place in the texture, -1 to 1 each, as 0 to 255."""
    matrix, size = matrix_of(face.mesh), (SIDE, SIDE)
    out = np.zeros((CHANNELS, SIDE, SIDE), np.uint8)
    for i, picture in enumerate((face.target, face.painted, face.source)):
        whole = np.asarray(np.clip(picture + np.float32(0.5), 0, 255), np.uint8)
        out[3 * i : 3 * i + 3] = cut(whole, matrix, size).transpose(2, 0, 1)
    alpha = np.asarray(cv2.convertScaleAbs(face.alpha, alpha=255), np.uint8)
    out[9] = cut(alpha, matrix, size)
    h, w = face.target.shape[:2]
    fx, fy = face.where.shape[1] / w, face.where.shape[0] / h
    coarse = np.array([[fx, 0, 0.5 * fx - 0.5], [0, fy, 0.5 * fy - 0.5]], np.float32)
    back = np.asarray(cv2.invertAffineTransform(matrix), np.float32)
    at = coarse[:, :2] @ back
    at[:, 2] += coarse[:, 2]
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    where = cv2.warpAffine(face.where, at, size, flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=(-1e3, -1e3))
    on = cv2.warpAffine(face.seen, at, size, flags=flags, borderMode=cv2.BORDER_CONSTANT)[..., None]
    place = np.asarray(where, np.float32)
    normal = np.asarray(warp.sample(normals(), warp.scaled(place, SIZE)), np.float32) @ face.rotation
    shape = np.concatenate([normal, place * np.float32(2 / texture.SIDE) - 1], 2) * on
    out[10:] = np.clip((shape + 1) * np.float32(127.5) + np.float32(0.5), 0, 255).astype(np.uint8).transpose(2, 0, 1)
    return out


def spread(field: F32, alpha: F32) -> F32:
    """A field (32, 32, 3) still smoother: the mean around each cell, of cells where something is painted. alpha:
    float32 (32, 32)."""
    total = cv2.GaussianBlur(alpha, (0, 0), SPREAD)[..., None] + np.float32(0.02)
    return np.asarray(cv2.GaussianBlur(field * alpha[..., None], (0, 0), SPREAD) / total, np.float32)


class LightNet:
    """One thread's right to ask the network."""

    def __init__(self, engine: Engine) -> None:
        self._session: Session = engine.session()

    def run(self, face: LitFace) -> F32:
        """float32 (32, 32, 3): the logarithm of the gain of each channel, over the crop that `matrix_of` cuts."""
        seen = np.multiply(prepare(face)[None], np.float32(1 / 255), dtype=np.float32)
        out = self._session.run({"face": seen})
        gain = np.ascontiguousarray(np.asarray(out["gain"], np.float32)[0].transpose(1, 2, 0))
        return spread(gain, warp.shrink(seen[0, 9], (CELLS, CELLS)))

    def close(self) -> None:
        self._session.close()
