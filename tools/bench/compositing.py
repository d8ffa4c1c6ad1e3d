"""`understudy bench compositing`: how near each compositing formula comes to the truth on layers that are known, and
how near the opacity that is solved for. Made from nothing: no network, no clip.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from engines.occlusion import glass, inverted, veil
from engines.values import F32
from tools.synth.layers import LayerKind, Layers
from tools.synth.noise import fractal

LEVELS = (0.3, 0.4, 0.5, 0.6, 0.7)
SIDE = 192
PANE = 0.82  # share of the picture's width that the glass takes


@dataclass(frozen=True, slots=True)
class CompositingRow:
    """One thing of one mean opacity. Against the truth where it is, dB: `published` and `difference`, given its true
    layers and a plate that is slightly off, and `solved`, from frame, plate and a network's kind of guess alone. off:
    mean error of the solved opacity, 0 to 1."""

    kind: LayerKind
    level: float
    published: float
    difference: float
    solved: float
    off: float


@dataclass(frozen=True, slots=True)
class KnownScene:
    """A face that is known, the one to put there, and the plate learned of the first. All float32 (s, s, 3)."""

    behind: F32
    swapped: F32
    plate: F32


def register(bench: typer.Typer) -> None:
    bench.command("compositing")(bench_compositing)


def bench_compositing(
    seeds: int = typer.Option(5, min=1, help="Scenes of each opacity; means are told."),
) -> None:
    """Compare the published formula, difference compositing and the whole solution on smoke and on tinted glass."""
    grid = Table("thing", "opacity", "published", "difference", "gain", "solved", "error of opacity", box=None)
    for kind in (LayerKind.VEIL, LayerKind.GLASS):
        for level in LEVELS:
            rows = [measured(kind, level, seed) for seed in range(seeds)]
            names = ("published", "difference", "solved", "off")
            old, new, solved, off = (float(np.mean([getattr(r, n) for r in rows])) for n in names)
            cells = [f"{v:.1f} dB" for v in (old, new, new - old, solved)]
            grid.add_row(kind.value, f"{level:.1f}", *cells, f"{off:.3f}")
    Console(highlight=False).print(grid)


def measured(kind: LayerKind, level: float, seed: int) -> CompositingRow:
    """The figures of one scene."""
    rng = np.random.default_rng((seed, round(100 * level)))
    s = scene(rng)
    layers = smoke(level, rng) if kind is LayerKind.VEIL else pane(level, rng)
    frame, truth = layers.over(s.behind), layers.over(s.swapped)
    full = np.ones((SIDE, SIDE), np.float32)
    opacity = layers.alpha if kind is LayerKind.VEIL else (1 - layers.rho.mean(2)) * layers.region
    some = layers.region > 0.02
    guess = np.asarray(cv2.GaussianBlur(layers.region, (0, 0), 3), np.float32)
    if kind is LayerKind.VEIL:
        exact = inverted.difference(frame, s.swapped, s.plate, layers.alpha, full)
        found = veil.solve(frame, s.plate, guess, full, SIDE)
        solved, seen = veil.composed(frame, s.swapped, found, full), found.alpha
    else:
        known, none = glass.Glass(layers.rho, layers.warp, layers.region), 0 * full
        exact = inverted.refracted(frame, s.swapped, s.plate, known, full, full, none, SIDE)
        g = glass.solve(frame, s.plate, guess, full, SIDE)
        solved = inverted.refracted(frame, s.swapped, s.plate, g, full, full, none, SIDE)
        seen = g.alpha()
    published = inverted.published(frame, s.swapped, opacity, full)
    old, new, ours = (psnr(a[some], truth[some]) for a in (published, exact, solved))
    return CompositingRow(kind, level, old, new, ours, float(np.abs(seen - opacity)[some].mean()))


def scene(rng: np.random.Generator) -> KnownScene:
    """Two soft pictures in the colours of skin and hair. The plate is off by noise of 2 levels and 2 % of light."""
    tones = [np.array(c) for c in ((70, 45, 35), (225, 180, 155), (95, 70, 60), (240, 205, 190))]
    behind, swapped = (
        np.asarray(a + (b - a) * fractal(SIDE, SIDE, rng, 4)[..., None], np.float32)
        for a, b in (tones[:2], tones[2:][::-1])
    )
    plate = 1.02 * behind + rng.normal(0, 2, behind.shape)
    return KnownScene(behind, swapped, np.asarray(np.clip(plate, 0, 255), np.float32))


def smoke(level: float, rng: np.random.Generator) -> Layers:
    """All over the picture, opacity of the mean `level`, give or take a tenth."""
    field = fractal(SIDE, SIDE, rng, 3)
    alpha = np.clip(level + 0.5 * (field - field.mean()), 0, 0.95).astype(np.float32)
    air = np.full((SIDE, SIDE, 3), rng.uniform(205, 245), np.float32)
    ones, still = np.ones((SIDE, SIDE, 3), np.float32), np.zeros((SIDE, SIDE, 2), np.float32)
    return Layers(LayerKind.VEIL, air, alpha, ones, still, alpha)


def pane(level: float, rng: np.random.Generator) -> Layers:
    """A round pane that keeps back `level` of the light, in a hue, bends by a few pixels and shines at a spot."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j].astype(np.float32)
    region = np.clip((PANE - np.hypot(x, y)) * SIDE / 4, 0, 1).astype(np.float32)
    hue = rng.uniform(-0.06, 0.06, 3)
    rho = 1 - region[..., None] * (level + hue - hue.mean())
    bend = np.stack([3 * np.sin(3 * y + rng.uniform(0, 6)), 3 * np.sin(3 * x + rng.uniform(0, 6))], -1)
    spot = 0.5 * np.exp(-(((x + 0.3) ** 2 + (y + 0.3) ** 2) / 0.01)) * region
    light = np.full((SIDE, SIDE, 3), 250, np.float32)
    spot, rho, bend = (np.asarray(f, np.float32) for f in (spot, rho, bend * region[..., None]))
    return Layers(LayerKind.GLASS, light, spot, rho, bend, region)


def psnr(a: F32, b: F32) -> float:
    return float(10 * np.log10(255**2 / max(float(np.mean((a - b) ** 2)), 1e-9)))
