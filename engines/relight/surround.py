"""The surround of Retinex: how much more light falls here than elsewhere on surfaces of the same kind.

Plain Retinex takes the mean of everything around a pixel for the light on it, which turns black hair and white shirts
both grey and leaves halos between them. Here the mean is taken over pixels of about the same luminance only, and
compared with what such pixels have on the whole person; so a kind of surface keeps its own level.
Sources: Jobson et al., "A multiscale retinex", 1997; Elad, "Retinex by two bilateral filters", 2005; the levels are
those of Durand and Dorsey, "Fast bilateral filtering", 2002.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from engines.relight.coarse import Rows, read
from engines.values import F32

FEW = 0.1  # share of the person around below which pixels of a kind say little of the light: mixed ones at an edge
LIMIT = 0.6  # of the log light, either way
SMOOTH = 4.0  # sigma in pixels that a blur keeps when it is worked out smaller
MOST = 16  # levels


@dataclass(frozen=True, slots=True)
class Surround:
    """planes: float32 (k, h', w'), log of the light relative to the mean, for surfaces of the log luminances `levels`
    (k,), ascending."""

    levels: F32
    planes: F32

    def light(self, log: F32, rows: Rows) -> F32:
        """float32 (n, width): the log light on each pixel of some rows. log: their log luminance (n, width)."""
        if len(self.levels) == 1:
            return read(self.planes[0], rows)
        step = self.levels[1] - self.levels[0]
        at = np.clip((log - self.levels[0]) / step, 0, len(self.levels) - 1)
        out = np.zeros_like(log)
        for k, plane in enumerate(self.planes):
            share = 1 - np.abs(at - np.float32(k))
            if (share > 0).any():
                out += np.maximum(share, 0) * read(plane, rows)
        return out


def surround(log: F32, weight: F32, sigmas: Sequence[float], alike: float) -> Surround:
    """log: float32 (h, w), log luminance. weight: float32 (h, w), 1 on the person. sigmas: of the scales, pixels.
    alike: how far in log luminance two surfaces may be apart to count as one kind (sigma of a Gaussian); 0: all are one
    kind, which is plain Retinex."""
    on = weight > 0.5
    if not on.any():
        return Surround(np.zeros(1, np.float32), np.zeros((1, 1, 1), np.float32))
    low, high = np.percentile(log[on], (0.5, 99.5)).astype(float)
    count = 1 if alike <= 0 else int(np.clip(np.ceil((high - low) / (alike / 2)) + 1, 2, MOST))
    levels = np.linspace(low, high, count, dtype=np.float32) if count > 1 else np.array([low], np.float32)
    if count > 1 and high - low < 1e-3:
        levels = np.array([low, low + 1e-3], np.float32)
    size = (max(1, round(log.shape[0] / 4)), max(1, round(log.shape[1] / 4)))
    planes = []
    for level in levels:
        like = weight if count == 1 else weight * np.exp(-((log - level) ** 2) / np.float32(2 * alike**2))
        own = log - np.float32(np.vdot(like, log) / max(float(like.sum()), 1e-6))
        every = [_mean(np.asarray(own, np.float32), np.asarray(like, np.float32), weight, s, size) for s in sigmas]
        planes.append(np.clip(np.mean(every, 0), -LIMIT, LIMIT))
    return Surround(levels, np.asarray(planes, np.float32))


def _mean(values: F32, like: F32, person: F32, sigma: float, size: tuple[int, int]) -> F32:
    """The mean of what is alike around each pixel, float32 of `size`; towards 0 where that is little of the person."""
    times = max(1, int(sigma / SMOOTH))
    small = (max(1, values.shape[1] // times), max(1, values.shape[0] // times))
    mass, share, all_of = (
        cv2.GaussianBlur(
            cv2.resize(a, small, interpolation=cv2.INTER_AREA), (0, 0), sigma / times, borderType=cv2.BORDER_REPLICATE
        )
        for a in (values * like, like, person)
    )
    return np.asarray(
        cv2.resize(mass / (share + FEW * all_of + 1e-3), size[::-1], interpolation=cv2.INTER_LINEAR), np.float32
    )
