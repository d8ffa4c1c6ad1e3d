"""Pixel boost: a crop of k times the model's side as k x k interleaved crops of the model's side, and back."""

import numpy as np

from engines.values import F32, U8


def split(crops: U8, k: int) -> U8:
    """(n, k s, k s, 3) to (n k k, s, s, 3): each takes every k-th pixel, so each shows the whole face."""
    n, height, width, channels = crops.shape
    if height % k or width % k:
        raise ValueError(f"crops of {width} x {height} do not split into {k} x {k}")
    cells = crops.reshape(n, height // k, k, width // k, k, channels)
    return np.ascontiguousarray(cells.transpose(0, 2, 4, 1, 3, 5)).reshape(-1, height // k, width // k, channels)


def join(tiles: F32, k: int) -> F32:
    """The way back: (n k k, s, s, ...) to (n, k s, k s, ...)."""
    _, height, width, *rest = tiles.shape
    cells = tiles.reshape(-1, k, k, height, width, *rest)
    order = (0, 3, 1, 4, 2, *range(5, cells.ndim))
    return np.ascontiguousarray(cells.transpose(order)).reshape(-1, height * k, width * k, *rest)
