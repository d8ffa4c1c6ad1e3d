"""Shadows of things that are not in the picture: leaves, blinds, a window, somebody passing. Arrays only."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from engines.values import F32
from tools.relight.settings import Pattern
from tools.synth.noise import fractal

BENT = 0.06  # how far a shadow is carried aside by a surface that is seen from its edge, in shares of the longer side


def bent(blocked: F32, normals: F32) -> F32:
    """A shadow (h, w) as it falls on a body and not on a sheet: carried aside where the surface turns away. normals:
    float32 (h, w, 3), unit vectors, y up."""
    height, width = blocked.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    far = np.float32(BENT * max(height, width))
    at = (x + far * normals[..., 0], y - far * normals[..., 1])
    return np.asarray(cv2.remap(blocked, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.float32)


@dataclass(frozen=True, slots=True)
class ShadowPattern:
    """strength: the share of the lamp's light that is kept off in full shadow. blur: pixels of the blur's kernel, for a
    picture whose longer side is `reference`. seed: of its shape."""

    kind: Pattern
    strength: float
    blur: float
    reference: int
    seed: int

    def blocked(self, height: int, width: int) -> F32:
        """float32 (height, width), 0 to 1: the share of the lamp's light that does not arrive."""
        rng = np.random.default_rng(self.seed)
        dark = _KINDS[self.kind](height, width, rng)
        side = max(1, round(self.blur * max(height, width) / self.reference)) | 1
        soft = cv2.GaussianBlur(dark, (side, side), 0, borderType=cv2.BORDER_REFLECT) if side > 1 else dark
        return np.asarray(np.clip(soft, 0, 1) * self.strength, np.float32)


def _noise(height: int, width: int, rng: np.random.Generator) -> F32:
    field = fractal(height, width, rng, 4, 1)
    level = float(np.quantile(field, rng.uniform(0.4, 0.7)))
    return np.asarray(np.clip((field - level) / 0.08 + 0.5, 0, 1), np.float32)


def _bars(height: int, width: int, rng: np.random.Generator) -> F32:
    return _stripes(height, width, rng.uniform(0, np.pi), rng.uniform(0.06, 0.2), rng.uniform(0.35, 0.6), rng.random())


def _window(height: int, width: int, rng: np.random.Generator) -> F32:
    """The bars between the panes, a little askew."""
    angle, lean, period = rng.uniform(-0.4, 0.4), rng.uniform(-0.3, 0.3), rng.uniform(0.2, 0.45)
    bar = rng.uniform(0.15, 0.35)
    across = _stripes(height, width, angle, period, bar, rng.random())
    down = _stripes(height, width, angle + np.pi / 2 + lean, period * rng.uniform(0.8, 1.5), bar, rng.random())
    return np.maximum(across, down)


def _blobs(height: int, width: int, rng: np.random.Generator) -> F32:
    out, longest = np.zeros((height, width), np.float32), max(height, width)
    for _ in range(int(rng.integers(1, 5))):
        middle = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        axes = (int(longest * rng.uniform(0.08, 0.3)), int(longest * rng.uniform(0.08, 0.3)))
        cv2.ellipse(out, middle, axes, float(rng.uniform(0, 180)), 0, 360, 1.0, -1, cv2.LINE_AA)
    return out


def _stripes(height: int, width: int, angle: float, period: float, dark: float, phase: float) -> F32:
    """float32 (height, width): stripes across `angle`, a period in shares of the longer side, `dark` of it in shadow;
    edges are a pixel wide."""
    longest = max(height, width)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    along = (x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))) / np.float32(period * longest)
    within = np.abs(np.mod(along + np.float32(phase), 1) - np.float32(0.5))  # 0 in the middle of a dark stripe
    return np.asarray(np.clip((dark / 2 - within) * period * longest + 0.5, 0, 1), np.float32)


_KINDS: dict[Pattern, Callable[[int, int, np.random.Generator], F32]] = {
    Pattern.NOISE: _noise,
    Pattern.BARS: _bars,
    Pattern.WINDOW: _window,
    Pattern.BLOBS: _blobs,
}
