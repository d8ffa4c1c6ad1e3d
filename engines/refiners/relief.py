"""Depth as pictures and slopes: what a mesh or a depth network says of a surface, in a refiner's terms. Arrays only."""

import cv2
import numpy as np

from engines.mesh import raster
from engines.values import F32, U8


def of_mesh(mesh: F32, side: int) -> F32:
    """float32 (side, side), nearer is larger, 0 to 1: the face's own relief; 0 off the face. mesh: (468, 3), pixels of
    the square, smaller z is nearer."""
    points = raster.with_skirt(mesh)
    flat = np.ascontiguousarray(points[:, :2])
    index = raster.cover(flat, points[:, 2], side, side)
    z = raster.fields(index, flat, points[:, 2:3])[..., 0]
    on = index >= raster.FIRST_FACE
    if not on.any():
        return np.zeros((side, side), np.float32)
    near, far = float(z[on].min()), float(z[on].max())
    return np.where(on, 0.2 + 0.8 * (far - z) / max(far - near, 1e-6), 0).astype(np.float32)


def slope(depth: F32, smooth: float) -> F32:
    """float32 (h, w, 2): d depth / d x and d y, per pixel, after a blur of sigma `smooth`."""
    soft = cv2.GaussianBlur(depth, (0, 0), smooth) if smooth > 0 else depth
    dx, dy = (cv2.Sobel(soft, cv2.CV_32F, i, 1 - i, ksize=3) / 8 for i in (1, 0))
    return np.asarray(np.stack([dx, dy], -1), np.float32)


def picture(depth: F32) -> U8:
    """uint8 (h, w, 3), grey: as a depth ControlNet takes it, nearer is brighter."""
    grey = np.clip(depth * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.repeat(grey[..., None], 3, 2))


def normals(depth: F32, relief: float = 40.0) -> U8:
    """uint8 (h, w, 3): normals as a normal ControlNet takes them: red to the right, green up, blue to the viewer.
    relief: pixels that a depth of 1 stands out."""
    s = relief * slope(depth, 1.0)
    n = np.dstack([-s[..., 0], s[..., 1], np.ones(depth.shape, np.float32)])
    n /= np.linalg.norm(n, axis=2, keepdims=True)
    return np.clip((n + 1) * 127.5 + 0.5, 0, 255).astype(np.uint8)
