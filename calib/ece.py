"""Expected calibration error: how far a classifier's confidence is from its accuracy."""

from dataclasses import dataclass

import numpy as np

from calib.temperature import I64
from engines.values import F32

BINS = 15


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of like confidence. confidence, accuracy: means, 0 to 1; count: how many."""

    confidence: float
    accuracy: float
    count: int


def reliability(probabilities: F32, labels: I64, bins: int = BINS) -> list[Bin]:
    """Answers by confidence in bins of equal width, empty ones left out. probabilities: (n, k). labels: (n,)."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    out = []
    for i in range(bins):
        here = index == i
        if here.any():
            out.append(Bin(float(confidence[here].mean()), float(right[here].mean()), int(here.sum())))
    return out


def ece(probabilities: F32, labels: I64, bins: int = BINS) -> float:
    """The mean distance between confidence and accuracy over the bins, weighted by their counts, 0 to 1."""
    found = reliability(probabilities, labels, bins)
    total = sum(b.count for b in found)
    return sum(b.count * abs(b.confidence - b.accuracy) for b in found) / total if total else 0.0
