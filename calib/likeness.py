"""Likeness: the embeddings of one person's photos, and whether they can be one person's. Knows cosines and a bound;
nothing of photos.

The bound belongs to w600k_r50: its makers' demonstration calls faces under it different people (insightface,
`web-demos/src_recognition/main.py`).
"""

from dataclasses import dataclass

import numpy as np

from calib.denylist import unit
from engines.values import F32

DIFFERENT = 0.2
"""Cosine under which two embeddings are of two people. Those of one person in very unlike photos reach down to about
.3, those of strangers seldom up to .2."""


@dataclass(frozen=True, slots=True)
class PersonEmbedding:
    """The embeddings of one person's photos. each: float32 (photos, n), each of length 1. embedder: sha256 of the
    network; embeddings of two networks are never compared."""

    each: F32
    embedder: str

    @property
    def mean(self) -> F32:
        """float32 (n,) of length 1: the mean direction of the photos."""
        return unit(np.asarray(self.each.mean(axis=0), np.float32))


def two_people(each: F32, bound: float = DIFFERENT) -> tuple[int, int] | None:
    """each: float32 (photos, n), of length 1. Two photos that cannot be of one person, None where all may be.

    Photos that are alike hold together: a profile need not be like a front view where a half profile is like both."""
    alike = each @ each.T >= bound
    reached = np.zeros(len(each), bool)
    reached[:1] = True
    for _ in each:
        reached |= alike[reached].any(axis=0)
    if reached.all():
        return None
    inside, outside = np.flatnonzero(reached), np.flatnonzero(~reached)
    between = (each @ each.T)[np.ix_(inside, outside)]
    first, second = np.unravel_index(int(between.argmin()), between.shape)
    return int(inside[first]), int(outside[second])
