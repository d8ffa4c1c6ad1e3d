"""Light: an ambient part and lamps far away, and what a surface shows in it. Pure; all of it is linear in the light,
so a picture in a mix of two lights is the mix of the two pictures.

Directions are x to the right of the picture, y up, z towards the viewer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engines.values import F32


@dataclass(frozen=True, slots=True)
class Lamp:
    """A lamp far away. azimuth: degrees in the picture's plane, 0 from the right, 90 from above, counterclockwise.
    elevation: degrees from that plane towards the viewer, 90 from the camera. strength: of what falls on a surface
    that faces it."""

    azimuth: float
    elevation: float
    strength: float = 1.0

    @property
    def direction(self) -> F32:
        """float32 (3,), a unit vector towards the lamp."""
        a, e = np.radians(self.azimuth), np.radians(self.elevation)
        return np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)], np.float32)


@dataclass(frozen=True, slots=True)
class Illumination:
    """ambient: what falls on every surface, whichever way it faces."""

    ambient: float
    lamps: tuple[Lamp, ...] = ()

    def mixed(self, other: "Illumination", share: float) -> "Illumination":
        """This light and `share` of another, 0 to 1, in its place."""
        a, b = 1 - share, share
        lamps = (
            *(replace(lamp, strength=lamp.strength * a) for lamp in self.lamps),
            *(replace(lamp, strength=lamp.strength * b) for lamp in other.lamps),
        )
        return Illumination(self.ambient * a + other.ambient * b, lamps)


@dataclass(frozen=True, slots=True)
class Gloss:
    """A surface's mirror part, by Phong. strength: 0 to 1. shininess: the exponent; larger is a smaller spot."""

    strength: float
    shininess: float


def shading(normals: F32, light: Illumination, blocked: Sequence[F32] | None = None) -> F32:
    """float32 (h, w): the light that falls on a matt surface, by Lambert. normals: float32 (h, w, 3), unit vectors.
    blocked: for each lamp float32 (h, w), the share of its light that something keeps off."""
    out = np.full(normals.shape[:2], light.ambient, np.float32)
    for lamp, through in _seen(light, blocked):
        out += np.maximum(normals @ lamp.direction, 0) * through
    return out


def specular(normals: F32, light: Illumination, gloss: Gloss, blocked: Sequence[F32] | None = None) -> F32:
    """float32 (h, w): what a glossy surface mirrors to a viewer far away, `(R . V) ** shininess`. Source: Phong,
    1975."""
    out = np.zeros(normals.shape[:2], np.float32)
    for lamp, through in _seen(light, blocked):
        facing = normals @ lamp.direction
        mirrored = 2 * facing * normals[..., 2] - lamp.direction[2]  # R = 2 (N . L) N - L, of which V sees z
        spot = np.where(facing > 0, np.maximum(mirrored, 0), 0) ** np.float32(gloss.shininess)
        out += np.float32(gloss.strength) * spot * through
    return out


def lit(albedo: F32, shade: F32, mirrored: F32 | None = None) -> F32:
    """float32 (h, w, 3), linear: a surface in a light. shade, mirrored: (h, w), by `shading` and `specular`."""
    out = albedo * shade[..., None]
    return np.asarray(out if mirrored is None else out + mirrored[..., None], np.float32)


def _seen(light: Illumination, blocked: Sequence[F32] | None) -> list[tuple[Lamp, F32 | np.float32]]:
    if blocked is None:
        return [(lamp, np.float32(lamp.strength)) for lamp in light.lamps]
    return [
        (lamp, np.asarray(np.float32(lamp.strength) * (1 - off), np.float32))
        for lamp, off in zip(light.lamps, blocked, strict=True)
    ]
