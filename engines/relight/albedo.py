"""Albedo: a person's surface with the light that was on it taken out. Pure: linear light in, linear light out.

Two methods: multi-scale Retinex in linear light, and the lightness of CIELAB evened out, which is simpler and cannot
blow out. A part of the original is mixed back, which keeps what Retinex takes for light but is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from engines.relight.coarse import Rows, read
from engines.relight.linear import log_luminance, to_linear
from engines.relight.surround import Surround, surround
from engines.values import F32, U8


class AlbedoMethod(StrEnum):
    """How light is told from surface."""

    RETINEX = "retinex"
    LAB = "lab"


@dataclass(frozen=True, slots=True)
class RetinexLight:
    """What multi-scale Retinex takes for the light on a picture."""

    around: Surround

    def removed(self, light: F32, rows: Rows) -> F32:
        """float32 (n, width, 3) without its light. light: some rows of the picture, linear."""
        return np.asarray(light * np.exp(-self.around.light(log_luminance(light), rows))[..., None], np.float32)


@dataclass(frozen=True, slots=True)
class LabLight:
    """The low-pass of the lightness of CIELAB, relative to its mean over the person: (h', w'), 0 to 100."""

    lightness: F32

    def removed(self, light: F32, rows: Rows) -> F32:
        """float32 (n, width, 3) without its light. light: some rows of the picture, linear."""
        lab = cv2.cvtColor(np.asarray(light, np.float32), cv2.COLOR_LRGB2Lab)
        lab[..., 0] = np.clip(lab[..., 0] - read(self.lightness, rows), 0, 100)
        return np.maximum(np.asarray(cv2.cvtColor(lab, cv2.COLOR_Lab2LRGB), np.float32), 0)


KnownLight = RetinexLight | LabLight


def retinex(rgb: U8, weight: F32, sigmas: Sequence[float], alike: float) -> RetinexLight:
    """rgb: uint8 (h, w, 3) sRGB, at the size to work at. weight: float32 (h, w), 1 on the person. sigmas: of the
    scales, in its pixels. alike: see `surround`."""
    return RetinexLight(surround(log_luminance(to_linear(rgb)), weight, sigmas, alike))


def lab(rgb: U8, weight: F32, sigma: float) -> LabLight:
    """The same by CIELAB; sigma of the low-pass in pixels."""
    lightness = cv2.cvtColor(to_linear(rgb), cv2.COLOR_LRGB2Lab)[..., 0]
    total = cv2.GaussianBlur(weight, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE) + 1e-3
    mean = float(np.vdot(lightness, weight) / max(float(weight.sum()), 1e-6))
    mass = cv2.GaussianBlur((lightness - mean) * weight, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return LabLight(np.asarray(mass / total, np.float32))


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
