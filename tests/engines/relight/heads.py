"""A made-up person of known albedo and normals, before a patterned wall, in any light: what the relighting is measured
against."""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.mesh.topology import CANONICAL, LEFT_BROW, LEFT_EYE, OUTER_LIPS, OVAL, RIGHT_BROW, RIGHT_EYE
from engines.relight.light import Illumination, shading
from engines.relight.linear import to_srgb
from engines.values import F32, U8, Bool
from tests.engines.scenes import cloud

SKIN, HAIR, CLOTH = (0.45, 0.27, 0.18), (0.03, 0.022, 0.018), (0.2, 0.3, 0.5)


@dataclass(frozen=True)
class Head:
    """albedo: float32 (h, w, 3), linear, 0 off the person. normals: float32 (h, w, 3). alpha: float32 (h, w), soft at
    the edge. skin: bool (h, w), bare skin within the face. mesh: float32 (468, 3). wall: float32 (h, w, 3), linear."""

    albedo: F32
    normals: F32
    alpha: F32
    skin: Bool
    mesh: F32
    wall: F32

    def picture(self, light: Illumination) -> U8:
        """uint8 (h, w, 3), sRGB."""
        person = self.albedo * shading(self.normals, light)[..., None]
        return to_srgb(self.wall + (person - self.wall) * self.alpha[..., None])


def head(side: int = 256, seed: int = 0, skin: tuple[float, float, float] = SKIN, mottled: float = 0.16) -> Head:
    """An ellipsoid with the features of the canonical mesh, hair on top, and a rounded body below. mottled: how far the
    albedo varies from place to place."""
    scale = side / 30  # pixels a centimetre
    middle = np.array([side / 2, side * 0.45], np.float32)
    mesh = (CANONICAL * scale + np.array([*middle, 0], np.float32)).astype(np.float32)
    y, x = np.mgrid[:side, :side].astype(np.float32)
    normals, alpha = np.zeros((side, side, 3), np.float32), np.zeros((side, side), np.float32)
    normals[..., 2] = 1
    for cx, cy, rx, ry in ((middle[0], side * 1.02, side * 0.42, side * 0.34), (*middle, side * 0.3, side * 0.38)):
        u, v = (x - cx) / rx, (y - cy) / ry
        r = np.sqrt(u**2 + v**2)
        z = np.sqrt(np.maximum(1 - np.minimum(r, 1) ** 2, 0.02))
        on = r < 1
        normals[on] = np.stack([u, -v, z], -1)[on]
        alpha = np.maximum(alpha, np.clip((1 - r) * min(rx, ry) + 0.5, 0, 1))
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    albedo = np.empty((side, side, 3), np.float32)
    albedo[:] = CLOTH
    face = (((x - middle[0]) / (side * 0.3)) ** 2 + ((y - middle[1]) / (side * 0.38)) ** 2) < 1
    albedo[face] = skin
    albedo[face & (y < middle[1] - side * 0.2)] = HAIR
    points = mesh[:, :2]
    for ring, colour in ((OUTER_LIPS, (0.4, 0.13, 0.12)), (RIGHT_EYE, (0.6, 0.6, 0.6)), (LEFT_EYE, (0.6, 0.6, 0.6))):
        cv2.fillPoly(albedo, [np.round(points[ring]).astype(np.int32)], colour)
    for brow in (RIGHT_BROW, LEFT_BROW):
        cv2.fillPoly(albedo, [cv2.convexHull(np.round(points[brow]).astype(np.int32))], (0.06, 0.04, 0.03))
    grain = 1 + mottled * (cloud(side, side, seed + 5, 40) - 0.5)
    oval = np.zeros((side, side), np.uint8)
    cv2.fillPoly(oval, [np.round(points[OVAL]).astype(np.int32)], 1)
    bare = (oval > 0) & np.isclose(albedo, skin, atol=1e-4).all(2)
    wall = np.dstack([0.15 + 0.5 * cloud(side, side, seed + i, 9) for i in range(3)]).astype(np.float32)
    inside = np.asarray(albedo * grain[..., None] * (alpha > 0)[..., None], np.float32)
    return Head(inside, normals.astype(np.float32), alpha.astype(np.float32), bare, mesh, wall)


def likeness(one: F32, other: F32, where: Bool) -> float:
    """The correlation of two maps (h, w) over some pixels."""
    return float(np.corrcoef(one[where], other[where])[0, 1])
