"""Lamps: light that falls on a face of known shape, the shadows that it casts, and what a camera makes of it. Arrays
only."""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.values import F32
from tools.synth.noise import fractal

GAMMA = 2.2
REACH = 14  # steps along which a shadow is looked for


@dataclass(frozen=True, slots=True)
class FaceLamp:
    """One light. direction: float32 (3,), of length 1, from the face to it; x to the right, y down, z away from the
    viewer. colour: float32 (3,), strength included. gloss: of the skin. sharp: exponent of the gloss. shadow: 0 to 1,
    how dark what it casts is."""

    direction: F32
    colour: F32
    gloss: float
    sharp: float
    shadow: float


@dataclass(frozen=True, slots=True)
class LightScene:
    """ambient: float32 (3,), light from everywhere; sky: (3,), more of it from above. pattern: float32 (16, 16), what
    leaves and blinds leave of the lamps. exposure: mean brightness of the face, linear. gamma, contrast: of the
    camera's curve. haze: share and level of what lies over all."""

    lamps: tuple[FaceLamp, ...]
    ambient: F32
    sky: F32
    pattern: F32
    exposure: float
    gamma: float
    contrast: float
    haze: tuple[float, float]


def _colour(rng: np.random.Generator, spread: float) -> F32:
    """Warm or cool, float32 (3,), about 1."""
    warm = rng.normal(0, spread)
    tint = rng.normal(0, spread / 3)
    return np.exp(np.array([warm + tint, -tint, -warm + tint], np.float32)).astype(np.float32)


def random_scene(rng: np.random.Generator, hard: float = 1.0) -> LightScene:
    """hard: 0 for soft light from the front alone, 1 for anything."""
    lamps = []
    for _ in range(int(rng.integers(1, 4))):
        side, up = rng.uniform(-1.5, 1.5) * hard, rng.uniform(-0.4, 1.1) * hard + 0.2
        direction = np.array([np.sin(side) * np.cos(up), -np.sin(up), -np.cos(side) * np.cos(up)], np.float32)
        colour = _colour(rng, 0.18) * np.float32(rng.uniform(0.2, 1.6))
        glossy = rng.random() < 0.4
        lamps.append(
            FaceLamp(
                direction, colour, rng.uniform(0.02, 0.25) * glossy, rng.uniform(6, 30), rng.uniform(0.2, 1) * hard
            )
        )
    ambient = _colour(rng, 0.1) * np.float32(rng.uniform(0.15, 1.2) + 0.4 * (1 - hard))
    sky = _colour(rng, 0.15) * np.float32(rng.uniform(-0.2, 0.6) * hard)
    pattern = np.ones((16, 16), np.float32)
    if rng.random() < 0.15 * hard:
        noise = fractal(16, 16, rng, 3, 1)
        pattern = np.asarray(1 - rng.uniform(0.2, 0.8) * (1 / (1 + np.exp(-12 * (noise - 0.5)))), np.float32)
    haze = (rng.uniform(0, 0.25), rng.uniform(60, 220)) if rng.random() < 0.25 else (0.0, 0.0)
    return LightScene(
        tuple(lamps), ambient, sky, pattern, float(np.exp(rng.uniform(np.log(0.07), np.log(0.5)))),
        rng.uniform(0.8, 1.25), rng.uniform(0.85, 1.2), haze,
    )  # fmt: skip


def cast_shadow(depth: F32, on: F32, direction: F32) -> F32:
    """float32 (h, w), 0 to 1: where the shape hides the lamp from itself. depth: float32 (h, w), pixels, smaller is
    nearer; on: 1 where it is known. direction: to the lamp, as `FaceLamp` has it."""
    h, w = depth.shape
    y, x = np.mgrid[:h, :w].astype(np.float32)
    across = float(np.hypot(direction[0], direction[1]))
    hidden = np.zeros((h, w), np.float32)
    far = np.where(on > 0, depth, depth.max() + w).astype(np.float32)
    for i in range(1, REACH):
        t = np.float32(0.35 * w * (i / REACH) ** 1.5 / max(across, 0.2))
        there = cv2.remap(far, x + t * direction[0], y + t * direction[1], cv2.INTER_LINEAR, borderValue=(1e6,))
        over = depth + t * direction[2] - there
        hidden = np.maximum(hidden, np.clip((over - 0.015 * w) / (0.03 * w), 0, 1))
    return np.asarray(cv2.GaussianBlur(np.asarray(hidden * on, np.float32), (0, 0), 0.012 * w), np.float32)


def shading(scene: LightScene, normals: F32, depth: F32, on: F32) -> tuple[F32, F32]:
    """What light multiplies and what it adds, linear, float32 (h, w, 3) each. normals: (h, w, 3), y down and z away.
    depth, on: as `cast_shadow` has them; depth None-like (all equal) casts nothing."""
    h, w = on.shape
    pattern = cv2.resize(scene.pattern, (w, h), interpolation=cv2.INTER_CUBIC)[..., None]
    times = scene.ambient + scene.sky * (0.5 - 0.5 * normals[..., 1:2])
    more = np.zeros((h, w, 3), np.float32)
    for lamp in scene.lamps:
        lit = np.clip(normals @ lamp.direction, 0, 1)[..., None]
        free = 1 - np.float32(lamp.shadow) * cast_shadow(depth, on, lamp.direction)[..., None]
        times = times + lamp.colour * lit * free * pattern
        if lamp.gloss > 0:
            half = lamp.direction + np.array([0, 0, -1], np.float32)
            half = half / (np.linalg.norm(half) + 1e-6)
            shine = np.clip(normals @ half, 0, 1)[..., None] ** np.float32(lamp.sharp)
            more += np.float32(lamp.gloss) * lamp.colour * shine * free * pattern
    # what is known of the face goes on smoothly beside it
    sigma = 0.08 * w
    weight = cv2.GaussianBlur(on, (0, 0), sigma)[..., None] + np.float32(1e-3)
    beside = (cv2.GaussianBlur(np.asarray(times * on[..., None], np.float32), (0, 0), sigma) + 1e-3 * times) / weight
    soft = cv2.GaussianBlur(on, (0, 0), 0.01 * w)[..., None]
    return np.asarray(times * soft + beside * (1 - soft), np.float32), np.asarray(more * soft, np.float32)


def filmed(image: F32, light: tuple[F32, F32], scene: LightScene, level: float) -> F32:
    """A picture (h, w, 3), 0 to 255, in a scene's light, as its camera shows it, 0 to 255. light: see `shading`. level:
    see `level_of`."""
    linear = (np.clip(image, 0, 255) / np.float32(255)) ** np.float32(GAMMA)
    out = (linear * light[0] + light[1]) * np.float32(scene.exposure / max(level, 1e-4))
    bright = np.maximum(out - np.float32(0.7), 0)
    out = np.minimum(out, 0.7) + np.float32(0.3) * np.tanh(bright / np.float32(0.3))  # a shoulder in place of a cut
    shown = out ** np.float32(scene.gamma / GAMMA)
    shown = np.float32(0.45) + (shown - np.float32(0.45)) * np.float32(scene.contrast)
    share, over = scene.haze
    return np.asarray(np.clip(255 * shown * (1 - share) + share * over, 0, 255), np.float32)


def level_of(image: F32, light: tuple[F32, F32], on: F32) -> float:
    """The mean brightness, linear, of a lit face: what exposure refers to."""
    lit = (np.clip(image, 0, 255) / np.float32(255)) ** np.float32(GAMMA) * light[0] + light[1]
    return float((lit.mean(2) * on).sum() / max(float(on.sum()), 1.0))
