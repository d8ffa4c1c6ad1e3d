"""Prototype: the medoid of a person's frontal strict frames, which all others are held against."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from calib.identity.candidate import Candidate
from calib.identity.vectors import IdVector, likeness
from engines.values import F32

MOST, FEWEST = 200, 3


@dataclass(slots=True)
class Prototype:
    """Grows with a video, up to MOST frames. Its medoid is known from FEWEST frames on."""

    vectors: list[IdVector] = field(default_factory=list)
    _sums: list[float] = field(default_factory=list)

    def take(self, candidate: Candidate) -> bool:
        """Whether the frame was taken: it is frontal and strict, and there is room."""
        if not (candidate.strict and candidate.frontal) or len(self.vectors) >= MOST:
            return False
        near = likeness(candidate.id, self.vectors)
        self._sums = [s + float(v) for s, v in zip(self._sums, near, strict=True)] + [float(near.sum())]
        self.vectors.append(candidate.id)
        return True

    @property
    def medoid(self) -> IdVector | None:
        """The vector with the least sum of distances to all; the first of equals. None under FEWEST frames."""
        if len(self.vectors) < FEWEST:
            return None
        return self.vectors[int(np.argmax(self._sums))]


def medoid(vectors: Sequence[IdVector]) -> int:
    """Index of the vector with the least sum of distances to all others; the first of equals."""
    sums = [float(likeness(one, vectors).sum()) for one in vectors]
    return int(np.argmax(np.asarray(sums)))


def stable(vector: IdVector, prototype: IdVector) -> float:
    """How much a frame shows the prototype's person."""
    found: F32 = likeness(vector, [prototype])
    return float(found[0])
