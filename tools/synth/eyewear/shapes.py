"""Spectacles as things in space before a face: many shapes and materials, in centimetres of the canonical face.

Nothing of it is taken from a real pair: outlines are bent ellipses, materials a colour, an opacity and a shine.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engines.values import F32

_TURN = np.linspace(0, 2 * np.pi, 64, endpoint=False)


@dataclass(frozen=True, slots=True)
class SpectaclesShape:
    """outline: float32 (64, 2), the lens on the screen's right about its middle. centre: of that lens, x and y from the
    face's middle; front: z there; wrap, tilt: how z grows sideways (per square) and downwards. thick: float32 (64,), of
    the rim along the outline, 0 where there is none; deep: how far it reaches back. bar: thickness of the bridge, arch:
    its rise; double: a second one. arm: height of the arms, hinge: where they begin, as a share of the lens's height
    from its middle upwards; reach: the share of them that hair leaves to be seen. pads: on the nose. colour: float32
    (3,), metal: shines unevenly; mottled: a second colour, None for one; solid: opacity. dark: of the lenses, graded:
    less below; tint: their colour; power: how much they make the eye smaller. shadow: on the skin."""

    outline: F32
    centre: tuple[float, float]
    front: float
    wrap: float
    tilt: float
    thick: F32
    deep: float
    bar: float
    arch: float
    double: bool
    arm: float
    hinge: float
    reach: float
    pads: bool
    colour: F32
    metal: float
    mottled: F32 | None
    solid: float
    dark: float
    graded: bool
    tint: F32
    power: float
    shadow: float


def _outline(rng: np.random.Generator) -> F32:
    """A lens: round, oval, square, drop-shaped, cat-eyed."""
    w, high = rng.uniform(2.1, 3.0), rng.uniform(0.62, 1.05)
    if rng.random() < 0.15:
        high = rng.uniform(0.42, 0.62)  # reading glasses
    h, p = w * high, float(rng.choice([2.0, rng.uniform(2.2, 3.2), rng.uniform(3.2, 6.0)]))
    c, s = np.cos(_TURN), np.sin(_TURN)
    x, y = np.sign(c) * np.abs(c) ** (2 / p), np.sign(s) * np.abs(s) ** (2 / p)
    taper = rng.uniform(-0.05, 0.22)
    out = np.stack([w * (x - taper * y * (0.6 + 0.4 * x)), h * y], 1)
    if rng.random() < 0.3:  # drop: the lower inner corner is cut off
        out[:, 0] += rng.uniform(0.1, 0.5) * np.clip(y, 0, 1) * np.clip(-x, 0, 1)
    if rng.random() < 0.25:  # cat's eye
        out[:, 1] -= rng.uniform(0.2, 0.7) * np.clip(x, 0, 1) ** 2 * np.clip(0.4 - y, 0, 1)
    angle = rng.normal(0, 0.05)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(out @ turn.T, np.float32)


@dataclass(frozen=True, slots=True)
class _Material:
    colour: F32
    metal: float = 0.0
    mottled: F32 | None = None
    solid: float = 1.0
    thin: bool = False


def _material(rng: np.random.Generator) -> _Material:
    kind = rng.choice(["black", "brown", "colour", "clear", "metal"], p=[0.27, 0.14, 0.12, 0.17, 0.3])
    if kind == "black":
        return _Material(_levels(rng.uniform(4, 55) + rng.normal(0, 4, 3)), thin=bool(rng.random() < 0.3))
    if kind == "brown":
        base = np.array([95, 55, 30]) * rng.uniform(0.3, 1.3)
        spots = _levels(base * rng.uniform(0.15, 2.2)) if rng.random() < 0.6 else None
        return _Material(_levels(base), mottled=spots, solid=rng.uniform(0.85, 1))
    if kind == "colour":
        colour = _levels(rng.uniform(10, 235, 3))
        return _Material(colour, solid=rng.uniform(0.85, 1), thin=bool(rng.random() < 0.3))
    if kind == "clear":
        pale = rng.uniform(130, 250) * rng.uniform((0.9, 0.8, 0.7), (1, 1, 1))
        return _Material(_levels(pale), solid=rng.uniform(0.25, 0.7), thin=bool(rng.random() < 0.4))
    tone = np.array([[190, 190, 195], [205, 170, 95], [200, 150, 130], [90, 90, 95], [60, 45, 35]])[rng.integers(5)]
    colour = _levels(tone * rng.uniform(0.7, 1.2))
    return _Material(colour, metal=float(rng.uniform(0.3, 1)), thin=bool(rng.random() < 0.9))


def _levels(colour: npt.ArrayLike) -> F32:
    return np.asarray(np.clip(colour, 0, 255), np.float32)


def spectacles(rng: np.random.Generator) -> SpectaclesShape:
    """A random pair."""
    outline, made = _outline(rng), _material(rng)
    half = float(outline[:, 0].max())
    gap = rng.uniform(0.75, 1.15)  # half the distance between the lenses
    rim = rng.uniform(0.06, 0.2) if made.thin else rng.uniform(0.16, 0.5)
    up = np.clip(-outline[:, 1] / np.ptp(outline[:, 1]) * 2, -1, 1)
    thick = rim * (1 + rng.uniform(0, 0.8) * np.clip(up, 0, 1)) * np.ones(64)
    style = rng.random()
    if style < 0.08:
        thick *= 0  # rimless
    elif style < 0.2:
        thick *= np.clip((up + rng.uniform(-0.1, 0.6)) * 4, 0, 1)  # half-rimmed
        thick = np.where(thick > 0, np.maximum(thick, 0.1), 0)
    shaded = rng.random() < 0.17
    tint = rng.uniform(0, 60, 3) if rng.random() < 0.85 else rng.uniform(30, 230, 3)
    return SpectaclesShape(
        outline=outline,
        centre=(gap + rim + half, rng.normal(-2.75, 0.35)),
        front=rng.uniform(-2.3, -1.0),
        wrap=rng.uniform(0.0, 0.03),
        tilt=rng.uniform(0, 0.2),
        thick=np.asarray(thick, np.float32),
        deep=rng.uniform(0.05, 0.45),
        bar=max(0.1, rim * rng.uniform(0.6, 1.3)),
        arch=rng.uniform(0, 0.5),
        double=bool(rng.random() < 0.12),
        arm=rng.uniform(0.12, 0.3) if made.thin else rng.uniform(0.3, 1.1),
        hinge=rng.uniform(0.05, 0.85),
        reach=rng.uniform(0.25, 1),
        pads=bool(rng.random() < (0.65 if made.thin else 0.15)),
        colour=made.colour,
        metal=made.metal,
        mottled=made.mottled,
        solid=float(made.solid),
        dark=float(rng.uniform(0.68, 0.98) if shaded else rng.uniform(0, 0.14)),
        graded=bool(shaded and rng.random() < 0.3),
        tint=np.asarray(tint, np.float32),
        power=float(rng.normal(0, 0.035)),
        shadow=float(rng.uniform(0, 0.45) if rng.random() < 0.7 else 0),
    )
