"""Opaque things drawn from nothing: objects, microphones, cups, phones, fingers, hair, scarves. Each returns a Sheet.

Things reach in from the sheet's lower edge, so a sheet turned about the face looks held or worn.
"""

from collections.abc import Callable

import cv2
import numpy as np

from engines.values import F32
from tools.synth.layers import Sheet, opaque
from tools.synth.noise import fractal, texture

SIDE = 192


def _blank() -> F32:
    return np.zeros((SIDE, SIDE), np.float32)


def _soft(mask: F32, rng: np.random.Generator) -> F32:
    return np.clip(cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.6, 1.6)), 0, 1).astype(np.float32)


def _round(mask: F32, colour: F32, rng: np.random.Generator) -> F32:
    """Shading as of a bulging surface lit from one side, and a highlight on some."""
    depth = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    depth = np.sqrt(depth / max(float(depth.max()), 1.0))
    depth = cv2.GaussianBlur(depth, (0, 0), 4)
    gx, gy = cv2.Sobel(depth, cv2.CV_32F, 1, 0, ksize=5), cv2.Sobel(depth, cv2.CV_32F, 0, 1, ksize=5)
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.5)
    light = (gx * np.cos(angle) + gy * np.sin(angle)) / max(float(np.abs(gx).max()), 1e-3)
    shaded = colour * (1 + strength * light)[..., None]
    if rng.random() < 0.4:
        shaded = shaded + 160 * np.clip(light - 0.6, 0, 1)[..., None]
    return np.asarray(np.clip(shaded, 0, 255), np.float32)


def blob(rng: np.random.Generator) -> Sheet:
    """A textured object: ellipse, box, star-shaped lump, with or without a handle."""
    mask = _blank()
    c, (w, h) = SIDE / 2, rng.uniform(0.2, 0.46, 2) * SIDE
    shape = rng.integers(4)
    if shape == 0:
        cv2.ellipse(mask, (round(c), round(c)), (round(w), round(h)), rng.uniform(0, 180), 0, 360, 1.0, -1)
    elif shape == 1:
        box = cv2.boxPoints(((c, c), (2 * w, 2 * h), rng.uniform(-20, 20)))
        cv2.fillConvexPoly(mask, box.astype(np.int32), 1.0)
    else:
        t = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        r = 1 + sum(rng.uniform(0, 0.35 / k) * np.cos(k * t + rng.uniform(0, 6.28)) for k in (1, 2, 3, 5))
        outline = np.stack([c + 0.8 * w * r * np.cos(t), c + 0.8 * h * r * np.sin(t)], 1)
        cv2.fillPoly(mask, [outline.astype(np.int32)], 1.0)
    if rng.random() < 0.4:
        half = rng.uniform(0.05, 0.16) * SIDE
        cv2.rectangle(mask, (round(c - half), round(c)), (round(c + half), SIDE), 1.0, -1)
    colour = texture(SIDE, rng)
    if rng.random() < 0.6:
        colour = _round(mask, colour, rng)
    return opaque(colour, _soft(mask, rng))


def microphone(rng: np.random.Generator) -> Sheet:
    """A ball of metal mesh or foam on a handle."""
    mask, c, r = _blank(), SIDE / 2, rng.uniform(0.13, 0.24) * SIDE
    half = rng.uniform(0.35, 0.6) * r
    cv2.rectangle(mask, (round(c - half), round(c)), (round(c + half), SIDE), 1.0, -1)
    handle = mask.copy()
    ball = _blank()
    cv2.ellipse(ball, (round(c), round(c)), (round(r), round(r * rng.uniform(0.95, 1.3))), 0, 0, 360, 1.0, -1)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    grid = 0.75 + 0.25 * np.sin(x * rng.uniform(0.6, 1.4)) * np.sin(y * rng.uniform(0.6, 1.4))
    dark, light = rng.uniform(10, 70, 3), rng.uniform(30, 230)
    colour = np.where(ball[..., None] > 0, light * grid[..., None], np.broadcast_to(dark, (SIDE, SIDE, 3)))
    colour = _round(handle, colour.astype(np.float32), rng)
    return opaque(_round(ball, colour, rng), _soft(np.maximum(handle, ball), rng))


def cup(rng: np.random.Generator) -> Sheet:
    """A mug or paper cup: a tapering body with a rim, some with a handle."""
    mask, c = _blank(), SIDE / 2
    top, bottom, tall = rng.uniform(0.22, 0.36) * SIDE, rng.uniform(0.16, 0.3) * SIDE, rng.uniform(0.3, 0.45) * SIDE
    body = np.array([[c - top, c - tall], [c + top, c - tall], [c + bottom, c + tall], [c - bottom, c + tall]])
    cv2.fillConvexPoly(mask, body.astype(np.int32), 1.0)
    rim = (round(c), round(c - tall)), (round(top), round(top * rng.uniform(0.1, 0.4)))
    cv2.ellipse(mask, *rim, 0, 0, 360, 1.0, -1)
    if rng.random() < 0.5:
        at, out = (round(c + top), round(c)), (round(0.13 * SIDE), round(0.18 * SIDE))
        cv2.ellipse(mask, at, out, 0, -90, 90, 1.0, round(0.05 * SIDE))
    colour = _round(mask, texture(SIDE, rng), rng)
    cv2.ellipse(colour, *rim, 0, 0, 360, tuple(rng.uniform(20, 200, 3)), round(0.03 * SIDE))
    return opaque(colour, _soft(mask, rng))


