"""Heads made on the spot: the canonical mesh turned and placed, and pictures with a known texture."""

import numpy as np
import numpy.typing as npt

from engines.mesh import texture
from engines.mesh.topology import CANONICAL
from engines.values import F32, U8


def rotation(yaw: float = 0, pitch: float = 0, roll: float = 0) -> npt.NDArray[np.float64]:
    """Degrees; right of the screen, down, clockwise, in that order of precedence."""
    y, p, r = np.radians([yaw, pitch, roll])
    ry = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    rx = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    rz = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return np.asarray(ry @ rx @ rz)


def head(
    scale: float = 12.0,
    centre: tuple[float, float] = (120.0, 120.0),
    yaw: float = 0,
    pitch: float = 0,
    roll: float = 0,
    shape: F32 = CANONICAL,
) -> F32:
    """A mesh float32 (468, 3) in pixels; scale: pixels per centimetre (a face is about 14 wide)."""
    points = scale * shape @ rotation(yaw, pitch, roll).T
    return np.asarray(points + np.array([*centre, 0.0]), np.float32)


def picture(height: int = 240, width: int = 240, seed: int = 0, grain: float = 6.0) -> U8:
    """Skin-coloured waves and grain, uint8 (height, width, 3)."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    wave = 18 * np.sin(x / 9 + seed) * np.cos(y / 11) + 12 * np.sin((x + 2 * y) / 23)
    out = np.array([190.0, 150, 130]) + wave[..., None] + random.normal(0, grain, (height, width, 1))
    return np.asarray(np.clip(out, 0, 255), np.uint8)


def plain(colour: tuple[float, float, float], height: int = 240, width: int = 240) -> U8:
    return np.full((height, width, 3), colour, np.uint8)


def inside(ring: F32, height: int, width: int) -> npt.NDArray[np.bool_]:
    """Brute force: which pixel centres lie within a closed polygon (n, 2), by the crossing number."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    a, b = ring[:, :2].astype(np.float64), np.roll(ring[:, :2], -1, 0).astype(np.float64)
    odd = np.zeros((height, width), bool)
    for (x0, y0), (x1, y1) in zip(a, b, strict=True):
        if y0 == y1:
            continue
        crosses = (y0 > y) != (y1 > y)
        odd ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return odd


def texel(point: int) -> tuple[int, int]:
    """Row and column of a mesh point in the texture."""
    x, y = np.round(texture.layout()[point]).astype(int)
    return int(y), int(x)
