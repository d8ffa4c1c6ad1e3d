"""Small made-up faces and things before them, for tests by value."""

import cv2
import numpy as np
import numpy.typing as npt

from engines.mesh.topology import CANONICAL
from engines.values import F32, U8, Array


def cloud(height: int, width: int, seed: int, cells: int = 6) -> F32:
    """float32 (height, width), 0 to 1: smooth noise."""
    grid = np.random.default_rng(seed).random((cells, cells), dtype=np.float32)
    out = cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(out, 0, 1), np.float32)


def picture(height: int, width: int, seed: int, cells: int = 12) -> F32:
    """float32 (height, width, 3), 40 to 200: a coloured pattern."""
    return np.dstack([40 + 160 * cloud(height, width, seed * 10 + i, cells) for i in range(3)])


def mesh(side: int = 160, scale: float = 7.0, at: tuple[float, float] | None = None) -> F32:
    """float32 (468, 3): the canonical face in the middle of a square picture, `scale` pixels a centimetre."""
    x, y = at if at is not None else (side / 2, side / 2)
    return (CANONICAL * scale + np.array([x, y, 0], np.float32)).astype(np.float32)


def bytes_of(image: npt.ArrayLike) -> U8:
    return np.asarray(np.clip(np.asarray(image) + 0.5, 0, 255), np.uint8)


def psnr(a: F32, b: F32, where: Array | None = None) -> float:
    d = (a - b) if where is None else (a - b)[np.asarray(where, np.float32) > 0]
    return float(10 * np.log10(255**2 / max(float(np.mean(d**2)), 1e-9)))