def phone(rng: np.random.Generator) -> Sheet:
    """A rounded slab with a rim and camera dots."""
    mask, c = _blank(), SIDE / 2
    w, h = rng.uniform(0.2, 0.3) * SIDE, rng.uniform(0.36, 0.48) * SIDE
    cv2.rectangle(mask, (round(c - w), round(c - h)), (round(c + w), round(c + h)), 1.0, -1)
    mask = (cv2.GaussianBlur(mask, (0, 0), 6) > 0.5).astype(np.float32)
    plain = rng.uniform(10, 240, 3) + 25 * fractal(SIDE, SIDE, rng, 2)[..., None]
    colour = np.ascontiguousarray(np.clip(plain, 0, 255), np.float32)
    edge = mask - cv2.erode(mask, np.ones((5, 5), np.uint8))
    colour[edge > 0] = rng.uniform(20, 220)
    for i in range(int(rng.integers(0, 4))):
        cv2.circle(
            colour, (round(c - 0.6 * w), round(c - 0.8 * h + i * 0.2 * SIDE)), round(0.05 * SIDE), (20, 20, 25), -1
        )
    return opaque(colour, _soft(mask, rng))


def skin_tone(rng: np.random.Generator) -> F32:
    """float32 (3,) RGB: a random human skin colour, pale to dark."""
    t = rng.random()
    tone = np.array([238, 204, 182]) * (1 - t) + np.array([75, 48, 36]) * t
    return np.asarray(tone * rng.uniform(0.85, 1.1) + rng.uniform(-8, 8, 3), np.float32)


def fingers(rng: np.random.Generator, tone: F32 | None = None) -> Sheet:
    """One to four capsules of skin colour side by side: fingers in front of the face. tone: RGB, 0 to 255."""
    tone = skin_tone(rng) if tone is None else tone
    mask, count, r = _blank(), int(rng.integers(1, 5)), rng.uniform(0.05, 0.09) * SIDE
    colour = np.broadcast_to(tone, (SIDE, SIDE, 3)).astype(np.float32)
    for i in range(count):
        x = SIDE / 2 + (i - (count - 1) / 2) * r * rng.uniform(1.9, 2.3)
        finger = _blank()
        tip = (round(x + rng.uniform(-0.5, 0.5) * r), round(SIDE * rng.uniform(0.15, 0.4)))
        cv2.line(finger, tip, (round(x), SIDE), 1.0, round(2 * r))
        colour = np.where(finger[..., None] > 0, _round(finger, colour, rng), colour)
        mask = np.maximum(mask, finger)
    grain = 0.92 + 0.16 * fractal(SIDE, SIDE, rng, 5, 3)
    return opaque(np.clip(colour * grain[..., None], 0, 255).astype(np.float32), _soft(mask, rng))


def strands(rng: np.random.Generator) -> Sheet:
    """Locks of hair that hang or blow across: many thin curves, partly covering."""
    mask = _blank()
    shade = np.ones((SIDE, SIDE), np.float32)
    base, lean, bend = rng.uniform(0.2, 0.8) * SIDE, rng.uniform(-0.5, 0.5), rng.uniform(-0.4, 0.4)
    t = np.linspace(0, 1, 16)
    for _ in range(int(rng.integers(8, 60))):
        x0, k = base + rng.normal(0, 0.09 * SIDE), bend + rng.normal(0, 0.08)
        x = x0 + SIDE * (lean * t + k * t**2)
        curve = np.stack([x, SIDE * t * rng.uniform(0.6, 1.0)], 1).astype(np.int32)
        cv2.polylines(mask, [curve], False, 1.0, int(rng.integers(1, 4)), cv2.LINE_AA)
        cv2.polylines(shade, [curve], False, rng.uniform(0.6, 1.4), 1, cv2.LINE_AA)
    tone = np.array([[25, 18, 15], [70, 45, 30], [120, 85, 50], [190, 150, 95], [150, 150, 150], [110, 45, 25]])
    colour = tone[rng.integers(len(tone))] * rng.uniform(0.7, 1.2) * shade[..., None]
    return opaque(np.clip(colour, 0, 255).astype(np.float32), _soft(mask, rng))


def scarf(rng: np.random.Generator) -> Sheet:
    """Cloth that covers the sheet's lower part up to a wavy edge, in folds."""
    x = np.arange(SIDE, dtype=np.float32)
    edge = SIDE * (
        rng.uniform(0.2, 0.5) + 0.04 * np.sin(x / rng.uniform(12, 40)) + 0.03 * np.sin(x / rng.uniform(6, 12))
    )
    y = np.arange(SIDE, dtype=np.float32)[:, None]
    mask = (y > edge).astype(np.float32)
    folds = 0.85 + 0.25 * np.sin((y - edge) / rng.uniform(4, 14) + rng.uniform(0, 3) * fractal(SIDE, SIDE, rng, 3))
    return opaque(np.clip(texture(SIDE, rng) * folds[..., None], 0, 255).astype(np.float32), _soft(mask, rng))


Maker = Callable[[np.random.Generator], Sheet]
THINGS: dict[str, Maker] = {
    "object": blob, "microphone": microphone, "cup": cup, "phone": phone, "fingers": fingers, "strands": strands,
    "scarf": scarf,
}  # fmt: skip
