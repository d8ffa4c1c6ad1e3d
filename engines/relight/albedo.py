"""Albedo: a person's surface with the light that was on it taken out. Pure: linear light in, linear light out.

First goes what the surface's direction explains (`explained`), then what is left of it, by one of two methods:
multi-scale Retinex in linear light, or the lightness of CIELAB evened out, which is simpler and hardly blows out. A
part of the original is mixed back, which keeps what was taken for light but is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from engines.relight.coarse import Rows, read
from engines.relight.linear import log_luminance
from engines.relight.surround import Surround, surround
from engines.values import F32

WHITE = 0.65, 0.95  # of the darkest colour, linear: from where on a pixel may have been brighter, and surely was


class AlbedoMethod(StrEnum):
    """How light is told from surface."""

    RETINEX = "retinex"
    LAB = "lab"


@dataclass(frozen=True, slots=True)
class RetinexLight:
    """What multi-scale Retinex takes for the light on a picture, after `explained` (h', w'), log."""

    explained: F32
    around: Surround

    def removed(self, light: F32, rows: Rows) -> F32:
        """float32 (n, width, 3) without its light. light: some rows of the picture, linear."""
        log = read(self.explained, rows)
        log = log + self.around.light(log_luminance(light) - log, rows)
        return np.asarray(light * np.exp(-_told(log, light))[..., None], np.float32)


@dataclass(frozen=True, slots=True)
class LabLight:
    """The low-pass of CIELAB's lightness (h', w'), 0 to 100, relative to its mean over the person, after `explained`
    (h', w'), log."""

    explained: F32
    lightness: F32

    def removed(self, light: F32, rows: Rows) -> F32:
        """float32 (n, width, 3) without its light. light: some rows of the picture, linear."""
        lab = _lab(light, _told(read(self.explained, rows), light))
        lab[..., 0] = np.clip(lab[..., 0] - read(self.lightness, rows), 0, 100)
        return np.maximum(np.asarray(cv2.cvtColor(lab, cv2.COLOR_Lab2LRGB), np.float32), 0)


KnownLight = RetinexLight | LabLight


def retinex(light: F32, weight: F32, explained: F32, sigmas: Sequence[float], alike: float) -> RetinexLight:
    """light: float32 (h, w, 3), linear, at the size to work at. weight: float32 (h, w), 1 on the person. explained:
    float32 (h, w), log of the light that is known already, 0 where none is. sigmas: of the scales, in pixels. alike:
    see `surround`."""
    return RetinexLight(explained, surround(log_luminance(light) - explained, weight, sigmas, alike))


def lab(light: F32, weight: F32, explained: F32, sigma: float) -> LabLight:
    """The same by CIELAB; sigma of the low-pass in pixels."""
    lightness = _lab(light, explained)[..., 0]
    total = cv2.GaussianBlur(weight, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE) + 1e-3
    mean = float(np.vdot(lightness, weight) / max(float(weight.sum()), 1e-6))
    mass = cv2.GaussianBlur((lightness - mean) * weight, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return LabLight(explained, np.asarray(mass / total, np.float32))


def _told(log: F32, light: F32) -> F32:
    """The log light (h, w), less of it where the picture (h, w, 3) is white: how bright it was nobody knows, and white
    that is darkened turns grey."""
    white = np.clip((light.min(2) - WHITE[0]) / (WHITE[1] - WHITE[0]), 0, 1)
    return np.where(log > 0, log * (1 - white), log).astype(np.float32)


def _lab(light: F32, explained: F32) -> F32:
    even = np.ascontiguousarray(light * np.exp(-explained)[..., None], np.float32)
    return np.asarray(cv2.cvtColor(even, cv2.COLOR_LRGB2Lab), np.float32)


def albedo(light: F32, known: KnownLight, original: float, rows: Rows) -> F32:
    """float32 (n, width, 3), linear: some rows without their light. light: the rows as they are, linear. original: the
    share of the original that is mixed back, 0 to 1."""
    share = np.float32(original)
    return np.asarray(known.removed(light, rows) * (1 - share) + light * share, np.float32)


def blown(picture: F32, before: F32, weight: F32) -> float:
    """The share of the person that the method blew out: at least one colour beyond 1 that was below it. picture,
    before: (h, w, 3) linear."""
    over = ((picture > 1) & (before < 0.99)).any(2)
    return float((over * weight).sum() / max(float(weight.sum()), 1e-6))
