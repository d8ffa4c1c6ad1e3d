"""Pairs for training, in memory: pictures of people, relit, with the albedo, normals and light behind each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from engines.values import F32, U8
from tools.relight.lighting import Lighting, draw, generator
from tools.relight.picture import RelightSubject, Relit, relight
from tools.relight.sample import Studio
from tools.relight.settings import RelightSettings


@dataclass(frozen=True, slots=True)
class RelitPair:
    """name: of the picture. picture, relit, albedo: uint8 (h, w, 3), sRGB: as it was, in the new light on its own
    ground, and without light (0 off the person). alpha: uint8 (h, w). normals: float32 (h, w, 3), unit vectors, as in
    `engines.relight.light`. lighting: what made it so."""

    name: str
    picture: U8
    relit: U8
    albedo: U8
    alpha: U8
    normals: F32
    lighting: Lighting


def relit_pairs(
    pictures: Iterable[tuple[str, U8]], studio: Studio, settings: RelightSettings, lights: int = 1
) -> Iterator[RelitPair]:
    """Every picture (a name, and uint8 (h, w, 3) RGB) in `lights` new lights; pictures without a face or a person are
    passed over. Same seed and name, same light: the first is that of `understudy relight`."""
    for name, rgb in pictures:
        seen = studio.subject(rgb, settings)
        if isinstance(seen, RelightSubject):
            for number in range(lights):
                yield pair(name, seen, draw(settings, generator(settings.seed, name, number)), settings)


def pair(name: str, seen: RelightSubject, lighting: Lighting, settings: RelightSettings) -> RelitPair:
    """One picture in one light."""
    done: Relit = relight(seen, lighting, settings)
    height, width = seen.alpha.shape
    normals = seen.normals
    if normals.shape[:2] != (height, width):
        normals = np.asarray(cv2.resize(normals, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
        normals = normals / np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-6)
    return RelitPair(name, seen.rgb, done.composite, done.albedo, seen.alpha, np.asarray(normals, np.float32), lighting)
