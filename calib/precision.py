"""How far a network in low precision is from itself in f32, and whether that will do."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engines.values import F32, Array


@dataclass(frozen=True, slots=True)
class Distance:
    """error: length of the difference in shares of the f32 answer's. psnr: dB, for answers that span `peak`.
    cosine: of the answers as directions, the worst row."""

    error: float
    psnr: float
    cosine: float


@dataclass(frozen=True, slots=True)
class Floor:
    """What a task needs of a network in low precision. A figure that says nothing of a task is None."""

    psnr: float | None = None
    cosine: float | None = None
    error: float | None = None

    def complaint(self, seen: Distance) -> str:
        """What falls short, in words; empty where nothing does."""
        short = []
        if self.psnr is not None and not seen.psnr >= self.psnr:
            short.append(f"PSNR {seen.psnr:.1f} dB, {self.psnr:g} needed")
        if self.cosine is not None and not seen.cosine >= self.cosine:
            short.append(f"cosine {seen.cosine:.4f}, {self.cosine:g} needed")
        if self.error is not None and not seen.error <= self.error:
            short.append(f"error {100 * seen.error:.2f} %, at most {100 * self.error:g} % allowed")
        return "; ".join(short)


# a swapped or sharpened face at 35 dB shows no step on a screen; an embedding at 0.995 keeps its neighbours
FLOORS: Mapping[str, Floor] = {
    "swap": Floor(psnr=35, error=0.03),
    "swap_dfm": Floor(psnr=35, error=0.03),
    "enhance": Floor(psnr=35, error=0.03),
    "identity": Floor(cosine=0.995),
    "vision": Floor(cosine=0.99),
    "convert": Floor(cosine=0.995),
    "occlusion": Floor(psnr=30),
    "layers": Floor(psnr=30),
    "eyewear": Floor(psnr=30),
    "regions": Floor(error=0.05),
    "detect": Floor(error=0.03),
    "landmark": Floor(error=0.005),
}


def floor(task: str) -> Floor:
    """The floor of a catalogued task; 3 % error for any other."""
    return FLOORS.get(task, Floor(error=0.03))


def distance(given: Array, exact: Array, peak: float | None = None) -> Distance:
    """Of two answers with the same shape, rows first. peak: of PSNR; the f32 answer's span by default."""
    a, b = _rows(given), _rows(exact)
    rest = a - b
    span = peak or float(np.ptp(b)) or 1.0
    mean_square = float((rest**2).mean())
    psnr = 10 * float(np.log10(span * span / mean_square)) if mean_square > 0 else float("inf")
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    cosine = float(((a * b).sum(axis=1) / np.where(lengths > 0, lengths, 1)).min())
    whole = float(np.linalg.norm(b))
    return Distance(float(np.linalg.norm(rest)) / (whole or 1.0), psnr, cosine)


def worst(a: Distance, b: Distance) -> Distance:
    return Distance(max(a.error, b.error), min(a.psnr, b.psnr), min(a.cosine, b.cosine))


def _rows(values: Array) -> F32:
    flat = np.asarray(values, np.float64).reshape(len(values) if values.ndim else 1, -1)
    return np.asarray(flat)
