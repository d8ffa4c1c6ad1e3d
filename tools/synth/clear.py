"""Clear things: glass and liquid, as sheets with refraction, attenuation and highlights. Nothing of faces."""

import cv2
import numpy as np

from engines.values import F32
from tools.synth.layers import LayerKind, Sheet
from tools.synth.noise import fractal

SIDE = 192
REFRACTION = 0.33  # (n - 1) / n of glass and water, about


def from_height(height: F32, region: F32, rho: F32, rng: np.random.Generator, bend: float) -> Sheet:
    """A sheet from a height field (s, s) of mean slope about 1: the background is displaced along the surface's slope,
    the steep rim reflects (Schlick's approximation of Fresnel), and a light draws specular spots (Blinn, 1977)."""
    gx, gy = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=5), cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=5)
    k = max(float(np.percentile(np.hypot(gx, gy)[region > 0.5], 98)) if (region > 0.5).any() else 1.0, 1e-4)
    slope = np.stack([gx, gy], -1) / k
    steep = np.clip(np.linalg.norm(slope, axis=2), 0, 1.5)
    facing = 1 / np.sqrt(1 + (1.6 * steep) ** 2)
    fresnel = 0.04 + 0.96 * (1 - facing) ** 5
    angle, tall = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 1.2)
    normal = np.dstack([-slope, np.ones_like(steep)])
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    half = np.array([np.cos(angle), np.sin(angle), 1 + tall])
    half /= np.linalg.norm(half)
    spot = np.clip(normal @ half, 0, 1) ** rng.uniform(30, 200)
    sky = rng.uniform(120, 255, 3) * rng.uniform(0.8, 1.0)
    alpha = np.clip(fresnel * rng.uniform(0.5, 1.4) + spot * rng.uniform(0.2, 0.9), 0, 0.95) * region
    colour = np.broadcast_to(sky, (*region.shape, 3)) + 60 * spot[..., None]
    warp = slope * REFRACTION * bend
    return Sheet(
        LayerKind.GLASS,
        np.clip(colour, 0, 255).astype(np.float32),
        alpha.astype(np.float32),
        np.clip(rho, 0, 1).astype(np.float32),
        warp.astype(np.float32),
        region.astype(np.float32),
    )


def _outline(rng: np.random.Generator) -> F32:
    mask, c = np.zeros((SIDE, SIDE), np.float32), SIDE // 2
    w, h = (rng.uniform(0.26, 0.48, 2) * SIDE).astype(int).tolist()
    shape = rng.integers(3)
    if shape == 0:
        cv2.ellipse(mask, (c, c), (w, h), 0, 0, 360, 1.0, -1)
    elif shape == 1:
        top, bottom = rng.uniform(0.7, 1.0, 2) * w
        cv2.fillConvexPoly(
            mask,
            np.array([[c - top, c - h], [c + top, c - h], [c + bottom, c + h], [c - bottom, c + h]], np.int32),
            1.0,
        )
    else:
        cv2.rectangle(mask, (c - w, c - h), (c + w, c + h), 1.0, -1)
        mask = (cv2.GaussianBlur(mask, (0, 0), 8) > 0.5).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.8, 1.8)), np.float32)


def _tint(rng: np.random.Generator, low: float = 0.62) -> F32:
    base = rng.uniform(low, 0.97)
    return np.clip(base + rng.uniform(-0.1, 0.1, 3), 0.4, 1).astype(np.float32)


def glass(rng: np.random.Generator) -> Sheet:
    """A pane, a tumbler, a lens: a smooth height field with a thick rim, tinted."""
    region = _outline(rng)
    depth = cv2.distanceTransform((region > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    rim = np.exp(-depth / rng.uniform(2.5, 9)) * region
    wavy = fractal(SIDE, SIDE, rng, int(rng.integers(1, 4)))
    bulge = np.sqrt(depth / max(float(depth.max()), 1.0))
    height = rng.uniform(0.2, 1) * wavy + rng.uniform(0, 1.2) * cv2.GaussianBlur(bulge, (0, 0), 3)
    rho = _tint(rng) * (1 - rng.uniform(0, 0.4) * rim[..., None])
    sheet = from_height(cv2.GaussianBlur(height, (0, 0), 2), region, rho, rng, rng.uniform(0.03, 0.25))
    glow = np.clip(sheet.alpha + rng.uniform(0, 0.6) * cv2.GaussianBlur(rim, (0, 0), 1.2), 0, 0.95) * (region > 0.02)
    return Sheet(sheet.kind, sheet.foreground, glow.astype(np.float32), sheet.rho, sheet.warp, sheet.region)


def drips(rng: np.random.Generator, count: int | None = None) -> list[tuple[float, float, float, float]]:
    """Where liquid hangs: x, y of the drop, its radius, its trail's length, all as shares of the sheet's side."""
    n = int(rng.integers(3, 14)) if count is None else count
    return [
        (rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.8), rng.uniform(0.025, 0.09), rng.uniform(0.0, 0.6))
        for _ in range(n)
    ]


def liquid(
    rng: np.random.Generator, hung: list[tuple[float, float, float, float]] | None = None, ran: float = 0.0
) -> Sheet:
    """Drops and runs: thickness from a signed distance, attenuation by Beer and Lambert. hung: from `drips`; ran: how
    far they have run down since, as a share of the side, the heavy ones faster."""
    hung = drips(rng) if hung is None else hung
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SIDE
    distance = np.full((SIDE, SIDE), 1.0, np.float32)
    for cx, cy, r, trail in hung:
        fall = ran * r / 0.06
        top, bottom = cy - trail - 0 * fall, cy + fall
        along = np.clip(y, top, bottom)
        width = r * (0.45 + 0.55 * np.clip((y - bottom) / r + 1, 0, 1))
        wobble = 0.15 * r * np.sin(40 * y + 20 * cx)
        distance = np.minimum(distance, np.hypot(x - cx - wobble, y - along) - width)
    thickness = np.sqrt(np.clip(-distance, 0, None) / 0.09)
    region = np.clip(0.5 - distance * SIDE / 2, 0, 1)
    absorb = np.clip(rng.uniform(-0.3, 1.6) + rng.uniform(-0.5, 0.5, 3), 0.02, 2.2)
    rho = np.exp(-absorb * thickness[..., None])
    return from_height(
        cv2.GaussianBlur(thickness, (0, 0), 1.5), region.astype(np.float32), rho, rng, rng.uniform(0.03, 0.12)
    )
