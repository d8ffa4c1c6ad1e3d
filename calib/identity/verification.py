"""Verification: how often an embedder takes two people for one (FAR) or one person for two (FRR), and the bound that
fits. Knows vectors and labels; nothing of photos."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engines.errors import InputError
from engines.nets.embedder import Metric
from engines.values import F32

FAR = 0.001
"""The share of pairs of two people that may pass for one."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Likenesses of labelled pairs. genuine: float32 (n,), two photos of one person. impostor: float32 (m,), of two."""

    genuine: F32
    impostor: F32

    def far(self, bound: float) -> float:
        """False acceptance: the share of impostor pairs above the bound."""
        return float((self.impostor > bound).mean())

    def frr(self, bound: float) -> float:
        """False rejection: the share of genuine pairs that are not above it."""
        return float((self.genuine <= bound).mean())

    def bound_at(self, far: float = FAR) -> float:
        """The lowest bound whose FAR is no more than `far`, as these pairs have it."""
        falling = np.sort(self.impostor)[::-1]
        return float(falling[min(int(far * len(falling)), len(falling) - 1)])

    @property
    def surest_far(self) -> float:
        """The least FAR above 0 that so many pairs can tell."""
        return 1 / len(self.impostor)


def paired(vectors: F32, people: Sequence[str], metric: Metric) -> Pairs:
    """Every pair of vectors (n, k), each labelled with its person. Raises InputError where there are no two photos of
    one person, or no two people."""
    labels = np.asarray(people)
    likeness = metric.likeness(vectors, vectors)
    first, second = np.triu_indices(len(labels), 1)
    same = labels[first] == labels[second]
    values = likeness[first, second]
    if not same.any() or same.all():
        raise InputError("bounds are fitted to pairs: give at least two people, and of one of them two photos")
    return Pairs(values[same], values[~same])
