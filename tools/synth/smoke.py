"""Smoke and steam: a density that drifts and rises, as layers of coloured airlight. Nothing of faces."""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.values import F32
from tools.synth.layers import LayerKind, Layers
from tools.synth.noise import curl, drifted, fractal

SIDE = 128


@dataclass(frozen=True, slots=True)
class Smoke:
    """density, flow: the field and what carries it. thick: optical depth. airlight: RGB (3,). rise: sheet pixels a
    step."""

    density: F32
    flow: F32
    thick: float
    airlight: F32
    rise: float
    patchy: float
    shape: float

    def layers(
        self, step: float, centre: tuple[float, float], size: float, picture: tuple[int, int], grown: float = 1.0
    ) -> Layers:
        """The veil at `step`: its middle at `centre`, `size` pixels wide, in a picture of (h, w); grown: 0 none, 1 in
        full."""
        field = drifted(self.density, self.flow, min(1.2 * abs(step) ** 0.5, 6.0), self.rise * step)
        h, w = picture
        k = SIDE / size
        m = np.array([[1 / k, 0, centre[0] - SIDE / 2 / k], [0, 1 / k, centre[1] - SIDE / 2 / k]], np.float32)
        y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
        window = np.clip(self.shape - x**2 - y**2, 0, 1)
        depth = np.clip(field - self.patchy, 0, 1) / (1 - self.patchy) * window * self.thick * grown
        flat = cv2.warpAffine(depth.astype(np.float32), m, (w, h), flags=cv2.INTER_LINEAR)
        alpha = (1 - np.exp(-np.clip(flat, 0, None))).astype(np.float32)
        shine = np.broadcast_to(self.airlight, (h, w, 3)).astype(np.float32)
        return Layers(
            LayerKind.VEIL, shine, alpha, np.ones((h, w, 3), np.float32), np.zeros((h, w, 2), np.float32), alpha
        )


def smoke(rng: np.random.Generator) -> Smoke:
    """White steam mostly, grey smoke, some of it tinted."""
    grey = rng.uniform(185, 250) if rng.random() < 0.75 else rng.uniform(90, 185)
    tint = rng.uniform(-12, 12, 3) if rng.random() < 0.7 else rng.uniform(-45, 45, 3)
    return Smoke(
        fractal(SIDE, SIDE, rng, int(rng.integers(2, 6)), int(rng.integers(1, 3))),
        curl(SIDE, SIDE, rng),
        float(rng.uniform(0.35, 2.2)),
        np.clip(grey + tint, 40, 255).astype(np.float32),
        float(rng.uniform(1, 5)),
        float(rng.uniform(0, 0.35)),
        float(rng.uniform(0.9, 1.1) if rng.random() < 0.6 else rng.uniform(1.1, 2.2)),
    )
