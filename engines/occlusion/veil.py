"""Smoke and steam before a known background: its airlight, its opacity, what is seen through it. Arrays of one region.

The model: `I = (1 - a) B + a A`, one airlight A for the whole veil, B the clean plate in the frame's light.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.mesh import warp
from engines.values import F32, U8

DARKEST, BRIGHTEST = 120.0, 255.0  # an airlight, 0 to 255
KEEP = 0.8  # share of the last frame's airlight that is kept
WORKING = 112.0  # pixels of face width at which it is solved: a veil is smooth
MOST = 0.95  # opacity above which nothing could be told of what is behind


@dataclass(frozen=True, slots=True)
class Veil:
    """alpha: float32 (h, w). airlight: float32 (3,), 0 to 255."""

    alpha: F32
    airlight: F32

    def behind(self, frame: F32) -> F32:
        """What is seen through it, float32 (h, w, 3): `(I - a A) / (1 - a)`; not clipped, so that it undoes exactly."""
        a = self.alpha[..., None]
        return np.asarray((frame - a * self.airlight) / (1 - a), np.float32)

    def over(self, image: U8, alpha: F32) -> U8:
        """The image beneath it, uint8 (h, w, 3): `(1 - a) S + a A`. alpha: its own at the image's size (h, w)."""
        return self._mixed(image, alpha)

    def lifted(self, frame: U8, alpha: F32) -> U8:
        """`behind` of a frame in 8 bits, uint8 (h, w, 3). alpha: as above."""
        return self._mixed(frame, alpha / (alpha - 1))

    def _mixed(self, image: U8, share: F32) -> U8:
        planes = zip(self.airlight, cv2.split(image), strict=True)
        change = [cv2.multiply(np.asarray(light - plane, np.float32), share) for light, plane in planes]
        return np.asarray(cv2.add(image, cv2.merge(change), dtype=cv2.CV_8U), np.uint8)


def airlight(frame: F32, plate: F32, guess: F32, trust: F32, before: F32 | None = None) -> F32:
    """The veil's colour, float32 (3,), by least squares over the pixels: `sum v (I - (1 - v) B) / sum v^2`, drawn half
    towards grey, since a veil's hue is faint and the fit's is not.

    guess: float32 (h, w), opacity as a network sees it. trust: float32 (h, w), where the plate is known. before: the
    last frame's.
    """
    v = guess * trust
    weight = float((v * guess).sum())
    if weight < 1.0:
        return np.full(3, 225.0, np.float32) if before is None else before
    found = (v[..., None] * (frame - (1 - guess[..., None]) * plate)).sum((0, 1)) / weight
    found = np.clip((found + found.mean()) / 2, DARKEST, BRIGHTEST)
    return np.asarray(found if before is None else KEEP * before + (1 - KEEP) * found, np.float32)


def opacity(frame: F32, plate: F32, light: F32, guess: F32, trust: F32, radius: int) -> F32:
    """float32 (h, w): `box((I - B)(A - B)) / box((A - B)^2)`, the projection of what changed onto what a veil changes,
    over boxes of `radius` pixels; the guess where the plate is not known or as bright as the veil."""
    toward = (light - plate) * trust[..., None]
    side = (2 * radius + 1,) * 2

    def box(a: F32) -> F32:
        return np.asarray(cv2.boxFilter(a, -1, side, borderType=cv2.BORDER_REFLECT), np.float32)

    over = box(((frame - plate) * toward).sum(2))
    under = box((toward**2).sum(2))
    solved = np.clip(over / np.maximum(under, 1.0), 0, MOST)
    sure = np.clip(under / 900.0, 0, 1) * trust  # below some 17 levels of contrast noise decides
    near = np.clip(guess * 12, 0, 1)  # a veil ends where the network sees none at all
    return np.asarray((guess + sure * (solved - guess)) * near, np.float32).clip(0, MOST)


def solve(frame: F32, plate: F32, guess: F32, trust: F32, size: float, before: F32 | None = None) -> Veil:
    """The veil over a face. frame, plate: float32 (h, w, 3), the plate in the frame's light; guess, trust: float32 (h,
    w); size: the face's width in pixels; before: the last frame's airlight."""
    h, w = guess.shape
    step = max(1.0, size / WORKING)
    small = (max(2, round(h / step)), max(2, round(w / step)))
    image, clean, shown, sure = (warp.shrink(a, small) for a in (frame, plate, guess, trust))
    light = airlight(image, clean, shown, sure, before)
    alpha = opacity(image, clean, light, shown, sure, max(1, round(size / step / 20)))
    return Veil(warp.enlarge(alpha, (h, w)), light)


def composed(frame: F32, swapped: F32, veil: Veil, mask: F32) -> F32:
    """The swapped face under the veil: `I + m (1 - a) (S - f)` with f seen through it, in which the division
    cancels."""
    a = veil.alpha[..., None]
    under = (1 - a) * swapped + a * veil.airlight
    return np.clip(frame + mask[..., None] * (under - frame), 0, 255).astype(np.float32)
