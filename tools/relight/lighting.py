"""Lighting: the new light of one picture, drawn by the settings and a seed. Pure."""

import hashlib
from dataclasses import dataclass

import numpy as np

from engines.relight.light import Gloss, Illumination, Lamp
from tools.relight.patterns import ShadowPattern
from tools.relight.settings import Degradation, Range, RelightSettings


@dataclass(frozen=True, slots=True)
class Lighting:
    """original: the share of the original that is mixed back into the albedo. pattern: a shadow on every lamp. gloss:
    of the person's surface."""

    method: Degradation
    light: Illumination
    original: float
    pattern: ShadowPattern | None = None
    gloss: Gloss | None = None

    def to_json(self) -> dict[str, object]:
        """What `_params.json` says: numbers that make the same light again."""
        return {
            "method": self.method.value,
            "directions": "x right, y up, z to the viewer; azimuth 0 right, 90 up; elevation 90 the camera",
            "ambient": self.light.ambient,
            "lamps": [
                {
                    "azimuth": lamp.azimuth,
                    "elevation": lamp.elevation,
                    "strength": lamp.strength,
                    "direction": [round(float(v), 6) for v in lamp.direction],
                }
                for lamp in self.light.lamps
            ],
            "shadow_pattern": None
            if self.pattern is None
            else {
                "kind": self.pattern.kind.value,
                "strength": self.pattern.strength,
                "blur": self.pattern.blur,
                "reference": self.pattern.reference,
                "seed": self.pattern.seed,
            },
            "specular": None
            if self.gloss is None
            else {"strength": self.gloss.strength, "shininess": self.gloss.shininess},
            "original_share": self.original,
        }


def generator(seed: int, name: str, number: int = 0) -> np.random.Generator:
    """The random numbers of one picture: by seed and name alone, so that neither order nor number of workers counts.
    number: of several lights on one picture."""
    words = np.frombuffer(hashlib.sha256(name.encode()).digest(), np.uint32).tolist()
    return np.random.default_rng([seed, number, *words])


def draw(settings: RelightSettings, rng: np.random.Generator) -> Lighting:
    """A light by the settings' ranges and weights."""
    shares = settings.degradation.shares()
    method = list(shares)[int(rng.choice(len(shares), p=list(shares.values())))]
    hard = method is Degradation.HARD
    azimuth, elevation = _within(settings.light.azimuth, rng) % 360, _within(settings.light.elevation, rng)
    ambient = _within(settings.hard.ambient if hard else settings.light.ambient, rng)
    original = _within(settings.albedo.original, rng)
    kind = settings.pattern.kinds[int(rng.integers(len(settings.pattern.kinds)))]
    thrown = hard or rng.random() < settings.pattern.probability
    strength, blur = (
        _within(getattr(settings.hard if hard else settings.pattern, key), rng) for key in ("strength", "blur")
    )
    shape = int(rng.integers(2**31))
    gloss = Gloss(_within(settings.specular.strength, rng), _within(settings.specular.shininess, rng))
    return Lighting(
        method,
        Illumination(ambient, (Lamp(azimuth, elevation, 1 - ambient),)),
        original,
        ShadowPattern(kind, strength, blur, settings.albedo.reference, shape) if thrown else None,
        gloss if method is Degradation.SPECULAR else None,
    )


def _within(span: Range, rng: np.random.Generator) -> float:
    """Rounded, so that the file says exactly what was used."""
    return round(float(rng.uniform(*span)), 4)
