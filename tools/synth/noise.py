"""Fractal noise as arrays, still or drifting. Knows nothing of what it is used for."""

import cv2
import numpy as np

from engines.values import F32


def fractal(height: int, width: int, rng: np.random.Generator, octaves: int = 5, first: int = 2) -> F32:
    """float32 (height, width), 0 to 1: value noise; `first`: cells of the coarsest octave as a power of two."""
    out = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        cells = 2 ** (octave + first)
        grid = rng.random((cells, cells), dtype=np.float32)
        out += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) / 2**octave
    return np.asarray((out - out.min()) / max(float(np.ptp(out)), 1e-6), np.float32)


def curl(height: int, width: int, rng: np.random.Generator) -> F32:
    """float32 (height, width, 2): a divergence-free flow (dx, dy) of mean length 1, the curl of smooth noise."""
    potential = fractal(height, width, rng, 2, 2)
    dx, dy = cv2.Sobel(potential, cv2.CV_32F, 1, 0, ksize=5), cv2.Sobel(potential, cv2.CV_32F, 0, 1, ksize=5)
    flow = np.stack([dy, -dx], -1)
    return np.asarray(flow / max(float(np.linalg.norm(flow, axis=2).mean()), 1e-6), np.float32)


def drifted(field: F32, flow: F32, amount: float, rise: float) -> F32:
    """`field` carried `amount` pixels along `flow` and up by `rise` pixels, wrapped at the edges. Source: advection of
    a density by curl noise, Bridson et al. 2007."""
    h, w = field.shape
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    x = x - amount * flow[..., 0]
    y = np.mod(y - amount * flow[..., 1] + rise, h)
    return np.asarray(
        cv2.remap(field, x, y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), np.float32
    )


def texture(side: int, rng: np.random.Generator) -> F32:
    """float32 (side, side, 3), 0 to 255: a random surface: plain, mottled, striped or chequered in two colours."""
    a, b = rng.uniform(15, 245, 3), rng.uniform(15, 245, 3)
    if rng.random() < 0.3:
        b = a + rng.uniform(-30, 30, 3)
    kind = rng.integers(4)
    if kind < 2:
        t = fractal(side, side, rng, int(rng.integers(2, 6)))
    else:
        angle, period = rng.uniform(0, np.pi), rng.uniform(0.04, 0.3) * side
        y, x = np.mgrid[:side, :side].astype(np.float32)
        u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        t = 0.5 + 0.5 * np.tanh(4 * np.sin(2 * np.pi * u / period))
        if kind == 3:
            t = t * (0.5 + 0.5 * np.tanh(4 * np.sin(2 * np.pi * v / period)))
    shade = 0.75 + 0.5 * fractal(side, side, rng, 2, 1)
    return np.clip((a + (b - a) * t[..., None]) * shade[..., None], 0, 255).astype(np.float32)
